-- One row for each episode, or for each learner of an academy with the first of the learner's
-- episodes: severest first, then newest; follows filtered.sql. An episode of the academy itself
-- has the user_id 0, which is returned as NULL.
-- Filled in: the query that numbers the episodes of a learner, the condition of the page, the
-- output, and each source's queries of the current value and of the reason.
-- :limit (NULL: all), :may_name
numbered AS ({numbered}),
page AS MATERIALIZED (
    SELECT * FROM numbered
    WHERE {page_condition}
    ORDER BY rank DESC, triggered_at DESC, id DESC
    LIMIT CAST(:limit AS bigint)
),
dated AS (
    SELECT page.*, mark.report_date
    FROM page
    LEFT JOIN alert_watermarks AS mark
        ON mark.report_type = page.report_type AND mark.academy_id = page.academy_id
)
SELECT {output}
FROM dated AS p
LEFT JOIN users ON CAST(:may_name AS boolean) AND users.id = p.user_id
LEFT JOIN LATERAL ({current_value} LIMIT 1) AS current ON TRUE
CROSS JOIN LATERAL (
    SELECT
        p.id, p.report_type, p.academy_id, nullif(p.user_id, 0) AS user_id, users.email,
        users.full_name, p.alert_type, p.severity, p.status,
        CASE p.report_type {reason} END AS reason,
        current.value AS current_score, current.label AS current_level, p.origin, p.triggered_at,
        p.triggered_on, p.last_seen_on, p.occurrences, p.clear_days, p.snoozed_until, p.assignee,
        p.resolved_at, p.resolution, p.action, p.action_taken, p.first_action_at, p.result,
        p.metrics_snapshot, p.rule_version, p.version, p.alerts
) AS item
ORDER BY p.rank DESC, p.triggered_at DESC, p.id DESC
