"""An erasure reaches every place that holds a person, whatever its process has imported."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.sources.imports.import_file import FileKind
from app.sources.sources import Sources
from tests.support.database_copies import copied_sources
from tests.support.http_client import open_client, service, token
from tests.support.processes import packages
from tests.support.report_runs import (
    NOW,
    event,
    put,
    put_activity,
    run_days,
    sources_of,
    subscription,
)

DAY = date(2026, 5, 20)
GONE, OTHER = 777000777, 888000888
TRACES = f"{GONE}|gone@example.com|spoke to them"
"""What tells of the person in the text of a row: the id, the address, a note on an alert."""
NAMING_PEOPLE_SQL = text(
    """
    SELECT DISTINCT column_of.table_name
    FROM information_schema.columns AS column_of
    JOIN pg_class ON pg_class.oid = column_of.table_name::regclass
    WHERE column_of.table_schema = 'public' AND NOT relispartition
        AND (column_of.column_name = 'user_id' OR column_of.table_name = 'users')
    """
)
TABLES_SQL = text(
    """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    """
)
ERASES_NOBODY = """
import asyncio, importlib, json, sys
from pathlib import Path

for name in sys.argv[1].split():
    importlib.import_module(name)

from sqlmodel.ext.asyncio.session import AsyncSession
from app.kit.clock import utc_now
from app.kit.db.engine import Database
from app.privacy.erasure import erase
from app.settings import Settings
from app.sources.startup import open_lake

async def main(url, home):
    database = Database(url)
    lake = open_lake(Settings(home=home), database)
    async with AsyncSession(database.engine) as session:
        print(json.dumps(list(await erase(session, lake, 1, utc_now()))))
    await database.close()

asyncio.run(main(sys.argv[2], Path(sys.argv[3])))
"""


async def named(database: Database) -> set[str]:
    """Name the tables of which a row has an id of a person."""
    async with database.engine.connect() as connection:
        return set((await connection.execute(NAMING_PEOPLE_SQL)).scalars())


@pytest.mark.parametrize("imported", ["", "app.main", "app.cli.main"])
async def test_every_process_erases_from_all_tables_that_name_people(
    shared: Database, tmp_path: Path, imported: str
) -> None:
    """`serve` imports the second, every other command the third."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ERASES_NOBODY, imported, shared.url, str(tmp_path)),
        env={"PYTHONPATH": packages(), "PATH": os.defpath},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()

    assert process.returncode == 0, err.decode()
    assert set(json.loads(out)) - {"activity"} == await named(shared)


async def two_learners(database: Database, home: Path) -> Sources:
    """Two learners of whom everything is stored; both cannot pay, so that there are alerts."""
    sources = sources_of(database, home)
    owing = {"status": "PAYMENT_ISSUE", "updated_at": datetime(2026, 5, 1, tzinfo=UTC)}
    noon = datetime(2026, 5, 20, 12, tzinfo=UTC)
    users = [{"id": GONE, "email": "gone@example.com"}, {"id": OTHER, "email": "other@example.com"}]
    samples = [
        {"user_id": user, "timestamp": noon - timedelta(days=1), "engagement_score": 50.0}
        for user in (GONE, OTHER)
    ]
    await put(database, FileKind.USERS, users)
    await put(
        database, FileKind.SUBSCRIPTIONS, [subscription(user, **owing) for user in (GONE, OTHER)]
    )
    await put(database, FileKind.TELEMETRY, samples)
    await put_activity(sources, [event(user, noon) for user in (GONE, OTHER)])
    await run_days(sources, DAY, DAY)
    await run_days(sources, DAY, DAY, dry_run=True)
    return sources


sources = copied_sources(two_learners)


@dataclass(frozen=True, kw_only=True)
class World:
    """The service over HTTP, and what it stores."""

    client: httpx.AsyncClient
    database: Database

    async def rows_with(self, traces: str) -> dict[str, int]:
        """Map each table to how many of its rows have one of the traces in any column."""
        counts = {}
        async with self.database.engine.connect() as connection:
            for table in (await connection.execute(TABLES_SQL)).scalars():
                sql = text(f"SELECT count(*) FROM {table} AS row WHERE row::text ~ :traces")  # noqa: S608 - our tables
                counts[table] = int(
                    (await connection.execute(sql, {"traces": traces})).scalar_one()
                )
        return {table: count for table, count in counts.items() if count}

    async def note(self) -> None:
        """Write into the history of the person's alerts."""
        for alert in (await self.client.get("/alerts", params={"user": GONE})).json()["items"]:
            path = f"/alerts/{alert['id']}"
            noted = await self.client.patch(path, json={"note": "spoke to them"})
            assert noted.status_code == 200, noted.text

    async def erase(self) -> None:
        """Erase the person."""
        answer = await self.client.delete(f"/users/{GONE}")
        assert answer.status_code == 200, answer.text


@pytest.fixture
async def world(sources: Sources, tmp_path: Path) -> AsyncIterator[World]:
    """Somebody who acts on alerts and erases people."""
    scopes = (Scope.PEOPLE_ERASE, Scope.ALERTS_READ, Scope.ALERTS_WRITE)
    app = service(sources.database, tmp_path, clock=lambda: NOW)
    async with open_client(app, await token(sources.database, *scopes)) as client:
        yield World(client=client, database=sources.database)


async def test_no_column_of_any_table_tells_of_the_person(world: World) -> None:
    await world.note()
    before = await world.rows_with(TRACES)

    await world.erase()

    assert set(before) == {*await named(world.database), "alert_events"}
    assert await world.rows_with(TRACES) == {}


async def test_everybody_else_stays(world: World) -> None:
    others = f"{OTHER}|other@example.com"
    before = await world.rows_with(others)

    await world.erase()

    people = await named(world.database)
    after = await world.rows_with(others)
    assert {name: after[name] for name in people} == {name: before[name] for name in people}


async def test_files_that_killed_processes_left_are_gone_as_well(
    world: World, tmp_path: Path
) -> None:
    left = [tmp_path / "spool" / kind / "killed" for kind in ("scans", "exports", "uploads")]
    for folder in left:
        folder.mkdir(parents=True)
        (folder / "rows").write_text(str(GONE), "utf-8")

    await world.erase()

    assert [folder for folder in left if folder.exists()] == []
