-- The rows of {day} as the seed stores them: one a user, `details` with the whole breakdown.
CREATE TEMPORARY TABLE seed_rows AS
SELECT DISTINCT ON (user_id)
    CAST(user_id AS integer) AS user_id, CAST(academy_id AS integer) AS academy_id, report_date,
    churn_risk_score, risk_level, CAST(days_since_last_activity AS integer) AS
    days_since_last_activity, login_count_7d, login_trend, assignments_completed_7d,
    assignment_trend, avg_frustration_score, avg_engagement_score, subscription_status,
    days_until_renewal, has_payment_issues, CAST(churn_details(r) AS jsonb) AS details
FROM churn_risk_reports AS r
WHERE report_date = '{day}'
ORDER BY user_id
