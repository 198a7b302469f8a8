"""The migrations make what the models say, can be undone, and run once however many ask."""

import asyncio
import os
import sys
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Enum, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.db.engine import Database
from app.kit.errors import Conflict
from app.sources.database import migrations
from tests.support.processes import packages

CHECKS = text("""
    SELECT relname || '.' || conname AS name, pg_get_constraintdef(pg_constraint.oid) AS says
    FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid WHERE contype = 'c'
""")
CHECK = """
import asyncio, sys
from alembic import command
from app.kit.db.engine import Database
from app.sources.database import migrations

async def check(url):
    async with Database(url, pooled=False).engine.connect() as connection:
        await connection.run_sync(lambda own: command.check(migrations.config(own)))

asyncio.run(check(sys.argv[1]))
"""


def differences(connection: Connection) -> list[object]:
    options = {"include_name": migrations.is_ours}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, migrations.all_tables()))


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def enum_checks() -> Iterator[tuple[str, str]]:
    """Name the check of every text enum, with each value that it must allow."""
    for table in migrations.all_tables().tables.values():
        for column in table.columns:
            if isinstance(column.type, Enum):
                for value in column.type.enums:
                    yield f"{table.name}.ck_{table.name}_{column.type.name}", value


async def checks(connection: AsyncConnection) -> dict[str, str]:
    return {row.name: row.says for row in await connection.execute(CHECKS)}


async def revision(url: str, target: str) -> None:
    def move(connection: Connection) -> None:
        command.downgrade(migrations.config(connection), target)

    async with Database(url, pooled=False).engine.connect() as connection:
        await connection.run_sync(move)


async def set_revision(database: Database, name: str) -> None:
    async with database.engine.begin() as connection:
        set_to = text("UPDATE alembic_version SET version_num = :name")
        await connection.execute(set_to, {"name": name})


async def test_they_make_what_the_models_say(shared: Database) -> None:
    async with shared.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_process_that_has_imported_no_model_compares_all_of_them(
    shared: Database,
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CHECK, shared.url),
        env={"PYTHONPATH": packages(), "PATH": os.defpath},
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()

    assert process.returncode == 0, err.decode()


async def test_every_value_of_every_enum_is_allowed(shared: Database) -> None:
    async with shared.engine.connect() as connection:
        found = await checks(connection)

    wanted = list(enum_checks())
    assert wanted
    assert [
        (name, value) for name, value in wanted if f"'{value}'" not in found.get(name, "")
    ] == []


async def test_they_can_be_undone_and_done_again(database: Database) -> None:
    async with database.engine.connect() as connection:
        before = await connection.run_sync(tables)
    await revision(database.url, "base")
    async with database.engine.connect() as connection:
        assert await connection.run_sync(tables) == set()

    await migrations.upgrade(database.url)

    async with database.engine.connect() as connection:
        assert await connection.run_sync(tables) == before
        assert await connection.run_sync(differences) == []


async def test_many_who_upgrade_at_once_do_it_once(empty_database_url: str) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(
                asyncio.to_thread(asyncio.run, migrations.upgrade(empty_database_url))
            )

    assert await migrations.is_current(empty_database_url)


async def test_a_newer_versions_schema_is_left_alone(database: Database) -> None:
    await set_revision(database, "from_tomorrow")

    with pytest.raises(Conflict, match="newer than this version"):
        await migrations.upgrade(database.url)


async def test_who_is_at_work_goes_on_when_a_newer_version_migrates(database: Database) -> None:
    await set_revision(database, "from_tomorrow")

    assert await migrations.is_current(database.url)


async def test_an_older_schema_is_not_current(database: Database) -> None:
    await revision(database.url, "-1")

    assert not await migrations.is_current(database.url)
