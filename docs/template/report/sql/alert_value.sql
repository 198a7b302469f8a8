-- At most one row: the days until the renewal of the learner of `p` on the day p.report_date.
SELECT CAST(report.days_until_renewal AS double precision) AS value, 'days' AS label
FROM renewal_reports AS report
WHERE report.report_date = p.report_date AND report.academy_id = p.academy_id
    AND report.user_id = p.user_id
