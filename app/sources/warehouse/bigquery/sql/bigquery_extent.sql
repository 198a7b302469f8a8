-- Grain: one row. The days of which a table without daily partitions has rows, as YYYYMMDD, and
-- their number. It reads one column of the whole table.
SELECT
  FORMAT_TIMESTAMP('%Y%m%d', MIN(timestamp), 'UTC') AS oldest,
  FORMAT_TIMESTAMP('%Y%m%d', MAX(timestamp), 'UTC') AS newest,
  COUNT(timestamp) AS events
FROM `{table}`
