-- Deletes the staged rows of erased users, by HMAC-SHA256; answers how many.
WITH people AS MATERIALIZED (
    SELECT user_id, sha256(
        CAST(:outer AS bytea) || sha256(CAST(:inner AS bytea) || int8send(user_id))
    ) AS user_hash
    FROM (SELECT DISTINCT user_id FROM staged) AS distinct_people
),
gone AS (
    DELETE FROM staged
    WHERE user_id IN (SELECT user_id FROM people JOIN erased_users USING (user_hash))
    RETURNING 1
)
SELECT count(*) AS skipped_erased FROM gone
