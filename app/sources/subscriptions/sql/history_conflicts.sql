-- One row for each pair of versions of one subscription from one moment on, while nothing orders
-- the two: their `observed_at` are equal, or one has none.
WITH neighbours AS (
    SELECT
        id,
        row,
        observed_at,
        lag(row) OVER by_observation AS neighbour,
        lag(observed_at) OVER by_observation AS observed_before
    FROM staged
    WINDOW by_observation AS (
        PARTITION BY id, effective_from ORDER BY observed_at NULLS FIRST, row
    )
)
SELECT
    greatest(row, neighbour) AS row,
    least(row, neighbour) AS other,
    'effective_from' AS "column",
    substr(id, strpos(id, chr(31)) + 1) AS found,
    count(*) OVER () AS total
FROM neighbours
WHERE neighbour IS NOT NULL AND (observed_at = observed_before) IS NOT FALSE
ORDER BY 1
LIMIT :listed
