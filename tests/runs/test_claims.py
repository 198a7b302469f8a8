import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.clock import utc_now
from app.kit.db.engine import Database
from app.runs import store
from app.runs.execution import lease, runner
from app.runs.execution.lease import (
    DayResult,
    Lease,
    RunStopped,
    Superseded,
)
from app.runs.models import Origin, RunDayState, RunStatus
from app.runs.store import Asker
from tests.support.report_runs import sources_of, worker_context
from tests.support.run_polling import find_run
from tests.support.run_records import (
    FIRST,
    NOW,
    STALE_AFTER,
    claim_run,
    new_run,
    run_of_silent_worker,
    run_request,
)

MARGIN = timedelta(minutes=1)


async def taken_over(database: Database, run_id: UUID) -> Lease | None:
    """Claim a run whose worker has been silent for too long."""
    await run_of_silent_worker(database, run_id)
    return await claim_run(database, run_id)


async def test_of_eight_workers_one_gets_the_run(database: Database) -> None:
    run = await new_run(database)

    found = await asyncio.gather(*(claim_run(database, run.id) for _ in range(8)))

    assert [claim for claim in found if claim] == [Lease(run_id=run.id, attempt=1)]


async def test_eight_identical_requests_make_one_run(database: Database) -> None:
    request, api = run_request(), Asker(origin=Origin.SCHEDULE, name="clock")

    async def ask() -> bool:
        async with database.transaction() as session:
            return (
                await store.insert_run(session, request, request.days, api, run=uuid4(), now=NOW)
            )[1]

    assert sum(await asyncio.gather(*(ask() for _ in range(8)))) == 1


async def test_a_living_worker_is_not_taken_over(database: Database) -> None:
    run = await new_run(database)
    await claim_run(database, run.id)
    await run_of_silent_worker(database, run.id, since=STALE_AFTER / 2)

    assert await claim_run(database, run.id) is None


async def test_a_clock_that_steps_back_delays_no_takeover(
    database: Database, tmp_path: Path
) -> None:
    """Whatever the clocks of two machines say, silence is measured by the database's."""
    run = await new_run(database)
    ahead = worker_context(sources_of(database, tmp_path), clock=lambda: utc_now() + 10 * MARGIN)
    async with database.connection() as connection:
        mine = await runner._claim(run.id, ahead, connection)
        assert mine is not None
        async with database.transaction() as session:
            await lease.beat(session, mine)

    found = await find_run(database, run.id)

    assert found.heartbeat_at is not None
    assert abs(found.heartbeat_at - utc_now()) < MARGIN


async def test_a_silent_worker_is_taken_over_and_can_do_nothing_more(database: Database) -> None:
    run = await new_run(database)
    old = await claim_run(database, run.id)
    assert old is not None

    new = await taken_over(database, run.id)

    assert new == Lease(run_id=run.id, attempt=2)
    with pytest.raises(Superseded):
        async with database.transaction() as session:
            await lease.check_lease(session, old)
    with pytest.raises(Superseded):
        async with database.transaction() as session:
            await lease.beat(session, old)


async def test_a_takeover_terminates_the_old_workers_connection(database: Database) -> None:
    run = await new_run(database)
    async with database.connection() as connection:
        await claim_run(database, run.id, backend_pid=connection.backend_pid)

        await taken_over(database, run.id)

        with pytest.raises(DBAPIError, match=r"terminat|closed"):
            async with connection.transaction() as session:
                await session.exec(text("SELECT 1"))  # type: ignore[call-overload]


async def test_a_takeover_does_not_wait_for_a_worker_that_froze_while_it_said_it_lives(
    database: Database,
) -> None:
    run, frozen = await new_run(database), Database(database.url)
    async with frozen.connection() as connection, AsyncSession(frozen.engine) as beating:
        old = await claim_run(database, run.id, backend_pid=connection.backend_pid)
        assert old is not None
        await run_of_silent_worker(database, run.id)
        await lease.beat(beating, old)

        async with asyncio.timeout(60):
            assert await claim_run(database, run.id) is not None

        with pytest.raises(DBAPIError, match=r"terminat|closed"):
            await beating.exec(text("SELECT 1"))  # type: ignore[call-overload]
    await frozen.close()


async def test_a_takeover_leaves_the_connections_of_other_processes_alone(
    database: Database,
) -> None:
    run, frozen, third = await new_run(database), Database(database.url), Database(database.url)
    async with frozen.connection() as connection, third.transaction() as session:
        await claim_run(database, run.id, backend_pid=connection.backend_pid)
        before = await session.scalar(text("SELECT pg_backend_pid()"))

        await taken_over(database, run.id)

        assert await session.scalar(text("SELECT pg_backend_pid()")) == before
    await frozen.close()
    await third.close()


async def test_what_a_superseded_worker_wrote_is_undone(database: Database) -> None:
    run = await new_run(database)
    old = await claim_run(database, run.id)
    assert old is not None
    await taken_over(database, run.id)

    with pytest.raises(Superseded):
        await publish(database, old)

    async with database.transaction() as session:
        assert {day.academy_id for day in await store.days_of(session, run.id)} == {0}


async def test_days_are_given_out_oldest_first_and_again_after_a_takeover(
    database: Database,
) -> None:
    run = await new_run(database)
    mine = await claim_run(database, run.id)
    assert mine is not None
    async with database.transaction() as session:
        first = await lease.next_days(session, mine, most=2)
        await lease.record_day(session, mine, DayResult(day=first[0], state=RunDayState.PUBLISHED))
    new = await taken_over(database, run.id)
    assert new is not None

    async with database.transaction() as session:
        again = await lease.next_days(session, new, most=2)

    assert [day.day for day in first] == [1, 2]
    assert [day.day for day in again] == [2, 3]


async def test_a_run_asked_to_stop_says_so_to_its_worker(database: Database) -> None:
    run = await new_run(database)
    mine = await claim_run(database, run.id)
    assert mine is not None
    async with database.transaction() as session:
        await store.request_cancel(session, run.id, NOW)

    with pytest.raises(RunStopped):
        async with database.transaction() as session:
            await lease.beat(session, mine)

    async with database.transaction() as session:
        assert await lease.finish(session, mine, NOW, stopped=True) is RunStatus.CANCELLED
        states = {day.state for day in await store.days_of(session, run.id)}
    assert states == {RunDayState.CANCELLED}


@pytest.mark.parametrize(
    ("days", "academies", "status"),
    [
        ({RunDayState.PUBLISHED, RunDayState.UNCHANGED}, {RunDayState.HELD}, RunStatus.DONE),
        ({RunDayState.PUBLISHED, RunDayState.ERROR}, set(), RunStatus.PARTIAL),
        ({RunDayState.HELD}, {RunDayState.HELD}, RunStatus.PARTIAL),
        ({RunDayState.ERROR}, set(), RunStatus.ERROR),
        ({RunDayState.ERROR}, {RunDayState.ERROR}, RunStatus.ERROR),
        ({RunDayState.ERROR}, {RunDayState.ERROR, RunDayState.PUBLISHED}, RunStatus.PARTIAL),
        (set(), set(), RunStatus.DONE),
    ],
)
def test_a_run_ends_as_its_days_did(
    days: set[RunDayState], academies: set[RunDayState], status: RunStatus
) -> None:
    assert lease.status_of(days, academies) is status


async def publish(database: Database, mine: Lease) -> None:
    """Write as a worker does: the claim is checked last."""
    result = DayResult(day=FIRST, academy_id=7, state=RunDayState.PUBLISHED)
    async with database.transaction() as session:
        await lease.record_day(session, mine, result)
        await lease.check_lease(session, mine)
