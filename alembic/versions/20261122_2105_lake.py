"""The list of the files that the lake consists of."""

from alembic import op

revision = "lake"
down_revision = "sources"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE lake_files (
            path text NOT NULL,
            day date NOT NULL,
            rows bigint NOT NULL,
            bytes bigint NOT NULL,
            sha256 text NOT NULL,
            CONSTRAINT pk_lake_files PRIMARY KEY (path)
        )
        """
    )
    op.execute("CREATE INDEX ix_lake_files_day ON lake_files (day)")


def downgrade() -> None:
    op.drop_table("lake_files")
