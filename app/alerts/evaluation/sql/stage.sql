-- Temporary tables for the changes of a day: one row for each episode, and for each history entry.
CREATE TEMPORARY TABLE IF NOT EXISTS alert_changes (
    place bigint, id bigint, is_new boolean DEFAULT FALSE, user_id bigint, alert_type text,
    severity text, status text, origin text, triggered_at timestamptz, triggered_on date,
    opened_on date, last_seen_on date, known_on date, occurrences integer, clear_days integer,
    resolution text, resolved_at timestamptz, resolved_on date, snoozed_until timestamptz,
    rule_version bigint, watched_until date, metrics text
) ON COMMIT DELETE ROWS;

CREATE TEMPORARY TABLE IF NOT EXISTS alert_changes_events (
    place bigint, rank integer, what text, was text, became text
) ON COMMIT DELETE ROWS
