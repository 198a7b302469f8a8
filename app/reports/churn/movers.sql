-- Grain: one row: as JSON, who moved most between two days, and whether both still stand.
WITH days AS (
    SELECT * FROM unnest(
        CAST(:academies AS bigint[]), CAST(:dates AS date[]), CAST(:revisions AS bigint[]),
        CAST(:earlier_revisions AS bigint[])
    ) AS asked (academy_id, report_date, revision, earlier_revision)
    WHERE earlier_revision IS NOT NULL
),
moved AS MATERIALIZED (
    -- Scores and users are in the index of the list: who moved most is chosen without the rows.
    SELECT
        r.report_date, r.academy_id, r.user_id,
        abs(r.churn_risk_score - b.churn_risk_score) AS distance
    FROM days
    JOIN churn_risk_reports AS r
        ON r.report_date = days.report_date AND r.academy_id = days.academy_id
    JOIN churn_risk_reports AS b
        ON b.report_date = days.report_date - {back}
        AND b.academy_id = days.academy_id AND b.user_id = r.user_id
    WHERE r.report_date BETWEEN {first} AND {last}
        AND b.report_date BETWEEN {first} - {back} AND {last} - {back}
        AND {moved}
    ORDER BY distance DESC, r.user_id, r.academy_id
    LIMIT {limit}
),
picked AS (
    SELECT
        r.*, b.churn_risk_score AS score_before, b.risk_level AS level_before,
        row_number() OVER (ORDER BY moved.distance DESC, r.user_id, r.academy_id) AS place
    FROM moved
    JOIN churn_risk_reports AS r USING (report_date, academy_id, user_id)
    JOIN churn_risk_reports AS b
        ON b.report_date = moved.report_date - {back}
        AND b.academy_id = moved.academy_id AND b.user_id = moved.user_id
    WHERE r.report_date BETWEEN {first} AND {last}
        AND b.report_date BETWEEN {first} - {back} AND {last} - {back}
)
SELECT
    (
        SELECT count(*)
        FROM days
        JOIN report_days AS standing USING (academy_id, report_date, revision)
        JOIN report_days AS earlier
            ON earlier.report_type = 'churn' AND earlier.academy_id = days.academy_id
            AND earlier.report_date = days.report_date - {back}
            AND earlier.revision = days.earlier_revision
        WHERE standing.report_type = 'churn'
    ) = (SELECT count(*) FROM days) AS unchanged,
    (
        SELECT string_agg({item}, ',' ORDER BY p.place)
        FROM picked AS p
        {joins}
        CROSS JOIN LATERAL (
            SELECT
                {columns},
                p.score_before, p.level_before,
                round((p.churn_risk_score - p.score_before) * 100) / 100 AS score_change
        ) AS risk
    ) AS items
