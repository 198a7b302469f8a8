-- Grain: one row. The days of which one table has rows, as YYYYMMDD; NULL without any.
-- It reads what BigQuery knows of the partitions, not the table.
SELECT
  MIN(partition_id) AS oldest,
  MAX(partition_id) AS newest
FROM `{partitions}`
WHERE table_name = @table
  AND total_rows > 0
  AND REGEXP_CONTAINS(partition_id, r'^[0-9]{{8}}$')
