-- The seed's table: its columns, its unique key and its four indexes; no surrogate key, which
-- would only make it slower.
DROP TABLE IF EXISTS seed_reports;
CREATE TABLE seed_reports (
    user_id integer NOT NULL,
    academy_id integer,
    report_date date NOT NULL,
    churn_risk_score double precision NOT NULL,
    risk_level varchar(20) NOT NULL,
    days_since_last_activity integer NOT NULL,
    login_count_7d integer NOT NULL,
    login_trend double precision,
    assignments_completed_7d integer NOT NULL,
    assignment_trend double precision,
    avg_frustration_score double precision,
    avg_engagement_score double precision,
    subscription_status varchar(20),
    days_until_renewal integer,
    has_payment_issues boolean NOT NULL,
    details jsonb NOT NULL,
    CONSTRAINT uq_seed_reports UNIQUE (user_id, report_date)
);
CREATE INDEX ix_seed_reports_academy ON seed_reports (academy_id, report_date, risk_level);
CREATE INDEX ix_seed_reports_level ON seed_reports (risk_level, report_date);
CREATE INDEX ix_seed_reports_score ON seed_reports (churn_risk_score DESC);
CREATE INDEX ix_seed_reports_day ON seed_reports (report_date, churn_risk_score DESC)
