-- One row for each plan that is paid in monthly instalments and was stamped since `headsup.since`.
-- Access lasts until `plan_expires_at`; a column that an older platform lacks is NULL, from `absent`.
SELECT
    'financing:' || owned.id AS id,
    owned.user_id::bigint AS user_id,
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
    owned.created_at::timestamptz AS started_at,
    CASE WHEN owned.status = 'FREE_TRIAL'
        THEN coalesce(owned.valid_until, owned.next_payment_at)::timestamptz END AS trial_ends_at,
    owned.next_payment_at::timestamptz AS next_payment_at,
    coalesce(owned.plan_expires_at, owned.valid_until)::timestamptz AS valid_until,
    NULL::timestamptz AS cancelled_at,
    NULL::timestamptz AS ended_at,
    CASE WHEN owned.status = 'EXPIRED' AND owned.status_message ILIKE 'payment failed%'
        THEN 'INVOLUNTARY' END AS end_reason,
    CASE WHEN owned.monthly_price >= 0 AND owned.monthly_price < 'infinity'
        THEN round(owned.monthly_price::numeric, 2)::float8 END AS mrr,
    CASE WHEN upper(trim(currency.code)) ~ '^[A-Z]{3}$' THEN upper(trim(currency.code)) END
        AS currency,
    owned.updated_at::timestamptz AS updated_at,
    owned.last_status_change_at::timestamptz AS status_changed_at
FROM (VALUES (NULL::timestamptz, NULL::text, NULL::bigint, NULL::timestamptz))
    AS absent (last_status_change_at, status_message, currency_id, plan_expires_at)
CROSS JOIN LATERAL (
    SELECT
        id, user_id, academy_id, status, created_at, updated_at, next_payment_at, valid_until,
        monthly_price, last_status_change_at, status_message, currency_id, plan_expires_at
    FROM payments_planfinancing
    WHERE updated_at >= current_setting('headsup.since')::timestamptz OR updated_at IS NULL
) AS owned
LEFT JOIN payments_currency AS currency ON currency.id = owned.currency_id
