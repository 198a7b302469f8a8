-- One row: the number of published days of academies that are to be evaluated, and the instant at
-- which the first of them was published. The statement that lists the days is filled in.
SELECT count(*) AS days, min(day.published_at) AS since
FROM ({due}) AS due
CROSS JOIN LATERAL (
    SELECT published_at FROM report_days
    WHERE report_type = :report_type AND report_date = due.report_date
        AND academy_id IN (0, due.academy_id) AND revision = due.revision
    LIMIT 1
) AS day
