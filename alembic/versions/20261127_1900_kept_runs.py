"""Runs are forgotten after a while: what they read stays summed, and a day counts its tries."""

from alembic import op

revision = "kept_runs"
down_revision = "open_alerts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE report_usage (
            report_type text NOT NULL,
            bytes_processed bigint NOT NULL,
            bytes_billed bigint NOT NULL,
            CONSTRAINT pk_report_usage PRIMARY KEY (report_type)
        )
        """
    )
    op.execute(
        """
        INSERT INTO report_usage
        SELECT report_type, sum(bytes_processed), sum(bytes_billed)
        FROM (
            SELECT report_type, bytes_processed, bytes_billed FROM report_runs
            UNION ALL
            SELECT report_type, bytes_processed, bytes_billed FROM report_volume_questions
        ) AS spent
        GROUP BY report_type
        """
    )
    op.execute("ALTER TABLE report_run_days ADD COLUMN tries integer NOT NULL DEFAULT 0")
    op.execute("CREATE INDEX ix_report_runs_finished_at ON report_runs (finished_at)")
    op.execute(
        "CREATE INDEX ix_report_runs_retry_of ON report_runs (retry_of) WHERE retry_of IS NOT NULL"
    )
    op.execute(
        """
        ALTER TABLE report_runs
            DROP CONSTRAINT fk_report_runs_retry_of,
            ADD CONSTRAINT fk_report_runs_retry_of FOREIGN KEY (retry_of)
                REFERENCES report_runs (id) ON DELETE SET NULL
        """
    )


def downgrade() -> None:
    op.execute(
        """
        ALTER TABLE report_runs
            DROP CONSTRAINT fk_report_runs_retry_of,
            ADD CONSTRAINT fk_report_runs_retry_of FOREIGN KEY (retry_of)
                REFERENCES report_runs (id)
        """
    )
    op.execute("DROP INDEX ix_report_runs_retry_of")
    op.execute("DROP INDEX ix_report_runs_finished_at")
    op.execute("ALTER TABLE report_run_days DROP COLUMN tries")
    op.execute("DROP TABLE report_usage")
