-- One row for each subscription that was stamped since `headsup.since`. A column that an older
-- platform lacks is found in `absent` instead, where it is NULL.
-- The price is that of the latest paid invoice, spread over the months that it covers.
SELECT
    'subscription:' || owned.id AS id,
    owned.user_id::bigint AS user_id,
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
    owned.created_at::timestamptz AS started_at,
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
    CASE WHEN paid.amount >= 0 AND paid.amount < 'infinity'
        THEN round((paid.amount / nullif(paid.months, 0))::numeric, 2)::float8 END AS mrr,
    CASE WHEN upper(trim(currency.code)) ~ '^[A-Z]{3}$' THEN upper(trim(currency.code)) END
        AS currency,
    owned.updated_at::timestamptz AS updated_at,
    owned.last_status_change_at::timestamptz AS status_changed_at
FROM (VALUES (NULL::timestamptz, NULL::text, NULL::bigint, NULL::text))
    AS absent (last_status_change_at, status_message, currency_id, invoice_kind)
CROSS JOIN LATERAL (
    SELECT
        id, user_id, academy_id, status, created_at, updated_at, next_payment_at, valid_until,
        pay_every, pay_every_unit, last_status_change_at, status_message, currency_id
    FROM payments_subscription
    WHERE updated_at >= current_setting('headsup.since')::timestamptz OR updated_at IS NULL
) AS owned
LEFT JOIN LATERAL (
    SELECT
        invoice.amount::float8 AS amount,
        invoice.currency_id,
        coalesce(
            CASE bag.chosen_period
                WHEN 'MONTH' THEN 1 WHEN 'QUARTER' THEN 3 WHEN 'HALF' THEN 6 WHEN 'YEAR' THEN 12
            END,
            owned.pay_every * CASE owned.pay_every_unit
                WHEN 'DAY' THEN 12 / 365.25 WHEN 'WEEK' THEN 84 / 365.25
                WHEN 'MONTH' THEN 1 WHEN 'YEAR' THEN 12
            END
        )::float8 AS months
    FROM payments_subscription_invoices AS link
    JOIN payments_invoice AS invoice ON invoice.id = link.invoice_id
    LEFT JOIN payments_bag AS bag ON bag.id = invoice.bag_id
    WHERE link.subscription_id = owned.id
        AND invoice.status = 'FULFILLED'
        AND coalesce(invoice_kind, 'GENERAL') <> 'MANUAL_DEPOSIT'
    ORDER BY invoice.paid_at DESC NULLS LAST, invoice.id DESC
    LIMIT 1
) AS paid ON true
LEFT JOIN payments_currency AS currency
    ON currency.id = coalesce(paid.currency_id, owned.currency_id)
