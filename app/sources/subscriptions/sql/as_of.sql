-- One row for each subscription that had started before the instant $1: its version as of then.
-- $2: the academies asked for, or NULL for all.
-- No instant is before the year 1 or after 9999: Arrow cannot hold all of Postgres' own, and an
-- infinite one would come out as some day long ago.
SELECT
    academy_id,
    user_id,
    status,
    CASE WHEN started_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 00:00Z'
        THEN least(greatest(started_at, '0001-01-01 00:00Z'), '9999-12-31 00:00Z')
        ELSE started_at END AS started_at,
    CASE WHEN trial_ends_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 00:00Z'
        THEN least(greatest(trial_ends_at, '0001-01-01 00:00Z'), '9999-12-31 00:00Z')
        ELSE trial_ends_at END AS trial_ends_at,
    CASE WHEN next_payment_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 00:00Z'
        THEN least(greatest(next_payment_at, '0001-01-01 00:00Z'), '9999-12-31 00:00Z')
        ELSE next_payment_at END AS next_payment_at,
    CASE WHEN valid_until NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 00:00Z'
        THEN least(greatest(valid_until, '0001-01-01 00:00Z'), '9999-12-31 00:00Z')
        ELSE valid_until END AS valid_until,
    CASE WHEN cancelled_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 00:00Z'
        THEN least(greatest(cancelled_at, '0001-01-01 00:00Z'), '9999-12-31 00:00Z')
        ELSE cancelled_at END AS cancelled_at,
    CASE WHEN ended_at NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 00:00Z'
        THEN least(greatest(ended_at, '0001-01-01 00:00Z'), '9999-12-31 00:00Z')
        ELSE ended_at END AS ended_at,
    mrr,
    currency,
    CASE WHEN effective_from NOT BETWEEN '0001-01-01 00:00Z' AND '9999-12-31 00:00Z'
        THEN least(greatest(effective_from, '0001-01-01 00:00Z'), '9999-12-31 00:00Z')
        ELSE effective_from END AS effective_from
FROM subscription_history
WHERE effective_from < $1
    AND (effective_to IS NULL OR effective_to >= $1)
    AND started_at < $1
    AND ($2::bigint[] IS NULL OR academy_id = ANY($2))
