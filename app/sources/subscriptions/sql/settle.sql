-- Of the subscriptions `touched`: until when each version lasts, and how each ended if the source
-- did not say. A trial that ends by its date writes no version, so that is told when it is read.
-- `settled`: one row for each version of them. What is analysed here would be guessed wrong.
ANALYZE touched;

CREATE TEMPORARY TABLE settled ON COMMIT DROP AS
WITH grouped AS (
    SELECT
        version_id,
        subscription_id,
        status,
        end_reason,
        end_reason_given,
        effective_from,
        effective_to,
        count(*) FILTER (WHERE status <> 'EXPIRED') OVER timeline AS expiry,
        lead(effective_from) OVER timeline AS next_from
    FROM subscription_history
    WHERE subscription_id IN (SELECT id FROM touched)
    WINDOW timeline AS (PARTITION BY subscription_id ORDER BY effective_from, version_id)
),
reasoned AS (
    SELECT
        *,
        CASE
            WHEN end_reason_given THEN end_reason
            WHEN status = 'CANCELLED' THEN 'VOLUNTARY'
            WHEN status = 'EXPIRED' AND first_value(status) OVER before_expiry
                IN {owing} THEN 'INVOLUNTARY'
            WHEN status = 'EXPIRED' AND first_value(status) OVER before_expiry
                = 'CANCELLED' THEN 'VOLUNTARY'
            WHEN status IN ('EXPIRED', 'FULLY_PAID') THEN 'COMPLETED'
            WHEN status = 'DEPRECATED' THEN 'OTHER'
        END AS reason
    FROM grouped
    WINDOW before_expiry AS (
        PARTITION BY subscription_id, expiry ORDER BY effective_from, version_id
    )
)
SELECT
    version_id,
    next_from,
    reason,
    (effective_to, end_reason) IS DISTINCT FROM (next_from, reason) AS differs
FROM reasoned;

ANALYZE settled;

UPDATE subscription_history AS version
SET effective_to = next_from, end_reason = reason
FROM settled
WHERE version.version_id = settled.version_id AND differs;

-- What each of them is now: one row for each subscription.
INSERT INTO subscriptions AS known (
    id, user_id, academy_id, status, plan, started_at, trial_ends_at, next_payment_at,
    valid_until, cancelled_at, ended_at, end_reason, mrr, currency, updated_at
)
SELECT
    subscription_id, user_id, academy_id, status, plan, started_at, trial_ends_at,
    next_payment_at, valid_until, cancelled_at, ended_at, end_reason, mrr, currency, updated_at
FROM subscription_history
WHERE version_id IN (SELECT version_id FROM settled WHERE next_from IS NULL)
ON CONFLICT (id) DO UPDATE SET
    user_id = excluded.user_id,
    academy_id = excluded.academy_id,
    status = excluded.status,
    plan = excluded.plan,
    started_at = excluded.started_at,
    trial_ends_at = excluded.trial_ends_at,
    next_payment_at = excluded.next_payment_at,
    valid_until = excluded.valid_until,
    cancelled_at = excluded.cancelled_at,
    ended_at = excluded.ended_at,
    end_reason = excluded.end_reason,
    mrr = excluded.mrr,
    currency = excluded.currency,
    updated_at = greatest(known.updated_at, excluded.updated_at);

-- A newer stamp on the same content says until when that content was right.
UPDATE subscriptions AS known
SET updated_at = newest.updated_at
FROM (SELECT id, max(updated_at) AS updated_at FROM staged GROUP BY id) AS newest
WHERE known.id = newest.id
    AND (known.updated_at IS NULL OR newest.updated_at > known.updated_at)
    AND newest.updated_at IS NOT NULL
