-- Grain: one row: all of the common table `days`, the newest first, as columns and as JSON.
-- They are compared with nothing when :back is NULL.
, compared AS (
    SELECT
        days.*, yesterday.revision AS yesterday_revision,
        earlier.revision AS earlier_revision,
        earlier.scoring_version AS earlier_scoring_version
    FROM days
    LEFT JOIN report_days AS yesterday
        ON yesterday.report_type = 'churn' AND yesterday.academy_id = days.academy_id
        AND yesterday.report_date = days.report_date - 1 AND CAST(:back AS integer) IS NOT NULL
    LEFT JOIN report_days AS earlier
        ON earlier.report_type = 'churn' AND earlier.academy_id = days.academy_id
        AND earlier.report_date = days.report_date - CAST(:back AS integer)
    ORDER BY days.report_date DESC, days.academy_id
)
SELECT
    coalesce(array_agg(academy_id), '{{}}') AS academies,
    coalesce(array_agg(report_date), '{{}}') AS dates,
    coalesce(array_agg(revision), '{{}}') AS revisions,
    coalesce(array_agg(earlier_revision), '{{}}') AS earlier_revisions,
    coalesce(string_agg(CAST(json_build_object(
        'academy_id', academy_id, 'report_date', report_date, 'state', state,
        'revision', revision, 'published_at', published_at
    ) AS text), ','), '') AS shown,
    coalesce(md5(string_agg(concat_ws(' ', academy_id, report_date, revision), ',')), '')
        AS digest,
    coalesce(md5(string_agg(concat(
        academy_id, ' ', report_date, ' ', state, ' ', revision, ' ', yesterday_revision,
        ' ', earlier_revision
    ), ',') || coalesce(({evaluations}), '')), '') AS versions,
    max(report_date) FILTER (
        WHERE earlier_revision IS NOT NULL
            AND scoring_version IS DISTINCT FROM earlier_scoring_version
    ) AS scoring_changed_on,
    (SELECT value FROM service_facts WHERE name = 'directory_version') AS directory_version
FROM compared
