"""The lake's files that are to be removed as soon as nobody needs them."""

from alembic import op

revision = "leftovers"
down_revision = "volume"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE lake_leftovers (
            path text NOT NULL,
            CONSTRAINT pk_lake_leftovers PRIMARY KEY (path)
        )
        """
    )


def downgrade() -> None:
    op.drop_table("lake_leftovers")
