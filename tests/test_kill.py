"""A command that is killed at any moment leaves the old state or the new, and can be repeated."""

import asyncio
import random
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest

from app.kit.db.copy import read_frame
from app.kit.db.engine import Database
from app.sources.database.connect import embedded
from tests.support.commands import Command

FIRST, LAST = date(2026, 5, 1), date(2026, 5, 8)
LEARNERS = 400
STARTED = datetime(2026, 1, 1, tzinfo=UTC)
CHANGED = datetime(2026, 5, 3, tzinfo=UTC)
REPORT = ("generate-report", "churn", "--from", str(FIRST), "--to", str(LAST))
EARLIEST_FRACTION = 0.3
"""Before it, a process is still reading its own program."""

IMPORTED = """
    SELECT 'lake' AS part, string_agg(day || sha256, ' ' ORDER BY day) AS content FROM lake_files
    UNION ALL
    SELECT 'subscriptions', md5(string_agg(s::text, ' ' ORDER BY id)) FROM subscriptions AS s
    UNION ALL
    SELECT 'versions', md5(string_agg((to_jsonb(h) - 'version_id' - 'observed_at')::text, ' '
        ORDER BY subscription_id, effective_from)) FROM subscription_history AS h
"""
REPORTED = """
    SELECT report_date || ' ' || academy_id AS part, concat_ws(' ',
        encode(content_sha256, 'hex'), d.verdict,
        (SELECT md5(s::text) FROM churn_day_summaries AS s
            WHERE (s.report_date, s.academy_id) = (d.report_date, d.academy_id)),
        (SELECT md5(string_agg((to_jsonb(r) - 'run_id')::text, ' ' ORDER BY user_id))
            FROM churn_risk_reports AS r
            WHERE (r.report_date, r.academy_id) = (d.report_date, d.academy_id))
    ) AS content
    FROM report_days AS d
    WHERE academy_id > 0
"""
State = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A command, the home that it begins from, and the state that it changes."""

    home: Path
    words: tuple[str, ...]
    question: str
    is_all_or_nothing: bool

    async def state(self, home: Path) -> State:
        """Return each part and its content."""
        async with embedded(home) as url:
            database = Database(url)
            rows = await read_frame(database, self.question)
            await database.close()
        return dict(rows.rows())


@pytest.fixture(scope="module")
def files(short_folder: Path) -> Path:
    folder = short_folder / uuid4().hex[:8]
    folder.mkdir()
    activity(0).write_parquet(folder / "before.parquet")
    activity(1).write_parquet(folder / "after.parquet")
    subscriptions("ACTIVE", STARTED).write_csv(folder / "before.csv")
    subscriptions("PAYMENT_ISSUE", CHANGED).write_csv(folder / "after.csv")
    return folder


@pytest.fixture(scope="module")
def acts(short_folder: Path, files: Path) -> list[Act]:
    """Each import on a home that was reported on, and the report that is then due."""
    home, due = (short_folder / uuid4().hex[:8] for _ in range(2))
    imports = [
        ("import", kind, str(files / name))
        for kind, name in (("activity", "after.parquet"), ("subscriptions", "after.csv"))
    ]
    do(home, "import", "activity", str(files / "before.parquet"))
    do(home, "import", "subscriptions", str(files / "before.csv"))
    do(home, *REPORT)
    copy(home, due)
    for words in imports:
        do(due, *words)
    return [
        *(Act(home=home, words=w, question=IMPORTED, is_all_or_nothing=True) for w in imports),
        Act(home=due, words=REPORT, question=REPORTED, is_all_or_nothing=False),
    ]


@pytest.mark.parametrize("kills", [1, pytest.param(17, marks=pytest.mark.prove)])
async def test_what_is_killed_leaves_the_old_or_the_new_and_can_be_repeated(
    acts: list[Act], short_folder: Path, kills: int
) -> None:
    for act in acts:
        home = short_folder / uuid4().hex[:8]
        copy(act.home, home)
        old = await act.state(home)
        seconds = await asyncio.to_thread(do, home, *act.words)
        new = await act.state(home)
        assert len(new) > 0
        assert new != old
        for _ in range(kills):
            fraction = random.uniform(EARLIEST_FRACTION, 1)  # noqa: S311 - any moment
            home = short_folder / uuid4().hex[:8]
            await kill_and_repeat(act, home, old=old, new=new, after=fraction * seconds)


async def kill_and_repeat(act: Act, home: Path, *, old: State, new: State, after: float) -> None:
    """Kill the command after so many seconds, look what it left, and run it again."""
    copy(act.home, home)
    await asyncio.to_thread(command(home).run, *act.words, kill_after=after)

    left = await act.state(home)
    torn = {part for part in left if left[part] not in {old[part], new[part]}}
    assert not torn, f"torn after {after:.3f} s"
    assert left.keys() == new.keys()
    assert not act.is_all_or_nothing or left in (old, new), f"mixed after {after:.3f} s"

    await asyncio.to_thread(do, home, *act.words)
    assert await act.state(home) == new, f"not the same after {after:.3f} s"
    assert litter(home) == [], f"something was left behind after {after:.3f} s"


def command(home: Path) -> Command:
    return Command(home, HEADSUP_HEARTBEAT_SECONDS="0.3")


def do(home: Path, *words: str) -> float:
    """Run the command; return the seconds that it took."""
    ended = command(home).run(*words)
    assert ended.status == 0, ended.err
    return ended.seconds


def litter(home: Path) -> list[Path]:
    """List the passing files of a home on which nobody works."""
    folders = (home / "spool", home / "lake" / ".staging")
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def copy(home: Path, target: Path) -> None:
    """Copy a home that nobody uses, with the owner of its database."""
    subprocess.run(["/bin/cp", "-a", home, target], check=True)  # noqa: S603 - our own folders


def activity(version: int) -> pl.DataFrame:
    """Return logins of three weeks; a later version has an hour more of each day."""
    days = pl.DataFrame({"back": range(21)})
    users = pl.DataFrame({"user_id": range(1, LEARNERS + 1)})
    hours = pl.DataFrame({"hour": range(8, 10 + version)})
    noon = datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC)
    seen = (pl.col("user_id") + pl.col("back") + version) % 4 > 0
    at = pl.lit(noon) - pl.duration(days="back") + pl.duration(hours="hour")
    return (
        days.join(users, how="cross")
        .join(hours, how="cross")
        .filter(seen)
        .select(
            pl.format("{} {} {}", "user_id", "back", "hour").alias("id"),
            "user_id",
            pl.lit("login").alias("kind"),
            at.alias("timestamp"),
        )
    )


def subscriptions(status: str, updated_at: datetime) -> pl.DataFrame:
    """Return the subscriptions of two academies, one in three of them in that state."""
    users = pl.DataFrame({"user_id": range(1, LEARNERS + 1)})
    is_changed = pl.col("user_id") % 3 == 0
    return users.select(
        pl.format("s{}", "user_id").alias("id"),
        "user_id",
        (pl.col("user_id") % 2 + 1).alias("academy_id"),
        pl.when(is_changed).then(pl.lit(status)).otherwise(pl.lit("ACTIVE")).alias("status"),
        pl.lit((STARTED - timedelta(days=30)).isoformat()).alias("started_at"),
        pl.lit(updated_at.isoformat()).alias("updated_at"),
    )
