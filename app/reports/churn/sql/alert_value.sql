-- At most one row: the score and the risk level of the learner of `p` on the day p.report_date.
SELECT report.churn_risk_score AS value, report.risk_level AS label
FROM churn_risk_reports AS report
WHERE report.report_date = p.report_date AND report.academy_id = p.academy_id
    AND report.user_id = p.user_id
