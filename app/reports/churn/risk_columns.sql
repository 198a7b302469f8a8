-- What is answered of a row `p.row` of the report.
(p.row).report_date, (p.row).academy_id, (p.row).user_id, u.email, u.full_name,
(p.row).churn_risk_score, (p.row).risk_level, (p.row).main_reason,
CASE (p.row).main_reason
    WHEN 'inactivity' THEN 'not seen for ' || (p.row).days_since_last_activity
        || CASE (p.row).days_since_last_activity WHEN 1 THEN ' day' ELSE ' days' END
        || CASE WHEN (p.row).days_since_last_activity >= 14 THEN ' or more' ELSE '' END
    WHEN 'engagement_decay' THEN 'engagement fell '
        || CAST(least(-(p.row).engagement_trend, 100) AS integer) || ' %'
    WHEN 'frustration' THEN 'frustration at '
        || CAST((p.row).avg_frustration_score AS integer) || ' of 100'
    WHEN 'login_decay' THEN 'logins fell '
        || CAST(least(-(p.row).login_trend, 100) AS integer) || ' %'
    WHEN 'assignment_stall' THEN 'completed assignments fell '
        || CAST(least(-(p.row).assignment_trend, 100) AS integer) || ' %'
    WHEN 'payment_issues' THEN 'a payment failed'
    ELSE 'nothing of note'
END AS main_reason_text,
yesterday.churn_risk_score AS previous_score,
CASE WHEN week.scoring_version = (p.row).scoring_version THEN CAST(
    round(CAST((p.row).churn_risk_score - week.churn_risk_score AS numeric), 2)
    AS double precision)
END AS score_change_7d,
(p.row).coverage, (p.row).days_since_last_activity, (p.row).last_active_on,
(p.row).active_days_in_window, (p.row).login_count_7d, (p.row).login_trend,
(p.row).assignments_completed_7d, (p.row).assignment_trend, (p.row).avg_engagement_score,
(p.row).engagement_trend, (p.row).avg_frustration_score, (p.row).subscription_status,
(p.row).has_payment_issues, (p.row).days_until_renewal, (p.row).days_until_trial_end,
(p.row).tenure_days, (p.row).mrr, (p.row).currency, (p.row).scoring_version, (p.row).run_id
