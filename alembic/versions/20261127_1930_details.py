"""The breakdown of a churn row takes the weights of the version that the row was scored with.

The function of one argument stays for processes of the version before.
"""

from alembic import op

revision = "details"
down_revision = "kept_runs"
branch_labels = None
depends_on = None

DETAILS = """
CREATE FUNCTION churn_details(r churn_risk_reports, weights numeric[])
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
                weights[1], r.contribution_inactivity),
            'engagement_decay', churn_signal(
                -r.engagement_trend, weights[2], r.contribution_engagement_decay),
            'frustration', churn_signal(
                r.avg_frustration_score, weights[3], r.contribution_frustration),
            'login_decay', churn_signal(
                -r.login_trend, weights[4], r.contribution_login_decay),
            'assignment_stall', churn_signal(
                -r.assignment_trend, weights[5], r.contribution_assignment_stall),
            'payment_issues', churn_signal(
                CASE WHEN r.has_payment_issues THEN 100 ELSE 0 END,
                weights[6], r.contribution_payment_issues)))
$$
"""


def upgrade() -> None:
    op.execute(DETAILS)


def downgrade() -> None:
    op.execute("DROP FUNCTION churn_details(churn_risk_reports, numeric[])")
