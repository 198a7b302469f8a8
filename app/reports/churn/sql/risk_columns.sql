-- What is answered of a row `p` of the report.
p.report_date, p.academy_id, p.user_id, u.email, u.full_name,
p.churn_risk_score, p.risk_level, p.main_reason,
CASE p.main_reason
    WHEN 'inactivity' THEN 'not seen for ' || p.days_since_last_activity
        || CASE p.days_since_last_activity WHEN 1 THEN ' day' ELSE ' days' END
        || CASE WHEN p.days_since_last_activity >= 14 THEN ' or more' ELSE '' END
    WHEN 'engagement_decay' THEN 'engagement fell '
        || CAST(-p.engagement_trend AS integer) || ' %'
    WHEN 'frustration' THEN 'frustration at '
        || CAST(p.avg_frustration_score AS integer) || ' of 100'
    WHEN 'login_decay' THEN 'logins fell '
        || CAST(-p.login_trend AS integer) || ' %'
    WHEN 'assignment_stall' THEN 'completed assignments fell '
        || CAST(-p.assignment_trend AS integer) || ' %'
    WHEN 'payment_issues' THEN 'a payment failed'
    ELSE 'nothing of note'
END AS main_reason_text,
yesterday.churn_risk_score AS previous_score,
CASE WHEN week.scoring_version = p.scoring_version THEN round(
    (p.churn_risk_score - week.churn_risk_score) * 100) / 100
END AS score_change_7d,
p.coverage, p.days_since_last_activity, p.last_active_on,
p.active_days_in_window, p.login_count_7d, p.login_trend,
p.assignments_completed_7d, p.assignment_trend, p.avg_engagement_score,
p.engagement_trend, p.avg_frustration_score, p.subscription_status,
p.has_payment_issues, p.days_until_renewal, p.days_until_trial_end,
p.tenure_days, p.mrr, p.currency, p.scoring_version, p.run_id
