-- One row for each learner of an academy's day: what alerts are judged by.
-- $1 day, $2 academy
SELECT user_id, days_until_renewal, is_soon
FROM renewal_reports
WHERE report_date = $1::date AND academy_id = $2::bigint
