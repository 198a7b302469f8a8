-- Grain: one row for each academy, user and day from $1 to $2, in the order of the key.
-- $3 is one academy, or NULL for all.
SELECT
  report_date, academy_id, user_id, churn_risk_score, risk_level, main_reason, coverage,
  days_since_last_activity, last_active_on, active_days_in_window, login_count_7d,
  login_count_prior_7d, login_trend, assignments_completed_7d, assignments_completed_prior_7d,
  assignment_trend, avg_engagement_score, engagement_baseline, engagement_trend,
  avg_frustration_score, subscription_status, has_payment_issues, days_until_renewal,
  days_until_trial_end, tenure_days, mrr, currency, contribution_inactivity,
  contribution_engagement_decay, contribution_frustration, contribution_login_decay,
  contribution_assignment_stall, contribution_payment_issues, scoring_version,
  run_id::text AS run_id, ({details})::text AS details
FROM churn_risk_reports AS r
WHERE report_date BETWEEN $1 AND $2 AND ($3::bigint IS NULL OR academy_id = $3)
ORDER BY report_date, academy_id, user_id
