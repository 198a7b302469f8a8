-- Fills the days of a month before {day} with the rows of {day}, some scores changed, as a table
-- that is indexed when it is whole.
CREATE TABLE bench_day AS SELECT * FROM churn_risk_reports WHERE report_date = '{day}';
ALTER TABLE churn_risk_reports DETACH PARTITION {partition};
DROP TABLE {partition};
CREATE TABLE {partition} (LIKE churn_risk_reports INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
INSERT INTO {partition} ({columns})
SELECT {values}
FROM generate_series(DATE '{first}', DATE '{day}', '1 day') AS days (report_day)
CROSS JOIN bench_day AS r;
ALTER TABLE {partition} ADD CONSTRAINT bench_month
    CHECK (report_date >= '{first}' AND report_date < '{next}');
ALTER TABLE churn_risk_reports ATTACH PARTITION {partition}
    FOR VALUES FROM ('{first}') TO ('{next}');
ALTER TABLE {partition} DROP CONSTRAINT bench_month;
DROP TABLE bench_day;
VACUUM ANALYZE {partition}
