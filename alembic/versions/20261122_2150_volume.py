"""The questions for the volume of days that are held, and what they cost."""

from alembic import op

revision = "volume"
down_revision = "platform"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE report_volume_questions (
            id bigint GENERATED ALWAYS AS IDENTITY,
            report_type text NOT NULL,
            asked_at timestamptz NOT NULL,
            days date[] NOT NULL,
            released date[] NOT NULL,
            bytes_processed bigint NOT NULL,
            bytes_billed bigint NOT NULL,
            CONSTRAINT pk_report_volume_questions PRIMARY KEY (id)
        )
        """
    )


def downgrade() -> None:
    op.drop_table("report_volume_questions")
