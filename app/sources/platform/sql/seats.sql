-- One row for each active seat with a user in the team of a subscription, if the seat or its
-- subscription was stamped since `headsup.since`, or has no stamp. What it is, it is as its subscription; the price
-- is only counted there. A column that an older platform lacks is NULL, from `absent`.
WITH owned AS (
    SELECT known.*
    FROM (VALUES (NULL::timestamptz, NULL::text))
        AS absent (last_status_change_at, status_message)
    CROSS JOIN LATERAL (
        SELECT
            id, academy_id, status, created_at, updated_at, next_payment_at, valid_until,
            last_status_change_at, status_message
        FROM payments_subscription
    ) AS known
),
taken AS (
    SELECT known.*
    FROM (VALUES (NULL::timestamptz, NULL::timestamptz)) AS absent (created_at, updated_at)
    CROSS JOIN LATERAL (
        SELECT id, billing_team_id, user_id, created_at, updated_at
        FROM payments_subscriptionseat
        WHERE is_active AND user_id IS NOT NULL
    ) AS known
)
SELECT
    'seat:' || taken.id AS id,
    taken.user_id::bigint AS user_id,
    owned.academy_id::bigint AS academy_id,
    owned.status::text AS status,
    (
        SELECT plan.slug::text
        FROM payments_subscription_plans AS chosen
        JOIN payments_plan AS plan ON plan.id = chosen.plan_id
        WHERE chosen.subscription_id = owned.id
        ORDER BY plan.id
        LIMIT 1
    ) AS plan,
    greatest(owned.created_at, taken.created_at)::timestamptz AS started_at,
    CASE WHEN owned.status = 'FREE_TRIAL'
        THEN coalesce(owned.valid_until, owned.next_payment_at)::timestamptz END AS trial_ends_at,
    owned.next_payment_at::timestamptz AS next_payment_at,
    owned.valid_until::timestamptz AS valid_until,
    NULL::timestamptz AS cancelled_at,
    NULL::timestamptz AS ended_at,
    CASE WHEN owned.status = 'EXPIRED' AND (
        owned.status_message ILIKE 'payment failed%' OR (
            (owned.valid_until IS NULL OR owned.valid_until > owned.next_payment_at)
            AND owned.next_payment_at <= coalesce(owned.last_status_change_at, owned.updated_at)
        )
    ) THEN 'INVOLUNTARY' END AS end_reason,
    NULL::float8 AS mrr,
    NULL::text AS currency,
    greatest(owned.updated_at, taken.updated_at)::timestamptz AS updated_at,
    owned.last_status_change_at::timestamptz AS status_changed_at
FROM taken
JOIN payments_subscriptionbillingteam AS team ON team.id = taken.billing_team_id
JOIN owned ON owned.id = team.subscription_id
WHERE (owned.updated_at >= current_setting('headsup.since')::timestamptz) IS NOT FALSE
    OR (taken.updated_at >= current_setting('headsup.since')::timestamptz) IS NOT FALSE
