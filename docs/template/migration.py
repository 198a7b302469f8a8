"""The rows of the renewals report by month, and the sums of a day."""

from alembic import op

revision = "renewals"
down_revision = "THE_CURRENT_HEAD"
branch_labels = None
depends_on = None

ROWS = """
CREATE TABLE renewal_reports (
    report_date date NOT NULL,
    academy_id bigint NOT NULL,
    user_id bigint NOT NULL,
    days_until_renewal integer,
    is_soon boolean NOT NULL,
    mrr double precision,
    currency text,
    run_id uuid NOT NULL,
    CONSTRAINT pk_renewal_reports PRIMARY KEY (report_date, academy_id, user_id)
) PARTITION BY RANGE (report_date)
"""
SUMMARIES = """
CREATE TABLE renewal_day_summaries (
    report_date date NOT NULL,
    academy_id bigint NOT NULL,
    subscribers integer NOT NULL,
    soon integer NOT NULL,
    mrr jsonb NOT NULL,
    CONSTRAINT pk_renewal_day_summaries PRIMARY KEY (report_date, academy_id)
)
"""


def upgrade() -> None:
    op.execute(ROWS)
    op.execute(SUMMARIES)


def downgrade() -> None:
    op.execute("DROP TABLE renewal_day_summaries")
    op.execute("DROP TABLE renewal_reports")
