-- One row for each subscription that ended: happened_on is the day on which it did.
-- :zone, :first (the first happened_on)
SELECT academy_id, user_id, started_on, happened_on, 'LEFT' AS result
FROM (
    SELECT DISTINCT
        academy_id, user_id,
        CAST(started_at AT TIME ZONE CAST(:zone AS text) AS date) AS started_on,
        CAST(ended_at AT TIME ZONE CAST(:zone AS text) AS date) AS happened_on
    FROM subscription_history
    WHERE ended_at IS NOT NULL
) AS ended
WHERE happened_on >= CAST(:first AS date)
