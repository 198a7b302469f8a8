-- One row for each day of each learner asked for: the score and the level, oldest first.
-- :academy_ids, :user_ids, :days (arrays, side by side), :back (so many days before each as well)
SELECT
    asked.academy_id, asked.user_id, report.report_date, report.churn_risk_score AS score,
    report.risk_level AS level
FROM unnest(
    CAST(:academy_ids AS bigint[]), CAST(:user_ids AS bigint[]), CAST(:days AS date[])
) AS asked (academy_id, user_id, day)
CROSS JOIN generate_series(0, CAST(:back AS integer)) AS back (days)
JOIN churn_risk_reports AS report
    ON report.report_date = asked.day - back.days
    AND report.academy_id = asked.academy_id
    AND report.user_id = asked.user_id
ORDER BY asked.academy_id, asked.user_id, report.report_date
