-- One value: why an alert `p` opened, in words, by the signals at that time.
SELECT CASE p.alert_type
    WHEN 'INACTIVITY' THEN concat('not seen for ', signals.away, ' days',
        CASE WHEN signals.away >= 14 THEN ' or more' END)
    WHEN 'ENGAGEMENT_DROP' THEN concat('logged in ', signals.logins, ' times in a week, ',
        signals.logins_before, ' times in the one before')
    WHEN 'HIGH_FRUSTRATION' THEN concat('frustration at ', signals.frustration, ' of 100')
    WHEN 'PAYMENT_RISK' THEN 'a payment failed'
    WHEN 'TRIAL_EXPIRING' THEN CASE
        WHEN signals.trial = 0 THEN 'the trial ends today'
        ELSE concat('the trial ends in ', signals.trial, ' day',
            CASE WHEN signals.trial <> 1 THEN 's' END) END
    END
FROM jsonb_to_record(p.metrics_snapshot) AS measured (
    days_since_last_activity double precision,
    login_count_7d double precision,
    login_count_prior_7d double precision,
    avg_frustration_score double precision,
    days_until_trial_end double precision
)
CROSS JOIN LATERAL (
    SELECT
        coalesce(CAST(measured.days_since_last_activity AS integer), 0) AS away,
        coalesce(CAST(measured.login_count_7d AS integer), 0) AS logins,
        coalesce(CAST(measured.login_count_prior_7d AS integer), 0) AS logins_before,
        coalesce(CAST(measured.avg_frustration_score AS integer), 0) AS frustration,
        coalesce(CAST(measured.days_until_trial_end AS integer), 0) AS trial
) AS signals
