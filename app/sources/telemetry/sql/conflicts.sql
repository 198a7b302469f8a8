-- One row for each row whose user and moment an earlier row has with other scores.
WITH neighbours AS (
    SELECT
        user_id,
        row,
        lag(row) OVER (PARTITION BY user_id, timestamp ORDER BY row) AS other
    FROM staged
)
SELECT row, other, 'timestamp' AS "column", 'user ' || user_id AS found, count(*) OVER () AS total
FROM neighbours
WHERE other IS NOT NULL
ORDER BY row
LIMIT :listed
