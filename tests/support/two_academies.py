"""Two academies with rows in every table, and a client whose key may see one of them."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
from sqlalchemy import text

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.runs.ledger.quality_gate import DayState
from app.runs.models import Run, RunDay, RunDayState
from app.sources.database.migrations import all_tables
from app.sources.directory.models import Academy, User
from tests.support.churn_alerts import alerts, critical_learner, publish_and_evaluate
from tests.support.http_client import open_client, service, token
from tests.support.published_days import DAY
from tests.support.run_records import new_run, run_request

OWN, OTHER, NOBODY = 1, 2, 3
THEIRS = range(777000771, 777000778)
SCOPES = set(Scope) - {Scope.PEOPLE_ERASE}
SECRETS = (
    *("secret@example.com", "secret-slug", "secret-key", "secret-note", "secret-reason"),
    *("secret-error", "7.77", *map(str, THEIRS)),
)
"""What only the other academy has."""
MOST = 5
"""The academy has fewer learners, alerts and days than this; the other one has more."""


@dataclass(frozen=True, kw_only=True)
class TwoAcademies:
    """A client of one academy, and known parameter values by name, some of the other academy."""

    client: httpx.AsyncClient
    database: Database
    known: Mapping[str, list[object]]

    async def others(self) -> list[object]:
        """Return all that is stored of the other academy."""
        asked = ", ".join(f"({question})" for question in _questions())
        async with self.database.transaction() as session:
            connection = await session.connection()
            return list((await connection.execute(text(f"SELECT {asked}"))).one())


def _questions() -> Iterator[str]:
    for table in all_tables().sorted_tables:
        if "academy_id" in table.columns:
            yield _all(table.name, f"academy_id = {OTHER}")
    yield _all("academies", f"id = {OTHER}")
    yield _all("users", f"id = ANY(ARRAY{list(THEIRS)})")
    yield _all("alert_events", f"alert_id IN (SELECT id FROM alerts WHERE academy_id = {OTHER})")  # noqa: S608
    yield _all("report_runs", f"academies IS DISTINCT FROM '{{{OWN}}}'")
    yield _all("api_keys", "name = 'secret-key'")


def _all(table: str, condition: str) -> str:
    return f"SELECT string_agg(t::text, ' ' ORDER BY t::text) FROM {table} AS t WHERE {condition}"  # noqa: S608


async def _run(database: Database, *academies: int) -> Run:
    made_of = {"academies": list(academies) or None, "day_from": DAY, "day_to": DAY}
    run = await new_run(database, run_request(**made_of))
    async with database.transaction() as session:
        (await session.get_one(Run, run.id)).requested_by = "secret-key"
        day = RunDay(run_id=run.id, report_date=DAY, academy_id=OTHER, state=RunDayState.HELD)
        day.error = "secret-error"
        session.add(day)
    return run


@asynccontextmanager
async def two_academies(database: Database, home: Path) -> AsyncIterator[TwoAcademies]:
    """Fill a database with two academies; one has a learner in trouble, the other one seven."""
    theirs = [critical_learner(user, academy_id=OTHER, churn_risk_score=87.77) for user in THEIRS]
    await publish_and_evaluate(database, critical_learner(1), *theirs)
    held = DAY + timedelta(days=1)
    everything = await token(database, *Scope, name="secret-key")
    own = await token(database, *SCOPES, academies=frozenset({OWN}))
    app = service(database, home)
    async with open_client(app, everything) as keeper, open_client(app, own) as client:
        await _fill(keeper, database)
        rows = [
            critical_learner(user, academy_id=OTHER, report_date=held, churn_risk_score=87.77)
            for user in THEIRS
        ]
        await publish_and_evaluate(database, *rows, state=DayState.HELD, reason="secret-reason")
        yield TwoAcademies(client=client, database=database, known=await _known(keeper, database))


async def _fill(keeper: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction() as session:
        session.add(Academy(id=OWN, slug="own", name="Own"))
        session.add(Academy(id=OTHER, slug="secret-slug", name="Other"))
        session.add(User(id=THEIRS[0], email="secret@example.com"))
    subscribed = [
        {"id": f"s{user}", "user_id": user, "academy_id": academy, "status": "ACTIVE"}
        | {"started_at": "2025-01-01T00:00:00Z"}
        for user, academy in [(1, OWN), *((user, OTHER) for user in THEIRS)]
    ]
    assert (await keeper.put("/subscriptions", json=subscribed)).status_code == 200
    for alert in await alerts(database):
        if alert.academy_id == OTHER:
            noted = await keeper.patch(f"/alerts/{alert.id}", json={"note": "secret-note"})
            assert noted.status_code == 200


async def _known(keeper: httpx.AsyncClient, database: Database) -> Mapping[str, list[object]]:
    runs = [await _run(database), await _run(database, OTHER), await _run(database, OWN, OTHER)]
    opened = await alerts(database)
    own, *_ = (alert.id for alert in opened if alert.academy_id == OWN)
    theirs = [alert.id for alert in opened if alert.academy_id == OTHER]
    keys = (await keeper.get("/keys")).json()["items"]
    pages = [
        (await keeper.get(path, params={"limit": 1})).json()["next_cursor"]
        for path in ("/churn/risk", "/alerts", "/reports/runs", "/reports/churn/days", "/academies")
    ]
    assert all(pages)
    return {
        "academy": [OWN, OTHER, NOBODY],
        "user": [1, THEIRS[0], 5],
        "alert_id": [own, theirs[0], 10**6],
        "run_id": [*(str(run.id) for run in runs), str(UUID(int=7))],
        "key_id": [key["id"] for key in keys if key["name"] == "secret-key"],
        "cursor": pages,
        "type": ["churn"],
        "date": [str(DAY), str(DAY - timedelta(days=1)), str(DAY + timedelta(days=1))],
    }
