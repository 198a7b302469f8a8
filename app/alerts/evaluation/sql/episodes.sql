-- One row for each episode of an academy that counts on a day: as it was before the day, cur_ as
-- it is, and stand_ what people made of it since the day was evaluated.
-- $1 report type, $2 academy, $3 day
SELECT
    cur.id, cur.user_id, cur.alert_type, mark.is_newborn, mark.is_touched,
    coalesce((cur.stands ->> 'is_decided')::boolean, FALSE) AS is_decided,
    was.severity, was.status, was.origin, was.triggered_at, was.triggered_on, was.opened_on,
    was.last_seen_on, was.known_on, was.occurrences, was.clear_days, was.resolution,
    was.resolved_at, was.resolved_on, was.snoozed_until, was.rule_version, was.watched_until,
    was.metrics_snapshot::text AS metrics,
    cur.severity AS cur_severity, cur.status AS cur_status, cur.origin AS cur_origin,
    cur.triggered_at AS cur_triggered_at, cur.triggered_on AS cur_triggered_on,
    cur.opened_on AS cur_opened_on, cur.last_seen_on AS cur_last_seen_on,
    cur.known_on AS cur_known_on, cur.occurrences AS cur_occurrences,
    cur.clear_days AS cur_clear_days, cur.resolution AS cur_resolution,
    cur.resolved_at AS cur_resolved_at, cur.resolved_on AS cur_resolved_on,
    cur.snoozed_until AS cur_snoozed_until, cur.rule_version AS cur_rule_version,
    cur.watched_until AS cur_watched_until, cur.metrics_snapshot::text AS cur_metrics,
    stand.status AS stand_status, stand.resolution AS stand_resolution,
    stand.resolved_at AS stand_resolved_at, stand.resolved_on AS stand_resolved_on,
    stand.snoozed_until AS stand_snoozed_until
FROM alerts AS cur
CROSS JOIN LATERAL (SELECT cur.acted_on IS NOT DISTINCT FROM $3::date AS is_touched) AS touch
CROSS JOIN LATERAL (
    SELECT
        touch.is_touched,
        cur.prior_of = $3::date AND (cur.prior IS NULL OR (
            touch.is_touched AND cur.triggered_on = $3::date
            AND cur.prior ->> 'resolution' = 'RETRACTED')) AS is_newborn
) AS mark
CROSS JOIN LATERAL jsonb_populate_record(
    cur,
    CASE
        WHEN cur.prior_of = $3::date AND NOT mark.is_newborn THEN cur.prior
        ELSE '{}'::jsonb
    END) AS was
CROSS JOIN LATERAL jsonb_populate_record(
    NULL::alerts, CASE WHEN mark.is_touched THEN cur.stands ELSE '{}'::jsonb END) AS stand
WHERE cur.report_type = $1 AND cur.academy_id = $2::bigint
    AND (cur.watched_until IS NULL OR cur.watched_until >= $3::date)
