-- At most one row: how the learner of an alert `p` is on the newest evaluated day.
SELECT report.churn_risk_score AS score, report.risk_level AS level
FROM churn_risk_reports AS report
WHERE report.report_date = p.newest_on AND report.academy_id = p.academy_id
    AND report.user_id = p.user_id
