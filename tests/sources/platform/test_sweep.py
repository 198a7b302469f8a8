"""The scheduled wake reads the platform before it asks what is due."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.runs.execution.scheduler import wake
from app.settings import Settings
from tests.sources.platform.academy import Academy
from tests.support.report_runs import event, put_activity, sources_of
from tests.support.subscriptions import at

NOBODY = "postgresql://nobody@127.0.0.1:1/nothing"


async def woken(academy: Academy, home: Path, when: str, /, url: str | None = None) -> list[date]:
    """Wake at that time; return the last day of each run that has been asked for so far."""
    platform = SecretStr(academy.database.url if url is None else url)
    settings = Settings(home=home, platform_database_url=platform)
    await wake(sources_of(academy.own, home), lambda: at(when), settings, ())
    async with academy.own.transaction() as session:
        connection = await session.connection()
        days = await connection.execute(text("SELECT day_to FROM report_runs ORDER BY day_to"))
        return list(days.scalars())


@pytest.fixture
async def home(academy: Academy, tmp_path: Path) -> Path:
    """Where user 7, who has subscription 9 on the platform, is seen every day."""
    await academy.add()
    seen = [event(7, at("05-20") + timedelta(days=day)) for day in range(14)]
    await put_activity(sources_of(academy.own, tmp_path), seen)
    return tmp_path


async def test_a_scheduled_sync_precedes_the_run(academy: Academy, home: Path) -> None:
    runs = await woken(academy, home, "06-02 02:00")

    assert runs == [date(2024, 6, 1)]
    assert await academy.timeline() == ["ACTIVE 03-01 00:00"]


async def test_while_the_platform_does_not_answer_nothing_is_asked_for(
    academy: Academy, home: Path
) -> None:
    assert await woken(academy, home, "06-02 02:00", url=NOBODY) == []
    assert len(await woken(academy, home, "06-02 03:00")) == 1


async def test_a_full_comparison_runs_once_a_day(academy: Academy, home: Path) -> None:
    await woken(academy, home, "06-02 02:00")
    await academy.update(status="EXPIRED")

    await woken(academy, home, "06-02 03:00")
    same_day = await academy.timeline()
    await woken(academy, home, "06-03 02:00")

    assert same_day == ["ACTIVE 03-01 00:00"]
    assert (await academy.timeline())[-1] == "EXPIRED 06-03 02:00"
