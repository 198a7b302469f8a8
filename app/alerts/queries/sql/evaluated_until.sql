-- One row for each academy of :academies: the last day whose `alert_day_counts` belong to what is
-- published. The newest evaluated day does not count while a newer revision of it waits for its
-- evaluation, unless that revision only erased a person.
SELECT
    mark.academy_id,
    mark.report_date - CAST(
        mark.revision IS DISTINCT FROM newest.revision
        AND mark.revision IS DISTINCT FROM newest.checked_revision AS integer) AS last_day
FROM alert_watermarks AS mark
LEFT JOIN report_days AS newest
    ON newest.report_type = mark.report_type AND newest.academy_id = mark.academy_id
    AND newest.report_date = mark.report_date
WHERE mark.report_type = '{report_type}'
    AND mark.academy_id = ANY(CAST(:academies AS bigint[]))
