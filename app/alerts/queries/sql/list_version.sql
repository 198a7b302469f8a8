-- One row of what a list of alerts depends on, apart from its query: every change of the alerts of
-- its academies, the revision of the newest evaluated day, the newest end of a snooze, and the
-- version of the directory, which changes with every name and every erasure. A revision is read
-- from the committed ledger, not from the sequence that numbers it.
-- :report_types, :academies (NULL: all), :now
SELECT
    (
        SELECT string_agg(
            concat_ws('/', mark.report_type, mark.academy_id, mark.changes, newest.revision), ' '
            ORDER BY mark.report_type, mark.academy_id)
        FROM alert_watermarks AS mark
        LEFT JOIN report_days AS newest
            ON newest.report_type = mark.report_type AND newest.academy_id = mark.academy_id
            AND newest.report_date = mark.report_date
        WHERE mark.report_type = ANY(CAST(:report_types AS text[]))
            AND (CAST(:academies AS bigint[]) IS NULL
                OR mark.academy_id = ANY(CAST(:academies AS bigint[])))
    ) AS changes,
    (
        SELECT max(snoozed_until) FROM alerts
        WHERE status <> 'RESOLVED' AND snoozed_until <= CAST(:now AS timestamptz)
    ) AS woken_at,
    (SELECT value FROM service_facts WHERE name = 'directory_version') AS directory_version
