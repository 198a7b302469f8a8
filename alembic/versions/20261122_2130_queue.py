"""The queue of runs as its library installs it, and the answers to repeated requests.

A later version of the library that needs other tables gets a migration of its own, which calls
the library's `upgrade`.
"""

from typing import Any

from alembic import op
from asyncpg import Connection
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

revision = "queue"
down_revision = "alerts"
branch_labels = None
depends_on = None

KEYS = """
CREATE TABLE report_run_keys (
    key_id uuid NOT NULL,
    route text NOT NULL,
    idempotency_key text NOT NULL,
    body_sha256 bytea NOT NULL,
    status smallint NOT NULL,
    run_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT pk_report_run_keys PRIMARY KEY (key_id, route, idempotency_key),
    CONSTRAINT fk_report_run_keys_run_id FOREIGN KEY (run_id)
        REFERENCES report_runs (id) ON DELETE CASCADE
)
"""


def upgrade() -> None:
    _execute(QueryBuilderEnvironment().build_install_query())
    op.execute(KEYS)
    op.execute("CREATE INDEX ix_report_run_keys_created_at ON report_run_keys (created_at)")


def downgrade() -> None:
    op.drop_table("report_run_keys")
    for table in ("pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics"):
        op.drop_table(table)
    op.execute("DROP FUNCTION fn_pgqueuer_changed()")
    op.execute("DROP TYPE pgqueuer_status")


def _execute(script: str) -> None:
    """Run many statements at once, in the transaction that one sent before has begun."""

    async def run(connection: Connection) -> None:
        await connection.execute(script)

    op.execute("SELECT 1")
    connection: Any = op.get_bind().connection.dbapi_connection
    connection.run_async(run)
