-- One row for each row of a learner who has a subscription in another than these academies.
SELECT
    row,
    'id' AS "column",
    'there is no such learner' AS message,
    count(*) OVER () AS total
FROM staged
WHERE id IN (
    SELECT user_id FROM subscriptions WHERE academy_id <> ALL(CAST(:academies AS bigint[]))
)
ORDER BY row
LIMIT :listed
