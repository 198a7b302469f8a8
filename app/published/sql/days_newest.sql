-- Grain: one row an academy in scope: its newest day that can be read, not after `until`.
-- Beside it the publications that its rows are compared with, and the directory's version.
WITH RECURSIVE known AS (
    SELECT min(academy_id) AS academy_id
    FROM report_days
    WHERE report_type = CAST(:report_type AS text) AND academy_id > 0
    UNION ALL
    SELECT (
        SELECT min(further.academy_id)
        FROM report_days AS further
        WHERE further.report_type = CAST(:report_type AS text) AND further.academy_id > known.academy_id
    )
    FROM known
    WHERE known.academy_id IS NOT NULL
),
in_scope AS (
    SELECT unnest(CAST(:academies AS bigint[])) AS academy_id
    UNION ALL
    SELECT academy_id FROM known WHERE CAST(:academies AS bigint[]) IS NULL
),
days AS (
    SELECT newest.*
    FROM in_scope
    CROSS JOIN LATERAL (
        SELECT academy_id, report_date, state, revision, published_at, scoring_version
        FROM report_days
        WHERE report_type = CAST(:report_type AS text) AND academy_id = in_scope.academy_id
            AND revision IS NOT NULL
            AND report_date <= coalesce(CAST(:until AS date), DATE 'infinity')
        ORDER BY report_date DESC
        LIMIT 1
    ) AS newest
)
