"""`headsup demo`."""

import json
import os
import shlex
import shutil
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from app.access import store as keys
from app.access.scopes import Key, Scope
from app.cli.generate import exit_code, generate, print_outcome
from app.cli.ports import listen_on
from app.cli.terminal import errors, output, run, show
from app.demo.imports import fill
from app.demo.plan import SimulationPlan
from app.kit.clock import utc_now
from app.kit.days import ONE_DAY, day_of
from app.kit.db.engine import Database
from app.kit.errors import Conflict
from app.runs.execution.request import DaySelection, RunRequest
from app.runs.registry import reports
from app.settings import Settings
from app.sources.database import embedded_home
from app.sources.database.embedded_server import is_used
from app.sources.startup import open_lake, open_sources

BACKFILL_DAYS = 30
DEMO_MARKER = "demo.json"
KEY_NAME = "demo"
HOST = "127.0.0.1"


def demo(
    *,
    learners: Annotated[int, typer.Option(help="Number of simulated learners.")] = 2000,
    days: Annotated[
        int, typer.Option(help="Number of simulated days; yesterday is the last.")
    ] = 60,
    seed: Annotated[int, typer.Option(help="The same seed simulates the same academies.")] = 1,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to serve on.")] = 8000,
    is_served: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the HTTP API at the end.")
    ] = True,
) -> None:
    """Simulate academies, report on the last 30 days, show the newest, and serve the API.

    All of it is in the folder `demo` of the home; real data is neither read nor changed.
    """
    settings = demo_settings(Settings.from_environment())
    if is_served:
        listen_on(HOST, port).close()
    last_day = day_of(utc_now(), settings.zone) - ONE_DAY
    plan = SimulationPlan(learners=learners, days=days, seed=seed, last_day=last_day)
    make_room(settings, plan)
    exit_with = run(_report(settings, plan))
    if exit_with or not is_served:
        _print_next_steps(settings.home, last_day)
        raise typer.Exit(exit_with)
    _print_request(run(_make_key(settings)), port)
    _serve(settings, port)


def demo_settings(settings: Settings) -> Settings:
    """Return settings that use embedded parts only, in the folder `demo` of the home."""
    changes = {
        "home": settings.home / "demo",
        "database_url": None,
        "platform_database_url": None,
        "warehouse": "lake",
    }
    return settings.model_copy(update=changes)


def make_room(settings: Settings, plan: SimulationPlan) -> None:
    """Remove the last demo unless it has the same plan; raise `Conflict` if it is in use."""
    home = settings.home
    identity = {**asdict(plan), "timezone": settings.timezone}
    said = json.dumps(identity, default=str, sort_keys=True)
    mark = home / DEMO_MARKER
    if mark.is_file() and mark.read_text("utf-8") == said:
        return
    if mark.is_file():
        if is_used(home):
            raise Conflict(f"Another demo is running in {home}: stop it first.")
        shutil.rmtree(home)
    embedded_home.make(home)
    mark.write_text(said, "utf-8")


async def _report(settings: Settings, plan: SimulationPlan) -> int:
    async with open_sources(settings) as sources:
        lake = open_lake(settings, sources.database)
        await fill(
            plan,
            database=sources.database,
            lake=lake,
            now=utc_now(),
            told=_report_progress,
        )
        asked = DaySelection(days_back=min(BACKFILL_DAYS, plan.days))
        first, last = asked.resolve(plan.last_day + ONE_DAY)
        codes = []
        for report_type, report in reports().items():
            request = RunRequest(report_type=report_type, day_from=first, day_to=last)
            outcome = await generate(request, settings, sources)
            print_outcome(outcome)
            async with sources.database.transaction() as session:
                show(await report(sources).console_tables(session, last, None))
            codes.append(exit_code(outcome))
    return max(codes, default=0)


def _report_progress(text: str) -> None:
    errors.print(f"Made up {text}.")


async def _make_key(settings: Settings) -> str:
    """Return a new key for this demo; keys of earlier demos are revoked."""
    async with open_sources(settings) as sources:
        return await renew_key(sources.database)


async def renew_key(database: Database) -> str:
    """Return a new key of every scope; earlier demo keys are revoked."""
    now = utc_now()
    wanted = Key(id=UUID(int=0), name=KEY_NAME, prefix="", scopes=frozenset(Scope))
    async with database.transaction() as session:
        for row in await keys.list_all_keys(session):
            if row.name == KEY_NAME:
                await keys.revoke_api_key(session, row, now)
        return (await keys.issue(session, wanted, created_by=KEY_NAME, now=now)).token


def _print_request(token: str, port: int) -> None:
    address = f"http://{HOST}:{port}"
    output.print("Ask it, in another terminal:", style="bold")
    output.print(
        f'  curl -s -H "Authorization: Bearer {token}"'
        f' "{address}/alerts?severity=CRITICAL&limit=3"',
        soft_wrap=True,
        markup=False,
    )
    output.print(f"Try every operation with this key at {address}/docs", soft_wrap=True)
    output.print("Stop it with Ctrl-C.")


def _print_next_steps(home: Path, last_day: date) -> None:
    program = shlex.quote(str(Path(sys.executable).with_name("headsup")))
    output.print("How to go on:", style="bold")
    steps = [("doctor", "what is configured, empty, stale or held")]
    for name in reports():
        steps += [
            (f"export {name} --date {last_day} -o {name}.csv", "every column of a day"),
            (f"generate-report {name} --days-back 7", "run days again; nothing is doubled"),
        ]
    for command, what in steps:
        output.print(f"  HEADSUP_HOME={home} {program} {command}   # {what}", soft_wrap=True)


def _serve(settings: Settings, port: int) -> None:
    """Replace this process by the server."""
    sys.stdout.flush()
    command = [sys.executable, "-m", "app", "serve", "--port", str(port)]
    os.execve(sys.executable, command, settings.environment())  # noqa: S606 - our own command
