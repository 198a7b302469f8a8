"""The churn report from its sources to its rows."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from app.kit.db.engine import Database
from app.runs.models import RunDayState, RunStatus
from app.sources.imports.import_file import FileKind
from app.sources.sources import Sources
from tests.support.report_runs import (
    event,
    exported,
    put,
    put_activity,
    run_days,
    sources_of,
    subscription,
)

DAY = date(2026, 5, 20)


@pytest.fixture
def sources(database: Database, tmp_path: Path) -> Sources:
    return sources_of(database, tmp_path)


def noon(day: date, back: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - timedelta(days=back)


async def test_a_subscriber_is_scored_from_events_to_row(sources: Sources) -> None:
    await put(sources.database, FileKind.SUBSCRIPTIONS, [subscription(7)])
    logins = [event(7, noon(DAY, back)) for back in (6, 8, 9, 10)]
    await put_activity(sources, logins)

    outcome = await run_days(sources, DAY, DAY)

    assert outcome.run.status is RunStatus.DONE
    (row,) = (await exported(sources, DAY, DAY)).to_dicts()
    assert row["days_since_last_activity"] == 6
    assert (row["login_count_7d"], row["login_count_prior_7d"]) == (1, 3)
    assert row["login_trend"] == -66.67
    # (0.25 * 42.857 + 0.15 * 66.667) / 0.65, the two signals of telemetry being unknown
    assert row["churn_risk_score"] == 31.87
    assert row["risk_level"] == "MEDIUM"
    assert row["main_reason"] == "inactivity"
    assert row["contribution_inactivity"] + row["contribution_login_decay"] == 31.87


async def test_whoever_left_later_is_there_and_whoever_left_before_is_not(
    sources: Sources,
) -> None:
    left = datetime(2026, 5, 20, tzinfo=UTC)
    await put(
        sources.database,
        FileKind.SUBSCRIPTIONS,
        [
            subscription(1),
            subscription(2, status="CANCELLED", cancelled_at=left, ended_at=left),
        ],
    )
    await put_activity(sources, [event(1, noon(DAY))])

    await run_days(sources, DAY - timedelta(days=1), DAY)

    rows = await exported(sources, DAY - timedelta(days=1), DAY)
    assert rows.select("report_date", "user_id").rows() == [
        (date(2026, 5, 19), 1),
        (date(2026, 5, 19), 2),
        (date(2026, 5, 20), 1),
    ]


async def test_a_second_run_leaves_what_the_first_left_and_writes_nothing(
    sources: Sources,
) -> None:
    await put(sources.database, FileKind.SUBSCRIPTIONS, [subscription(1), subscription(2)])
    await put_activity(sources, [event(1, noon(DAY))])
    await run_days(sources, DAY, DAY)
    first = await exported(sources, DAY, DAY)

    outcome = await run_days(sources, DAY, DAY)

    assert [day.state for day in outcome.days] == [RunDayState.UNCHANGED] * 2
    assert_frame_equal(await exported(sources, DAY, DAY), first)


async def test_late_events_are_published_anew(sources: Sources) -> None:
    await put(sources.database, FileKind.SUBSCRIPTIONS, [subscription(1)])
    await put_activity(sources, [event(1, noon(DAY, 9))])
    await run_days(sources, DAY, DAY)
    await put_activity(sources, [event(1, noon(DAY, 1))])

    outcome = await run_days(sources, DAY, DAY)

    assert [day.state for day in outcome.days] == [RunDayState.PUBLISHED] * 2
    (row,) = (await exported(sources, DAY, DAY)).to_dicts()
    assert row["days_since_last_activity"] == 1


async def test_an_academy_that_nobody_is_live_in_any_more_loses_its_day(
    sources: Sources,
) -> None:
    await put(
        sources.database, FileKind.SUBSCRIPTIONS, [subscription(1), subscription(2, academy_id=2)]
    )
    await put_activity(sources, [event(1, noon(DAY))])
    await run_days(sources, DAY, DAY)
    gone = subscription(2, academy_id=2, started_at=datetime(2026, 5, 30, tzinfo=UTC))
    await put(
        sources.database,
        FileKind.SUBSCRIPTION_HISTORY,
        [{**gone, "effective_from": datetime(2025, 1, 1, tzinfo=UTC)}],
    )

    await run_days(sources, DAY, DAY)

    assert (await exported(sources, DAY, DAY))["academy_id"].to_list() == [1]


async def test_a_dry_run_tells_and_saves_nothing(sources: Sources) -> None:
    await put(sources.database, FileKind.SUBSCRIPTIONS, [subscription(1)])
    await put_activity(sources, [event(1, noon(DAY))])

    outcome = await run_days(sources, DAY, DAY, dry_run=True)

    (preview,) = [day.preview for day in outcome.days if day.preview]
    assert preview == {
        "gate": "Published: 1 subscriber was active on 2026-05-20.",
        "rows": 1,
        "levels": {"LOW": 1},
        "stored_rows": 0,
        "changed": {},
        "alerts": {"opened": {}, "closed": {}},
    }
    assert (await exported(sources, DAY, DAY)).is_empty()


async def test_a_dry_run_foresees_the_alerts_that_a_run_opens(sources: Sources) -> None:
    await put(sources.database, FileKind.SUBSCRIPTIONS, [subscription(1, status="PAYMENT_ISSUE")])
    await put_activity(sources, [event(1, noon(DAY))])

    foreseen = [await previewed(sources, DAY)]
    await run_days(sources, DAY, DAY)
    foreseen += [await previewed(sources, DAY), await previewed(sources, DAY - timedelta(days=1))]

    nothing: dict[str, object] = {"opened": {}, "closed": {}}
    assert foreseen == [{"opened": {"PAYMENT_RISK": 1}, "closed": {}}, nothing, nothing]


async def previewed(sources: Sources, day: date) -> object:
    """Return the alerts that a run of the day would open and close."""
    outcome = await run_days(sources, day, day, dry_run=True)
    (preview,) = [found.preview for found in outcome.days if found.preview]
    return preview["alerts"]


async def test_a_warehouse_without_anything_fails_the_day_and_says_what_to_do(
    sources: Sources,
) -> None:
    await put(sources.database, FileKind.SUBSCRIPTIONS, [subscription(1)])

    outcome = await run_days(sources, DAY, DAY)

    assert outcome.run.status is RunStatus.ERROR
    assert "headsup import activity FILE" in str(outcome.days[0].error)


async def test_details_hold_every_signal(sources: Sources) -> None:
    await put(sources.database, FileKind.SUBSCRIPTIONS, [subscription(1, status="PAYMENT_ISSUE")])
    await put_activity(sources, [event(1, noon(DAY))])

    await run_days(sources, DAY, DAY)

    rows = await exported(sources, DAY, DAY)
    signals = (
        rows["details"]
        .str.json_path_match("$.signals")
        .str.json_decode(
            pl.Struct({"payment_issues": pl.Struct({"value": pl.Float64, "weight": pl.Float64})})
        )
    )
    assert signals[0] == {"payment_issues": {"value": 100.0, "weight": 0.1}}
