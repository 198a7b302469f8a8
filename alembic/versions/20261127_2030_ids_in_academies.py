"""Subscriptions that an academy's own writer made are found by the id that it calls them by."""

from alembic import op

revision = "ids_in_academies"
down_revision = "tries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE INDEX ix_subscriptions_id_in_academy ON subscriptions (split_part(id, chr(31), 2))
        WHERE strpos(id, chr(31)) > 0
        """
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_subscriptions_id_in_academy")
