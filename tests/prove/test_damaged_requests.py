"""Thousands of damaged requests to a real service: no error of its own, and nothing half done."""

import asyncio
import json
from asyncio import to_thread
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from app.access.scopes import Scope
from app.kit.db.engine import Database
from tests.support.damaged_requests import DamagedRequest, Known, damaged_request
from tests.support.fingerprints import Fingerprints, changed_tables
from tests.support.http_client import NOW, token
from tests.support.memory import forget_peak, peak_bytes
from tests.support.raw_http import Answer, answer_to_the_end
from tests.support.service_processes import Service, services
from tests.support.two_academies import two_academies

pytestmark = pytest.mark.usefixtures("untraced")

SEED = 1
MOST_BYTES = 700 << 20
WAITED_SECONDS = 120
NEVER = "0 0 29 2 *"
"""Of a schedule, so that no run begins but those that are asked for."""
AT_START = ("house.kept", "run.due")
IDLE_SQL = """
    SELECT NOT EXISTS (SELECT FROM report_runs WHERE status IN ('QUEUED', 'RUNNING'))
        AND NOT EXISTS (SELECT FROM pgqueuer)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running service, what there is in it by name, and keys of several rights."""

    process: Service
    port: int
    database: Database
    known: Known
    keys: list[str]

    async def started(self) -> None:
        """Wait until the service has done what it does at every start."""
        async with asyncio.timeout(WAITED_SECONDS):
            while not all(self.process.said(event) for event in AT_START):  # noqa: ASYNC110 - a log
                await asyncio.sleep(0.05)
        await self.idle()

    async def idle(self) -> None:
        """Wait until the service has done what it was asked to do."""
        async with asyncio.timeout(WAITED_SECONDS):
            while True:
                async with self.database.transaction() as session:
                    connection = await session.connection()
                    if (await connection.execute(text(IDLE_SQL))).scalar_one():
                        return
                await asyncio.sleep(0.05)


async def keys_of(database: Database) -> list[str]:
    """Make keys: one that may do all, those that may do less, and those that open nothing."""
    own, other = frozenset({1}), frozenset({"other"})
    return [
        *[await token(database, *Scope)] * 4,
        *[await token(database, *(set(Scope) - {Scope.ADMIN}), academies=own)] * 3,
        await token(database, Scope.REPORTS_READ),
        await token(database, Scope.DATA_WRITE, academies=own),
        await token(database, Scope.REPORTS_RUN, Scope.REPORTS_READ, report_types=other),
        await token(database, *Scope, expires_at=NOW + timedelta(days=1)),
        "hu_nothing",
    ]


@pytest.fixture
async def served(database: Database, tmp_path: Path) -> AsyncIterator[Served]:
    async with two_academies(database, tmp_path / "filling") as two:
        known = two.known
    with services(database, tmp_path / "home", HEADSUP_SCHEDULE=NEVER) as started:
        (address,) = await started.serving(1)
        port = int(address.rpartition(":")[2])
        world = Served(
            process=started.started[0],
            port=port,
            database=database,
            known=known,
            keys=await keys_of(database),
        )
        await world.started()
        yield world


def fault_of(sent: DamagedRequest, answer: Answer | None) -> str:
    """Say what is wrong with an answer."""
    if answer is None:
        return "no answer"
    if answer.status >= 500 and answer.status != 503:
        return f"{answer.status} {answer.body[:300]!r}"
    if answer.status in (429, 503) and "retry-after" not in answer.headers:
        return f"{answer.status} without a time to come back"
    has_problem = answer.status >= 400 and sent.method != "HEAD"
    return "" if not has_problem or is_problem(answer) else f"{answer} is no problem"


def is_problem(answer: Answer) -> bool:
    """Say whether an answer is a problem of its status, with a code."""
    if answer.headers.get("content-type") != "application/problem+json":
        return False
    problem = json.loads(answer.body)
    return problem["status"] == answer.status and bool(problem["code"])


def errors_in(log: Path) -> list[str]:
    """Return the lines that tell of an error of the service's own."""
    lines = log.read_text("utf-8").splitlines()
    return [line[:900] for line in lines if "Traceback" in line or '"level": "error"' in line]


@pytest.mark.parametrize(
    "count",
    [pytest.param(200, id="short"), pytest.param(10_000, marks=pytest.mark.prove, id="long")],
)
async def test_a_damaged_request_is_answered_and_changes_nothing_if_it_is_refused(
    served: Served, count: int
) -> None:
    random, faults, refused = Random(SEED), list[str](), 0  # noqa: S311 - the same damage each time
    fingerprints = Fingerprints(served.database, without=["last_used_at"])
    before = await fingerprints.take()
    forget_peak(served.process.pid)

    for number in range(count):
        sent = damaged_request(random, served.known, served.keys)
        answer = await to_thread(answer_to_the_end, served.port, sent.raw)
        fault = fault_of(sent, answer)
        is_refused = answer is None or answer.status >= 400
        refused += is_refused
        if not is_refused and sent.method != "GET":
            await served.idle()
        after = await fingerprints.take()
        changed = changed_tables(before, after)
        if is_refused and changed:
            fault += f" {answer.status if answer else ''} it changed {changed}"
        faults += [f"{number}: {sent.operation}: {fault}: {sent.raw[:900]!r}"] * bool(fault)
        before = after

    assert not faults, "\n".join(faults[:20])
    assert count / 4 < refused < count * 7 / 8
    assert errors_in(served.process.log) == []
    assert peak_bytes(served.process.pid) < MOST_BYTES
