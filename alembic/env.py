"""How Alembic reaches the database: on the caller's connection, or on `-x url=postgresql://...`."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from app.kit.db.engine import Database
from app.sources.database import migrations

LOCK_TIMEOUT = "5s"


def run(connection: Connection) -> None:
    """Run the migrations in one transaction that does not queue behind readers for long."""
    context.configure(
        connection=connection,
        target_metadata=migrations.all_tables(),
        compare_server_default=True,
        include_name=migrations.is_ours,
        render_item=migrations.render_item,
    )
    with context.begin_transaction():
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        context.run_migrations()


async def connect_and_run(url: str) -> None:
    """Run them on a connection of our own."""
    database = Database(url, pooled=False)
    async with database.engine.connect() as connection:
        await connection.run_sync(run)


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(connect_and_run(context.get_x_argument(as_dictionary=True)["url"]))
