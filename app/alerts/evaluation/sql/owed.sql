-- One row: how many published days of academies are still to be evaluated, and when the first of
-- them was published.
-- The statement that lists them is filled in.
SELECT count(*) AS days, min(day.published_at) AS since
FROM ({due}) AS due
CROSS JOIN LATERAL (
    SELECT published_at FROM report_days
    WHERE report_type = :report_type AND report_date = due.report_date
        AND academy_id IN (0, due.academy_id) AND revision = due.revision
    LIMIT 1
) AS day
