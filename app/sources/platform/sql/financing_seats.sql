-- One row for each active seat with a user in the team of a plan that is paid in instalments, if
-- the seat or the plan was stamped since `headsup.since`, or has no stamp; as in `seats.sql`.
WITH owned AS (
    SELECT known.*
    FROM (VALUES (NULL::timestamptz, NULL::text, NULL::timestamptz))
        AS absent (last_status_change_at, status_message, plan_expires_at)
    CROSS JOIN LATERAL (
        SELECT
            id, academy_id, status, created_at, updated_at, next_payment_at, valid_until,
            last_status_change_at, status_message, plan_expires_at
        FROM payments_planfinancing
    ) AS known
),
taken AS (
    SELECT known.*
    FROM (VALUES (NULL::timestamptz, NULL::timestamptz)) AS absent (created_at, updated_at)
    CROSS JOIN LATERAL (
        SELECT id, team_id, user_id, created_at, updated_at
        FROM payments_planfinancingseat
        WHERE is_active AND user_id IS NOT NULL
    ) AS known
)
SELECT
    'financing-seat:' || taken.id AS id,
    taken.user_id::bigint AS user_id,
    owned.academy_id::bigint AS academy_id,
    owned.status::text AS status,
    (
        SELECT plan.slug::text
        FROM payments_planfinancing_plans AS chosen
        JOIN payments_plan AS plan ON plan.id = chosen.plan_id
        WHERE chosen.planfinancing_id = owned.id
        ORDER BY plan.id
        LIMIT 1
    ) AS plan,
    greatest(owned.created_at, taken.created_at)::timestamptz AS started_at,
    CASE WHEN owned.status = 'FREE_TRIAL'
        THEN coalesce(owned.valid_until, owned.next_payment_at)::timestamptz END AS trial_ends_at,
    owned.next_payment_at::timestamptz AS next_payment_at,
    coalesce(owned.plan_expires_at, owned.valid_until)::timestamptz AS valid_until,
    NULL::timestamptz AS cancelled_at,
    NULL::timestamptz AS ended_at,
    CASE WHEN owned.status = 'EXPIRED' AND owned.status_message ILIKE 'payment failed%'
        THEN 'INVOLUNTARY' END AS end_reason,
    NULL::float8 AS mrr,
    NULL::text AS currency,
    greatest(owned.updated_at, taken.updated_at)::timestamptz AS updated_at,
    owned.last_status_change_at::timestamptz AS status_changed_at
FROM taken
JOIN payments_planfinancingteam AS team ON team.id = taken.team_id
JOIN owned ON owned.id = team.financing_id
WHERE (owned.updated_at >= current_setting('headsup.since')::timestamptz) IS NOT FALSE
    OR (taken.updated_at >= current_setting('headsup.since')::timestamptz) IS NOT FALSE
