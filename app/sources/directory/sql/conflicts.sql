-- One row for each row whose `id` an earlier row has with other values.
WITH neighbours AS (
    SELECT id, row, lag(row) OVER (PARTITION BY id ORDER BY row) AS other FROM staged
)
SELECT row, other, 'id' AS "column", id AS found, count(*) OVER () AS total
FROM neighbours
WHERE other IS NOT NULL
ORDER BY row
LIMIT :listed
