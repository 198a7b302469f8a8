"""`headsup demo`."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.cli.generate import exit_code, generate, tell
from app.cli.terminal import errors, output, run, show
from app.demo.fill import fill
from app.demo.plan import Plan
from app.kit.clock import utc_now
from app.kit.days import ONE_DAY, day_of
from app.runs.registry import report_named
from app.runs.request import DaysAsked, RunRequest
from app.settings import Settings
from app.sources.opening import open_lake, open_sources

REPORT = "churn"
BACKFILL_DAYS = 30
MARK = "demo.json"


def demo(
    *,
    learners: Annotated[int, typer.Option(help="How many learners to make up.")] = 2000,
    days: Annotated[int, typer.Option(help="How many days to make up, yesterday the last.")] = 60,
    seed: Annotated[int, typer.Option(help="The same seed makes up the same academy.")] = 1,
) -> None:
    """Make up an academy, report on its last 30 days, and show who is about to leave.

    Everything stays in the folder `demo` of the home; real data is neither read nor touched.
    """
    raise typer.Exit(run(_demo(learners=learners, days=days, seed=seed)))


async def _demo(*, learners: int, days: int, seed: int) -> int:
    settings = demo_settings(Settings.from_environment())
    last_day = day_of(utc_now(), settings.zone) - ONE_DAY
    plan = Plan(learners=learners, days=days, seed=seed, last_day=last_day)
    _make_room(settings.home, plan)
    async with open_sources(settings) as sources:
        lake = open_lake(settings, sources.database)
        await fill(plan, database=sources.database, lake=lake, now=utc_now(), told=_told)
        first, last = DaysAsked(days_back=min(BACKFILL_DAYS, days)).resolve(last_day + ONE_DAY)
        request = RunRequest(report_type=REPORT, day_from=first, day_to=last)
        outcome = await generate(request, settings, sources)
        tell(outcome)
        async with sources.database.transaction() as session:
            show(await report_named(REPORT)(sources).glance(session, last_day, None))
    _how_to_go_on(settings.home)
    return exit_code(outcome)


def demo_settings(settings: Settings) -> Settings:
    """Return the settings of the demo: embedded parts only, in a folder of their own."""
    changes = {"home": settings.home / "demo", "database_url": None, "warehouse": "lake"}
    return settings.model_copy(update=changes)


def _make_room(home: Path, plan: Plan) -> None:
    """Remove the last demo unless it was of the same plan."""
    said = json.dumps(asdict(plan), default=str, sort_keys=True)
    mark = home / MARK
    if mark.is_file() and mark.read_text("utf-8") == said:
        return
    if mark.is_file():
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    mark.write_text(said, "utf-8")


def _told(text: str) -> None:
    errors.print(f"Made up {text}.")


def _how_to_go_on(home: Path) -> None:
    output.print("How to go on:", style="bold")
    here = f"HEADSUP_HOME={home}"
    for command, what in (
        ("headsup export churn --date DAY -o risks.csv", "every column of a day"),
        ("headsup generate-report churn --days-back 7", "run days again; nothing is doubled"),
        ("headsup doctor", "what is configured, empty, stale or held"),
    ):
        output.print(f"  {here} .venv/bin/{command}   # {what}", soft_wrap=True)
