-- One row for each row that enrols a learner who has subscriptions, but none in these academies.
SELECT
    row,
    'user_id' AS "column",
    'only a key of all academies enrols this learner' AS message,
    count(*) OVER () AS total
FROM staged
WHERE user_id IN (
    SELECT user_id
    FROM subscriptions
    WHERE user_id IN (SELECT user_id FROM staged)
    GROUP BY user_id
    HAVING NOT bool_or(academy_id = ANY(CAST(:academies AS bigint[])))
)
ORDER BY row
LIMIT :listed
