-- Grain: one row: all of the common table `compared`, the newest first, as columns and as JSON.
SELECT
    coalesce(array_agg(academy_id), '{{}}') AS academies,
    coalesce(array_agg(report_date), '{{}}') AS dates,
    coalesce(array_agg(revision), '{{}}') AS revisions,
    coalesce(array_agg(earlier_revision), '{{}}') AS earlier_revisions,
    coalesce(string_agg({item}, ','), '') AS shown,
    coalesce(md5(string_agg(concat_ws(' ', academy_id, report_date, revision), ',')), '')
        AS digest,
    coalesce(md5(string_agg(concat(
        academy_id, ' ', report_date, ' ', state, ' ', revision, ' ', yesterday_revision,
        ' ', earlier_revision
    ), ',') || coalesce(({versions}), '')), '') AS versions,
    max(report_date) FILTER (
        WHERE earlier_revision IS NOT NULL
            AND scoring_version IS DISTINCT FROM earlier_scoring_version
    ) AS scoring_changed_on,
    (SELECT value FROM service_facts WHERE name = 'directory_version') AS directory_version
FROM (SELECT * FROM compared ORDER BY report_date DESC, academy_id) AS sorted
