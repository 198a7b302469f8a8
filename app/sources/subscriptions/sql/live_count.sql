-- One row: the subscriptions whose status is live as of the instant $1, in the academies $2
-- (NULL for all).
SELECT count(*) AS live
FROM subscription_history
WHERE effective_from < $1
    AND (effective_to IS NULL OR effective_to >= $1)
    AND started_at < $1
    AND status IN {live}
    AND ($2::bigint[] IS NULL OR academy_id = ANY($2))
