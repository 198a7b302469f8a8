-- Rows that are identical to another row count once: the first one stays.
WITH numbered AS (
    SELECT row, row_number() OVER (PARTITION BY id, slug, name ORDER BY row) AS copy
    FROM staged
),
gone AS (
    DELETE FROM staged WHERE row IN (SELECT row FROM numbered WHERE copy > 1) RETURNING 1
)
SELECT count(*) AS repeated FROM gone
