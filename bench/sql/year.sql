-- Repeats the ledger, the sums and the counts of alerts of {day} for the days of a year before it.
INSERT INTO report_days
SELECT (changed).*
FROM generate_series(DATE '{day}' - 370, DATE '{day}' - 1, '1 day') AS days (report_day)
CROSS JOIN report_days AS r
CROSS JOIN LATERAL jsonb_populate_record(r, jsonb_build_object(
    'report_date', CAST(days.report_day AS date), 'revision', nextval('report_revisions')
)) AS changed
WHERE r.report_date = '{day}';
INSERT INTO churn_day_summaries
SELECT (changed).*
FROM generate_series(DATE '{day}' - 370, DATE '{day}' - 1, '1 day') AS days (report_day)
CROSS JOIN churn_day_summaries AS s
CROSS JOIN LATERAL jsonb_populate_record(
    s, jsonb_build_object('report_date', CAST(days.report_day AS date))
) AS changed
WHERE s.report_date = '{day}';
INSERT INTO alert_day_counts
SELECT (changed).*
FROM generate_series(DATE '{day}' - 370, DATE '{day}' - 1, '1 day') AS days (report_day)
CROSS JOIN alert_day_counts AS c
CROSS JOIN LATERAL jsonb_populate_record(
    c, jsonb_build_object('report_date', CAST(days.report_day AS date))
) AS changed
WHERE c.report_date = '{day}';
UPDATE report_days SET checked_revision = revision WHERE revision IS NOT NULL;
VACUUM ANALYZE report_days;
VACUUM ANALYZE churn_day_summaries;
VACUUM ANALYZE alert_day_counts
