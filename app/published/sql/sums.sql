-- Grain: one row: the sums of the days asked for, a JSON object a group, with commas between, and
-- whether the publications that were asked for are the ones that were read.
WITH days AS (
    SELECT * FROM unnest(
        CAST(:academies AS bigint[]), CAST(:dates AS date[]), CAST(:revisions AS bigint[])
    ) AS asked (academy_id, report_date, revision)
),
{items}
SELECT
    (
        SELECT count(*)
        FROM days
        JOIN report_days AS standing USING (academy_id, report_date, revision)
        WHERE standing.report_type = CAST(:report_type AS text)
    ) = cardinality(CAST(:academies AS bigint[])) AS unchanged,
    (SELECT string_agg({item}, ',' ORDER BY items.report_date, items.academy_id) FROM items) AS items
