-- One row for each pair of rows that tell of one subscription, while nothing orders the two:
-- their `updated_at` are equal, or one has none.
WITH neighbours AS (
    SELECT
        id,
        row,
        updated_at,
        lag(row) OVER by_stamp AS neighbour,
        lag(updated_at) OVER by_stamp AS stamp_before
    FROM staged
    WINDOW by_stamp AS (PARTITION BY id ORDER BY updated_at NULLS FIRST, row)
)
SELECT
    greatest(row, neighbour) AS row,
    least(row, neighbour) AS other,
    'id' AS "column",
    substr(id, strpos(id, chr(31)) + 1) AS found,
    count(*) OVER () AS total
FROM neighbours
WHERE neighbour IS NOT NULL AND (updated_at = stamp_before) IS NOT FALSE
ORDER BY 1
LIMIT :listed
