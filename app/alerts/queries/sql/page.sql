-- One row for each episode, or for each learner of an academy with the first of theirs: severest
-- first, then newest; after chosen.sql. Begins after a place, unless that is NULL.
placed AS ({placed}),
picked AS MATERIALIZED (
    SELECT * FROM placed
    WHERE {of_page}
    ORDER BY rank DESC, triggered_at DESC, id DESC
    LIMIT CAST(:most AS bigint)
),
dated AS (
    SELECT picked.*, mark.report_date AS newest_on
    FROM picked
    LEFT JOIN alert_watermarks AS mark
        ON mark.report_type = picked.report_type AND mark.academy_id = picked.academy_id
)
SELECT {output}
FROM dated AS p
LEFT JOIN users ON CAST(:may_name AS boolean) AND users.id = p.user_id
LEFT JOIN LATERAL ({score} LIMIT 1) AS newest ON TRUE
CROSS JOIN LATERAL (
    SELECT
        p.id, p.report_type, p.academy_id, p.user_id, users.email, users.full_name, p.alert_type,
        p.severity, p.status, CASE p.report_type {reason} END AS reason,
        newest.score AS current_score, newest.level AS current_level, p.origin, p.triggered_at,
        p.triggered_on, p.last_seen_on, p.occurrences, p.clear_days, p.snoozed_until, p.assignee,
        p.resolved_at, p.resolution, p.action, p.action_taken, p.first_action_at, p.result,
        p.metrics_snapshot, p.rule_version, p.version, p.alerts
) AS item
ORDER BY p.rank DESC, p.triggered_at DESC, p.id DESC
