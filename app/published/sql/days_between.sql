-- Grain: one row an academy in scope and day from `first` to `last` that can be read.
-- Beside it the publications that its rows are compared with, and the directory's version.
WITH days AS (
    SELECT academy_id, report_date, state, revision, published_at, scoring_version
    FROM report_days
    WHERE report_type = CAST(:report_type AS text) AND academy_id > 0 AND revision IS NOT NULL
        AND report_date BETWEEN :first AND :last
        AND (CAST(:academies AS bigint[]) IS NULL OR academy_id = ANY(:academies))
)
