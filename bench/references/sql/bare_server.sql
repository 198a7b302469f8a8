-- Grain: one row a learner of an academy's day and level, the highest score first.
SELECT
    r.report_date, r.academy_id, r.user_id, NULL AS email, NULL AS full_name,
    r.churn_risk_score, r.risk_level, r.main_reason,
    CASE r.main_reason
        WHEN 'inactivity' THEN 'not seen for ' || r.days_since_last_activity
            || CASE r.days_since_last_activity WHEN 1 THEN ' day' ELSE ' days' END
            || CASE WHEN r.days_since_last_activity >= 14 THEN ' or more' ELSE '' END
        WHEN 'engagement_decay' THEN 'engagement fell '
            || CAST(least(-r.engagement_trend, 100) AS integer) || ' %'
        WHEN 'frustration' THEN 'frustration at '
            || CAST(r.avg_frustration_score AS integer) || ' of 100'
        WHEN 'login_decay' THEN 'logins fell '
            || CAST(least(-r.login_trend, 100) AS integer) || ' %'
        WHEN 'assignment_stall' THEN 'completed assignments fell '
            || CAST(least(-r.assignment_trend, 100) AS integer) || ' %'
        WHEN 'payment_issues' THEN 'a payment failed'
        ELSE 'nothing of note'
    END AS main_reason_text,
    yesterday.churn_risk_score AS previous_score,
    CASE WHEN week.scoring_version = r.scoring_version THEN CAST(
        round(CAST(r.churn_risk_score - week.churn_risk_score AS numeric), 2)
        AS double precision)
    END AS score_change_7d,
    r.coverage, r.days_since_last_activity, r.last_active_on,
    r.active_days_in_window, r.login_count_7d, r.login_trend,
    r.assignments_completed_7d, r.assignment_trend, r.avg_engagement_score,
    r.engagement_trend, r.avg_frustration_score, r.subscription_status,
    r.has_payment_issues, r.days_until_renewal, r.days_until_trial_end,
    r.tenure_days, r.mrr, r.currency, r.scoring_version, r.run_id
FROM (
    SELECT * FROM churn_risk_reports
    WHERE academy_id = $1 AND report_date = $2 AND risk_level = $3
        AND churn_risk_score >= $5
    ORDER BY churn_risk_score DESC, days_until_renewal NULLS LAST, user_id
    LIMIT $4
) AS r
LEFT JOIN churn_risk_reports AS yesterday
    ON yesterday.report_date = $2 - 1
    AND yesterday.academy_id = r.academy_id AND yesterday.user_id = r.user_id
LEFT JOIN churn_risk_reports AS week
    ON week.report_date = $2 - 7
    AND week.academy_id = r.academy_id AND week.user_id = r.user_id
ORDER BY r.churn_risk_score DESC, r.days_until_renewal NULLS LAST, r.user_id
