-- The common table `days` with the publications that its rows are compared with.
, compared AS (
    SELECT
        days.*, yesterday.revision AS yesterday_revision,
        earlier.revision AS earlier_revision,
        earlier.scoring_version AS earlier_scoring_version
    FROM days
    LEFT JOIN report_days AS yesterday
        ON yesterday.report_type = CAST(:report_type AS text) AND yesterday.academy_id = days.academy_id
        AND yesterday.report_date = days.report_date - 1
    LEFT JOIN report_days AS earlier
        ON earlier.report_type = CAST(:report_type AS text) AND earlier.academy_id = days.academy_id
        AND earlier.report_date = days.report_date - CAST(:back AS integer)
)
