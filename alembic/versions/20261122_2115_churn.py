"""The churn report's rows by month, their breakdown as JSON, and the sums of a day."""

from alembic import op

revision = "churn"
down_revision = "runs"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE churn_risk_reports (
    report_date date NOT NULL,
    academy_id bigint NOT NULL,
    user_id bigint NOT NULL,
    churn_risk_score double precision NOT NULL,
    risk_level varchar(8) NOT NULL CONSTRAINT ck_churn_risk_reports_risk_level
        CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
    main_reason varchar(16) CONSTRAINT ck_churn_risk_reports_main_reason
        CHECK (main_reason IN ('inactivity', 'engagement_decay', 'frustration', 'login_decay',
            'assignment_stall', 'payment_issues')),
    coverage double precision NOT NULL,
    days_since_last_activity smallint NOT NULL,
    last_active_on date,
    active_days_in_window smallint NOT NULL,
    login_count_7d integer NOT NULL,
    login_count_prior_7d integer NOT NULL,
    login_trend double precision,
    assignments_completed_7d integer NOT NULL,
    assignments_completed_prior_7d integer NOT NULL,
    assignment_trend double precision,
    avg_engagement_score double precision,
    engagement_baseline double precision,
    engagement_trend double precision,
    avg_frustration_score double precision,
    subscription_status text NOT NULL,
    has_payment_issues boolean NOT NULL,
    days_until_renewal integer,
    days_until_trial_end integer,
    tenure_days integer NOT NULL,
    mrr double precision,
    currency text,
    contribution_inactivity double precision,
    contribution_engagement_decay double precision,
    contribution_frustration double precision,
    contribution_login_decay double precision,
    contribution_assignment_stall double precision,
    contribution_payment_issues double precision,
    scoring_version smallint NOT NULL,
    run_id uuid NOT NULL,
    CONSTRAINT pk_churn_risk_reports PRIMARY KEY (report_date, academy_id, user_id),
    CONSTRAINT ck_churn_risk_reports_score_range CHECK (churn_risk_score BETWEEN 0 AND 100),
    CONSTRAINT ck_churn_risk_reports_coverage_range CHECK (coverage BETWEEN 0 AND 1),
    CONSTRAINT ck_churn_risk_reports_live_status
        CHECK (subscription_status IN ('FREE_TRIAL', 'ACTIVE', 'PAYMENT_ISSUE'))
) PARTITION BY RANGE (report_date);
CREATE INDEX ix_churn_risk_reports_academy_id_report_date_score
    ON churn_risk_reports
        (academy_id, report_date, churn_risk_score DESC, days_until_renewal, user_id);
CREATE INDEX ix_churn_risk_reports_report_date_score
    ON churn_risk_reports (report_date, churn_risk_score DESC, days_until_renewal, user_id);
CREATE TABLE churn_day_summaries (
    report_date date NOT NULL,
    academy_id bigint NOT NULL,
    rows integer NOT NULL,
    low integer NOT NULL,
    medium integer NOT NULL,
    high integer NOT NULL,
    critical integer NOT NULL,
    free_trial integer NOT NULL,
    active integer NOT NULL,
    payment_issue integer NOT NULL,
    score_sum double precision NOT NULL,
    mrr_by_level jsonb NOT NULL,
    CONSTRAINT pk_churn_day_summaries PRIMARY KEY (report_date, academy_id)
);
"""

SIGNAL = """
CREATE FUNCTION churn_signal(value double precision, weight numeric, contribution double precision)
RETURNS json LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'value', CASE WHEN value IS NOT NULL
            THEN round(least(greatest(value, 0), 100)::numeric, 2) END,
        'weight', weight,
        'contribution', contribution)
$$
"""

DETAILS = """
CREATE FUNCTION churn_details(r churn_risk_reports)
RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'schema_version', 1,
        'scoring_version', r.scoring_version,
        'coverage', r.coverage,
        'tenure_days', r.tenure_days,
        'active_days_in_window', r.active_days_in_window,
        'login_count_7d', r.login_count_7d,
        'login_count_prior_7d', r.login_count_prior_7d,
        'assignments_completed_7d', r.assignments_completed_7d,
        'assignments_completed_prior_7d', r.assignments_completed_prior_7d,
        'engagement_baseline', r.engagement_baseline,
        'signals', json_build_object(
            'inactivity', churn_signal(
                100 * least(r.days_since_last_activity, 14) / 14.0,
                0.25, r.contribution_inactivity),
            'engagement_decay', churn_signal(
                -r.engagement_trend, 0.20, r.contribution_engagement_decay),
            'frustration', churn_signal(
                r.avg_frustration_score, 0.15, r.contribution_frustration),
            'login_decay', churn_signal(
                -r.login_trend, 0.15, r.contribution_login_decay),
            'assignment_stall', churn_signal(
                -r.assignment_trend, 0.15, r.contribution_assignment_stall),
            'payment_issues', churn_signal(
                CASE WHEN r.has_payment_issues THEN 100 ELSE 0 END,
                0.10, r.contribution_payment_issues)))
$$
"""


def upgrade() -> None:
    for statement in (*TABLES.split(";\n"), SIGNAL, DETAILS):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION churn_details(churn_risk_reports)")
    op.execute("DROP FUNCTION churn_signal(double precision, numeric, double precision)")
    op.drop_table("churn_day_summaries")
    op.drop_table("churn_risk_reports")
