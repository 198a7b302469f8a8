"""The order of the list of open alerts is in indexes of what is open, and who wakes next too."""

from alembic import op

revision = "open_alerts"
down_revision = "leftovers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP INDEX ix_alerts_academy_id_severity")
    op.execute(
        """
        CREATE INDEX ix_alerts_open_academy_id_severity
        ON alerts (academy_id, alert_rank(severity) DESC, triggered_at DESC, id DESC)
        WHERE status <> 'RESOLVED'
        """
    )
    op.execute(
        """
        CREATE INDEX ix_alerts_open_severity
        ON alerts (alert_rank(severity) DESC, triggered_at DESC, id DESC)
        WHERE status <> 'RESOLVED'
        """
    )
    op.execute(
        """
        CREATE INDEX ix_alerts_snoozed_until ON alerts (snoozed_until)
        WHERE status <> 'RESOLVED' AND snoozed_until IS NOT NULL
        """
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_alerts_snoozed_until")
    op.execute("DROP INDEX ix_alerts_open_severity")
    op.execute("DROP INDEX ix_alerts_open_academy_id_severity")
    op.execute(
        """
        CREATE INDEX ix_alerts_academy_id_severity
        ON alerts (academy_id, alert_rank(severity) DESC, triggered_at DESC, id DESC)
        """
    )
