"""The queries that are paid for, so that a day's bytes can be counted."""

from alembic import op

revision = "bigquery"
down_revision = "queue"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE warehouse_jobs (
            id text NOT NULL,
            reserved_at timestamptz NOT NULL,
            bytes_reserved bigint NOT NULL,
            bytes_billed bigint,
            CONSTRAINT pk_warehouse_jobs PRIMARY KEY (id)
        )
        """
    )
    op.execute("CREATE INDEX ix_warehouse_jobs_reserved_at ON warehouse_jobs (reserved_at)")


def downgrade() -> None:
    op.drop_table("warehouse_jobs")
