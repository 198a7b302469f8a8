-- One row for each episode of an academy that is followed on a day: the columns as they were before
-- the day, stored_... as they are now, and acted_... as people left them since the evaluation.
-- $1 report type, $2 academy, $3 day
SELECT
    cur.id, cur.user_id, cur.alert_type, mark.is_opened_today, mark.is_acted_on,
    coalesce((cur.stands ->> 'is_decided')::boolean, FALSE) AS is_decided,
    was.severity, was.status, was.origin, was.triggered_at, was.triggered_on, was.opened_on,
    was.last_seen_on, was.known_on, was.occurrences, was.clear_days, was.resolution,
    was.resolved_at, was.resolved_on, was.snoozed_until, was.rule_version, was.watched_until,
    was.metrics_snapshot::text AS metrics,
    cur.severity AS stored_severity, cur.status AS stored_status, cur.origin AS stored_origin,
    cur.triggered_at AS stored_triggered_at, cur.triggered_on AS stored_triggered_on,
    cur.opened_on AS stored_opened_on, cur.last_seen_on AS stored_last_seen_on,
    cur.known_on AS stored_known_on, cur.occurrences AS stored_occurrences,
    cur.clear_days AS stored_clear_days, cur.resolution AS stored_resolution,
    cur.resolved_at AS stored_resolved_at, cur.resolved_on AS stored_resolved_on,
    cur.snoozed_until AS stored_snoozed_until, cur.rule_version AS stored_rule_version,
    cur.watched_until AS stored_watched_until, cur.metrics_snapshot::text AS stored_metrics,
    acted.status AS acted_status, acted.resolution AS acted_resolution,
    acted.resolved_at AS acted_resolved_at, acted.resolved_on AS acted_resolved_on,
    acted.snoozed_until AS acted_snoozed_until
FROM alerts AS cur
CROSS JOIN LATERAL (SELECT cur.acted_on IS NOT DISTINCT FROM $3::date AS is_acted_on) AS touch
CROSS JOIN LATERAL (
    SELECT
        touch.is_acted_on,
        cur.prior_of = $3::date AND (cur.prior IS NULL OR (
            touch.is_acted_on AND cur.triggered_on = $3::date
            AND cur.prior ->> 'resolution' = 'RETRACTED')) AS is_opened_today
) AS mark
CROSS JOIN LATERAL jsonb_populate_record(
    cur,
    CASE
        WHEN cur.prior_of = $3::date AND NOT mark.is_opened_today THEN cur.prior
        ELSE '{}'::jsonb
    END) AS was
CROSS JOIN LATERAL jsonb_populate_record(
    NULL::alerts, CASE WHEN mark.is_acted_on THEN cur.stands ELSE '{}'::jsonb END) AS acted
WHERE cur.report_type = $1 AND cur.academy_id = $2::bigint
    AND (cur.watched_until IS NULL OR cur.watched_until >= $3::date)
