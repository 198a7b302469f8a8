"""Readers see that a day lost a row; of every other day they keep what they have."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.runs.ledger import ledger
from app.runs.ledger.quality_gate import DayState
from tests.support.http_client import open_client, service, token
from tests.support.published_days import (
    DAY,
    PUBLISHED_AT,
    RUN,
    publish,
    risk,
)

GONE = 7
BEFORE = DAY - timedelta(days=1)


@pytest.fixture
async def client(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who erases people."""
    async with open_client(
        service(database, tmp_path), await token(database, Scope.PEOPLE_ERASE)
    ) as one:
        yield one


async def note(database: Database, report_type: str, state: DayState, **changes: object) -> None:
    """Write a row of the ledger, as a report does whose rows are not of interest."""
    values = {"state": state, "run_id": RUN, "updated_at": PUBLISHED_AT, **changes}
    async with database.transaction() as session:
        await ledger.write_ledger_day(session, report_type, DAY, 1, values)


async def revision(
    database: Database, report_type: str = "churn", academy_id: int = 1
) -> int | None:
    """Return the number of the newest publication of the academy's day."""
    async with database.transaction() as session:
        row = await ledger.find_day(session, report_type, DAY, academy_id)
        assert row is not None
        return row.revision


async def erased(client: httpx.AsyncClient) -> Mapping[str, int]:
    """Erase the person; return what was deleted."""
    answer = await client.delete(f"/users/{GONE}")
    assert answer.status_code == 200, answer.text
    deleted: Mapping[str, int] = answer.json()["deleted"]
    return deleted


async def test_a_day_that_lost_a_row_counts_as_published_anew(
    database: Database, client: httpx.AsyncClient
) -> None:
    await publish(database, risk(user_id=GONE), risk(user_id=8), risk(user_id=8, academy_id=2))
    before = await revision(database), await revision(database, academy_id=2)

    deleted = await erased(client)

    assert deleted["churn_risk_reports"] == 1
    assert await revision(database) != before[0]
    assert await revision(database, academy_id=2) == before[1]


async def test_the_same_day_of_another_report_stays_as_it_is(
    database: Database, client: httpx.AsyncClient
) -> None:
    await publish(database, risk(user_id=GONE))
    await note(database, "revenue", DayState.PUBLISHED, revision=5)

    await erased(client)

    assert await revision(database, "revenue") == 5


@pytest.mark.parametrize("state", [DayState.HELD, DayState.ERROR])
async def test_a_day_that_nobody_can_read_is_not_published_by_it(
    database: Database, client: httpx.AsyncClient, state: DayState
) -> None:
    await publish(database, risk(user_id=GONE), state=state, revision=None)

    await erased(client)

    assert await revision(database) is None


async def test_a_day_that_is_held_but_can_be_read_counts_as_published_anew(
    database: Database, client: httpx.AsyncClient
) -> None:
    """What was published before it was held is what readers get."""
    await publish(database, risk(user_id=GONE), state=DayState.HELD)
    before = await revision(database)

    await erased(client)

    assert await revision(database) not in {None, before}
