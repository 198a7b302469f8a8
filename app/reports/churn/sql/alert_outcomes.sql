-- One row for each time a learner left an academy or completed there: happened_on is the day on
-- which the subscription was cancelled, else ended. No other subscription of the learner in the
-- academy went on after that day.
-- :zone, :first (the first happened_on)
WITH ended AS (
    SELECT DISTINCT
        academy_id, user_id, subscription_id,
        CASE WHEN end_reason = 'COMPLETED' THEN 'COMPLETED' ELSE 'LEFT' END AS result,
        CAST(started_at AT TIME ZONE CAST(:zone AS text) AS date) AS started_on,
        CAST(coalesce(cancelled_at, ended_at, effective_from)
            AT TIME ZONE CAST(:zone AS text) AS date) AS happened_on
    FROM subscription_history
    WHERE end_reason IN ('VOLUNTARY', 'INVOLUNTARY', 'COMPLETED')
        AND (effective_to IS NULL OR effective_to > effective_from)
)
SELECT academy_id, user_id, started_on, happened_on, result
FROM ended
WHERE happened_on >= CAST(:first AS date) AND NOT EXISTS (
    SELECT FROM subscription_history AS other
    WHERE other.academy_id = ended.academy_id AND other.user_id = ended.user_id
        AND other.subscription_id <> ended.subscription_id
        AND other.status IN {live}
        AND CAST(other.effective_from AT TIME ZONE CAST(:zone AS text) AS date)
            <= ended.happened_on
        AND (other.effective_to IS NULL
            OR CAST(other.effective_to AT TIME ZONE CAST(:zone AS text) AS date)
                > ended.happened_on)
        AND (other.ended_at IS NULL
            OR CAST(other.ended_at AT TIME ZONE CAST(:zone AS text) AS date) > ended.happened_on)
        AND (other.valid_until IS NULL
            OR CAST(other.valid_until AT TIME ZONE CAST(:zone AS text) AS date)
                > ended.happened_on))
