"""How often a connection was lost while a run was at work on a day."""

from alembic import op

revision = "tries"
down_revision = "details"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE report_run_days ADD failed_tries integer NOT NULL DEFAULT 0")


def downgrade() -> None:
    op.execute("ALTER TABLE report_run_days DROP failed_tries")
