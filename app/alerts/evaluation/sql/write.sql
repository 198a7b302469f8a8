-- Writes the staged rows: changed episodes, new episodes, history entries. Changed episodes come
-- first, because a new one may take the place of one that ends (only one of a kind may be open).
UPDATE alerts AS old SET
    prior = CASE WHEN old.prior_of = :day THEN old.prior ELSE alert_prior(old) END,
    prior_of = :day, version = old.version + 1,
    severity = new.severity, status = new.status, origin = new.origin,
    triggered_at = new.triggered_at, triggered_on = new.triggered_on, opened_on = new.opened_on,
    last_seen_on = new.last_seen_on, known_on = new.known_on, occurrences = new.occurrences,
    clear_days = new.clear_days, resolution = new.resolution, resolved_at = new.resolved_at,
    resolved_on = new.resolved_on, snoozed_until = new.snoozed_until,
    rule_version = new.rule_version, watched_until = new.watched_until,
    metrics_snapshot = CAST(new.metrics AS jsonb)
FROM alert_changes AS new
WHERE new.id = old.id;

UPDATE alert_changes
SET is_new = TRUE, id = nextval(pg_get_serial_sequence('alerts', 'id'))
WHERE id IS NULL;

INSERT INTO alerts (
    id, report_type, academy_id, user_id, alert_type, severity, status, origin, triggered_at,
    triggered_on, opened_on, last_seen_on, known_on, occurrences, clear_days, result,
    metrics_snapshot, rule_version, version, prior_of)
SELECT
    id, :report_type, :academy_id, user_id, alert_type, severity, status, origin, triggered_at,
    triggered_on, opened_on, last_seen_on, known_on, occurrences, clear_days, 'PENDING',
    CAST(metrics AS jsonb), rule_version, 1, :day
FROM alert_changes
WHERE is_new
ORDER BY place;

INSERT INTO alert_events (alert_id, seq, what, was, became, happened_at, report_date)
SELECT
    changed.id,
    (SELECT coalesce(max(seq), 0) FROM alert_events WHERE alert_id = changed.id)
        + row_number() OVER (PARTITION BY changed.id ORDER BY new.rank),
    new.what, new.was, new.became, :now, :day
FROM alert_changes_events AS new
JOIN alert_changes AS changed USING (place)
