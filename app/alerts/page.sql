-- One row for each episode, or for each learner of an academy with the first of theirs: severest
-- first, then newest; after chosen.sql.
-- :is_grouped, :after_rank, :after_at, :after_id (NULL: from the first on), :most
placed AS (
    SELECT
        chosen.*,
        CASE WHEN CAST(:is_grouped AS boolean) THEN row_number() OVER learner ELSE 1 END AS place,
        CASE WHEN CAST(:is_grouped AS boolean) THEN count(*) OVER whole ELSE 1 END AS alerts
    FROM chosen
    WINDOW
        learner AS (PARTITION BY report_type, academy_id, user_id
            ORDER BY rank DESC, triggered_at DESC, id DESC),
        whole AS (PARTITION BY report_type, academy_id, user_id)
)
SELECT
    placed.id, placed.report_type, placed.academy_id, placed.user_id, placed.alert_type,
    placed.severity, placed.status, placed.origin, placed.triggered_at, placed.triggered_on,
    placed.last_seen_on, placed.occurrences, placed.clear_days, placed.resolution,
    placed.resolved_at, placed.snoozed_until, placed.assignee, placed.action,
    placed.action_taken, placed.first_action_at, placed.result, placed.metrics_snapshot,
    placed.rule_version, placed.version, placed.rank, placed.alerts,
    users.email, users.full_name, mark.report_date AS newest_on
FROM placed
LEFT JOIN users ON users.id = placed.user_id
LEFT JOIN alert_watermarks AS mark
    ON mark.report_type = placed.report_type AND mark.academy_id = placed.academy_id
WHERE place = 1 AND (CAST(:after_id AS bigint) IS NULL
    OR (placed.rank, placed.triggered_at, placed.id) < (
        CAST(:after_rank AS integer), CAST(:after_at AS timestamptz), CAST(:after_id AS bigint)))
ORDER BY placed.rank DESC, placed.triggered_at DESC, placed.id DESC
LIMIT CAST(:most AS integer)
