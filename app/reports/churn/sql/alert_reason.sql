-- One text: why the alert `p` opened, from the signals of that day; only the name of its type when
-- they are not known.
SELECT coalesce(CASE p.alert_type
    WHEN 'INACTIVITY' THEN 'not seen for ' || signals.away
        || CASE signals.away WHEN 1 THEN ' day' ELSE ' days' END
        || CASE WHEN signals.away >= 14 THEN ' or more' ELSE '' END
    WHEN 'ENGAGEMENT_DROP' THEN 'logged in ' || signals.logins
        || CASE signals.logins WHEN 1 THEN ' time' ELSE ' times' END || ' in a week, '
        || signals.logins_before
        || CASE signals.logins_before WHEN 1 THEN ' time' ELSE ' times' END || ' in the one before'
    WHEN 'HIGH_FRUSTRATION' THEN 'frustration at ' || signals.frustration || ' of 100'
    WHEN 'PAYMENT_RISK' THEN 'a payment failed'
    WHEN 'TRIAL_EXPIRING' THEN CASE signals.trial
        WHEN 0 THEN 'the trial ends today'
        WHEN 1 THEN 'the trial ends in 1 day'
        ELSE 'the trial ends in ' || signals.trial || ' days' END
    END, lower(replace(p.alert_type, '_', ' ')))
FROM jsonb_to_record(p.metrics_snapshot) AS measured (
    days_since_last_activity double precision,
    login_count_7d double precision,
    login_count_prior_7d double precision,
    avg_frustration_score double precision,
    days_until_trial_end double precision
)
CROSS JOIN LATERAL (
    SELECT
        CAST(measured.days_since_last_activity AS integer) AS away,
        CAST(measured.login_count_7d AS integer) AS logins,
        CAST(measured.login_count_prior_7d AS integer) AS logins_before,
        CAST(measured.avg_frustration_score AS integer) AS frustration,
        CAST(measured.days_until_trial_end AS integer) AS trial
) AS signals
