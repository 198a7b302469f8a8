"""Brings a database to the newest schema, or says whether it is there."""

import asyncio
import re
from enum import Enum, auto
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.sql.sqltypes import AutoString

from app.kit.db.engine import Database
from app.kit.db.locks import try_lock_key
from app.kit.db.partitions import is_partition
from app.kit.db.tables import metadata
from app.kit.errors import Conflict

APP_ROOT = Path(__file__).parents[2]
MIGRATION_LOCK = 4_201_764  # the key of the advisory lock that a migrating process holds
QUEUE_TABLES = re.compile(r"pgqueuer(_.+)?")


class Schema(Enum):
    """Whether a database's schema is older or newer than the one of this version."""

    OLDER = auto()
    CURRENT = auto()
    NEWER = auto()


async def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest schema; of several at once, one does it.

    Raises `Conflict` for a newer version's database.
    """
    database = Database(url, pooled=False)
    async with database.engine.connect() as watch, database.engine.connect() as connection:
        await _take_turn(await watch.execution_options(isolation_level="AUTOCOMMIT"))
        found = await compare_schema(watch)
        refuse_newer(found)
        if found is Schema.OLDER:
            await connection.run_sync(_upgrade)


async def is_current(url: str) -> bool:
    """Say whether the database at `url` has at least the schema that this version needs.

    Migrations suit the code before them: while a new version is rolled out, processes of the old
    one that are at work go on. They cannot be started any more.
    """
    async with Database(url, pooled=False).engine.connect() as connection:
        return await is_current_at(connection)


async def is_current_at(connection: AsyncConnection) -> bool:
    """Tell the same of the database of a connection."""
    return await compare_schema(connection) is not Schema.OLDER


async def compare_schema(connection: AsyncConnection) -> Schema:
    """Compare the schema of a database with this version; an unknown revision is a newer one's."""
    found = await connection.run_sync(_revision)
    if found in _older():
        return Schema.OLDER
    return Schema.CURRENT if found == head() else Schema.NEWER


def refuse_newer(found: Schema) -> None:
    """Raise `Conflict` for a schema that a newer version made."""
    if found is Schema.NEWER:
        raise Conflict(
            "The database is newer than this version of Headsup:"
            " start the version that migrated it, or a later one.",
            code="database_newer",
        )


@cache
def head() -> str | None:
    """Name the newest revision; None while there is none."""
    return ScriptDirectory.from_config(config()).get_current_head()


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, which stands beside the folder `app`."""
    found = Config(APP_ROOT.parent / "alembic.ini")
    found.attributes["connection"] = connection
    return found


@cache
def all_tables() -> MetaData:
    """Import every module `models` of the service; return the metadata of all their tables."""
    for path in sorted(APP_ROOT.rglob("models.py")):
        import_module(".".join(path.relative_to(APP_ROOT.parent).with_suffix("").parts))
    return metadata


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out tables that are no model's: partitions, and those of the queue."""
    if kind != "table" or name is None:
        return True
    return not (QUEUE_TABLES.fullmatch(name) or is_partition(name, all_tables().tables))


def render_item(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write SQLModel's strings as SQLAlchemy's, since a migration imports nothing else."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String({item.length})" if item.length else "sa.String()"
    return False


async def _take_turn(connection: AsyncConnection) -> None:
    """Wait for the lock without a snapshot, which `CREATE INDEX CONCURRENTLY` would wait for."""
    while not await try_lock_key(connection, MIGRATION_LOCK):  # noqa: ASYNC110 - the other is another process
        await asyncio.sleep(0.1)


@cache
def _older() -> frozenset[str | None]:
    """Return what a database may be at that is not enough; the scripts are read once."""
    scripts = ScriptDirectory.from_config(config())
    return frozenset({None, *(each.revision for each in scripts.walk_revisions())} - {head()})


def _upgrade(connection: Connection) -> None:
    command.upgrade(config(connection), "head")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
