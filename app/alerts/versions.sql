-- One row: what a list of alerts depends on, but for its query: every change of its academies'
-- alerts, the last one to wake, the newest publication of any report, the names.
-- :report_types, :academies (NULL: all), :now
SELECT
    (
        SELECT string_agg(concat_ws('/', report_type, academy_id, changes), ' '
            ORDER BY report_type, academy_id)
        FROM alert_watermarks
        WHERE report_type = ANY(CAST(:report_types AS text[]))
            AND (CAST(:academies AS bigint[]) IS NULL
                OR academy_id = ANY(CAST(:academies AS bigint[])))
    ) AS changes,
    (
        SELECT max(snoozed_until) FROM alerts
        WHERE status <> 'RESOLVED' AND snoozed_until <= CAST(:now AS timestamptz)
    ) AS woken_at,
    (SELECT last_value FROM report_revisions) AS revision,
    (SELECT value FROM service_facts WHERE name = 'directory_version') AS directory_version
