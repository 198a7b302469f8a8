-- Grain: one row for each of the common table `days`, beside it what its rows are compared with:
-- nothing when :back is NULL.
SELECT
    days.academy_id, days.report_date, days.state, days.revision, days.published_at,
    days.scoring_version, yesterday.revision AS yesterday_revision,
    earlier.revision AS earlier_revision,
    earlier.scoring_version AS earlier_scoring_version,
    (SELECT value FROM service_facts WHERE name = 'directory_version') AS directory_version,
    ({evaluations}) AS evaluations
FROM days
LEFT JOIN report_days AS yesterday
    ON yesterday.report_type = 'churn' AND yesterday.academy_id = days.academy_id
    AND yesterday.report_date = days.report_date - 1 AND CAST(:back AS integer) IS NOT NULL
LEFT JOIN report_days AS earlier
    ON earlier.report_type = 'churn' AND earlier.academy_id = days.academy_id
    AND earlier.report_date = days.report_date - CAST(:back AS integer)
ORDER BY days.report_date DESC, days.academy_id
