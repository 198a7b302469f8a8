-- Forgets what was published after {day}, so that kept data can be measured on again. Episodes
-- that later days had closed stay closed: alerts begin from a little fewer open ones.
-- As a replica the session may delete what is else only appended to.
SET session_replication_role = replica;
DELETE FROM alert_events WHERE report_date > '{day}';
DELETE FROM alert_events WHERE alert_id IN (SELECT id FROM alerts WHERE triggered_on > '{day}');
DELETE FROM alerts WHERE triggered_on > '{day}';
DELETE FROM alert_day_counts WHERE report_date > '{day}';
UPDATE alert_watermarks AS mark SET report_date = '{day}', revision = known.revision
FROM report_days AS known
WHERE mark.report_date > '{day}' AND known.report_date = '{day}'
    AND known.report_type = mark.report_type AND known.academy_id = mark.academy_id;
DELETE FROM report_days WHERE report_date > '{day}';
DELETE FROM churn_day_summaries WHERE report_date > '{day}';
DELETE FROM churn_risk_reports WHERE report_date > '{day}';
VACUUM ANALYZE alerts;
VACUUM ANALYZE alert_events;
VACUUM ANALYZE report_days;
VACUUM ANALYZE churn_day_summaries;
VACUUM ANALYZE churn_risk_reports
