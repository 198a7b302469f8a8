-- Grain: one row: as JSON, who moved most between two days, and whether both still stand.
WITH days AS (
    SELECT * FROM unnest(
        CAST(:academies AS bigint[]), CAST(:dates AS date[]), CAST(:revisions AS bigint[]),
        CAST(:earlier_revisions AS bigint[])
    ) AS asked (academy_id, report_date, revision, earlier_revision)
    WHERE earlier_revision IS NOT NULL
),
scores AS (
    -- The index of the list has them. They are grouped, for a join of two whole days is planned as
    -- if few were in each: a walk through the key for every learner, three times as slow.
    SELECT r.academy_id, r.user_id, r.churn_risk_score AS score, NULL AS score_before
    FROM days
    JOIN churn_risk_reports AS r
        ON r.report_date = days.report_date AND r.academy_id = days.academy_id
    WHERE r.report_date BETWEEN {first} AND {last}
    UNION ALL
    SELECT b.academy_id, b.user_id, NULL, b.churn_risk_score
    FROM days
    JOIN churn_risk_reports AS b
        ON b.report_date = days.report_date - {back} AND b.academy_id = days.academy_id
    WHERE b.report_date BETWEEN {first} - {back} AND {last} - {back}
),
both_days AS (
    SELECT academy_id, user_id, max(score) AS score, max(score_before) AS score_before
    FROM scores
    GROUP BY academy_id, user_id
),
moved AS MATERIALIZED (
    SELECT academy_id, user_id, abs(score - score_before) AS distance
    FROM both_days
    WHERE {moved}
    ORDER BY distance DESC, user_id, academy_id
    LIMIT {limit}
),
picked AS (
    SELECT
        r.*, b.churn_risk_score AS score_before, b.risk_level AS level_before,
        row_number() OVER (ORDER BY moved.distance DESC, r.user_id, r.academy_id) AS place
    FROM moved
    JOIN days USING (academy_id)
    JOIN churn_risk_reports AS r
        ON r.report_date = days.report_date
        AND r.academy_id = moved.academy_id AND r.user_id = moved.user_id
    JOIN churn_risk_reports AS b
        ON b.report_date = days.report_date - {back}
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
