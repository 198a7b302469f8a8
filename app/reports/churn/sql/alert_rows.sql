-- One row for each subscriber of an academy's day: what alerts are judged by.
-- $1 day, $2 academy
SELECT
    user_id, churn_risk_score, risk_level, main_reason, coverage, days_since_last_activity,
    login_count_7d, login_count_prior_7d, login_trend, assignments_completed_7d, assignment_trend,
    avg_engagement_score, engagement_trend, avg_frustration_score, subscription_status,
    days_until_renewal, days_until_trial_end, tenure_days
FROM churn_risk_reports
WHERE report_date = $1::date AND academy_id = $2::bigint
