"""The first reference: Postgres alone fills the seed's table with the same rows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from time import perf_counter

import asyncpg

from bench.world import SQL_FOLDER, World


class PostgresAlone:
    """A session that holds the rows of a day in a temporary table."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def fill(self) -> tuple[int, float]:
        """Fill the seed's table anew, empty and checkpointed before; return rows and seconds."""
        await self._connection.execute("TRUNCATE seed_reports")
        await self._connection.execute("CHECKPOINT")
        began = perf_counter()
        tag = await self._connection.execute("INSERT INTO seed_reports SELECT * FROM seed_rows")
        return int(tag.split()[-1]), perf_counter() - began


@asynccontextmanager
async def postgres_alone(made: World, day: date) -> AsyncIterator[PostgresAlone]:
    """Make the seed's table, and hold the published rows of `day` beside it."""
    await made.script("seed_table")
    connection = await asyncpg.connect(made.sources.database.url)
    try:
        rows = (SQL_FOLDER / "seed_rows.sql").read_text("utf-8").format(day=day)
        await connection.execute(rows)
        yield PostgresAlone(connection)
    finally:
        await connection.close()
        await made.execute("DROP TABLE seed_reports")
