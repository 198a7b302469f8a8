-- One row for each subscription that had started before the instant $1: its version as of then.
-- $2: the academies asked for, or NULL for all.
SELECT
    academy_id,
    user_id,
    status,
    started_at,
    trial_ends_at,
    next_payment_at,
    valid_until,
    cancelled_at,
    ended_at,
    mrr,
    currency,
    effective_from
FROM subscription_history
WHERE effective_from < $1
    AND (effective_to IS NULL OR effective_to >= $1)
    AND started_at < $1
    AND ($2::bigint[] IS NULL OR academy_id = ANY($2))
