"""Until when the platform was read."""

from alembic import op

revision = "platform"
down_revision = "bigquery"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE platform_readings (
            question text NOT NULL,
            read_until timestamptz NOT NULL,
            compared_at timestamptz NOT NULL,
            CONSTRAINT pk_platform_readings PRIMARY KEY (question)
        )
        """
    )


def downgrade() -> None:
    op.drop_table("platform_readings")
