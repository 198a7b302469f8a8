-- Writes what was staged: changed episodes, new ones, their history. An episode that ends is
-- written before one that opens in its stead.
UPDATE alerts AS mine SET
    prior = CASE WHEN mine.prior_of = :day THEN mine.prior ELSE alert_prior(mine) END,
    prior_of = :day, version = mine.version + 1,
    severity = new.severity, status = new.status, origin = new.origin,
    triggered_at = new.triggered_at, triggered_on = new.triggered_on, opened_on = new.opened_on,
    last_seen_on = new.last_seen_on, known_on = new.known_on, occurrences = new.occurrences,
    clear_days = new.clear_days, resolution = new.resolution, resolved_at = new.resolved_at,
    resolved_on = new.resolved_on, snoozed_until = new.snoozed_until,
    rule_version = new.rule_version, watched_until = new.watched_until,
    metrics_snapshot = CAST(new.metrics AS jsonb)
FROM alert_changes AS new
WHERE new.id = mine.id;

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
