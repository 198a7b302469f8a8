"""`headsup generate-report` and `headsup plan`."""

import getpass
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated

import typer
from rich.markup import escape

from app.cli.terminal import be_verbose, days_bar, errors, output, run, show
from app.hooks import HOOKS
from app.kit.clock import utc_now
from app.kit.days import day_of
from app.kit.plurals import counted
from app.runs.execution.context import WorkerContext
from app.runs.execution.creation import (
    Outcome,
    check_academies,
    request_run,
    see_through,
)
from app.runs.execution.lease import DayResult
from app.runs.execution.planner import plan as plan_run
from app.runs.execution.request import DaySelection, RunRequest
from app.runs.models import EVERY_ACADEMY, Only, Origin, RunDayState, RunStatus
from app.runs.registry import report_named
from app.runs.store import Asker
from app.settings import Settings
from app.sources.sources import Sources
from app.sources.startup import open_sources
from app.sources.warehouse.budget import money

MAX_PRINTED_DAYS = 50

ReportArgument = Annotated[str, typer.Argument(help="The report type.", metavar="REPORT")]
DayOption = Annotated[
    datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="One day (YYYY-MM-DD).")
]
FirstDayOption = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")
]
LastDayOption = Annotated[
    datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day.")
]
DaysBackOption = Annotated[
    int | None, typer.Option("--days-back", help="The last N days; yesterday is the newest.")
]
AcademyOption = Annotated[
    list[int] | None, typer.Option("--academy", help="Only this academy; may be repeated.")
]
OnlyOption = Annotated[
    Only,
    typer.Option(
        "--only", help="Run all days, those without a publication, or those failed or held."
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Compute and say what would change; save nothing.")
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Publish days that the quality gate would hold.")
]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Log each step.")]


def generate_report(
    report: ReportArgument,
    *,
    day: DayOption = None,
    date_from: FirstDayOption = None,
    date_to: LastDayOption = None,
    days_back: DaysBackOption = None,
    academy: AcademyOption = None,
    only: OnlyOption = Only.ALL,
    dry_run: DryRunOption = False,
    force: ForceOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Run a report for yesterday, or for the given days, and show the newest day.

    Exits with 1 if a day failed, or if it was held for every academy.
    """
    if verbose:
        be_verbose()
    asked = DaySelection(
        day=_day(day), date_from=_day(date_from), date_to=_day(date_to), days_back=days_back
    )
    wanted = _Command(report=report, asked=asked, academies=academy or None, only=only)
    raise typer.Exit(run(_generate(wanted, dry_run=dry_run, force=force)))


def plan_command(
    report: ReportArgument,
    *,
    day: DayOption = None,
    date_from: FirstDayOption = None,
    date_to: LastDayOption = None,
    days_back: DaysBackOption = None,
    academy: AcademyOption = None,
    only: OnlyOption = Only.ALL,
) -> None:
    """Show which days a run would cover and what it would read; run nothing."""
    asked = DaySelection(
        day=_day(day), date_from=_day(date_from), date_to=_day(date_to), days_back=days_back
    )
    run(_plan(_Command(report=report, asked=asked, academies=academy or None, only=only)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Command:
    report: str
    asked: DaySelection
    academies: Sequence[int] | None
    only: Only

    def request(self, settings: Settings, *, dry_run: bool, force: bool) -> RunRequest:
        """Return the request, its days resolved by today's date."""
        report_named(self.report)
        first, last = self.asked.resolve(day_of(utc_now(), settings.zone))
        return RunRequest(
            report_type=self.report,
            day_from=first,
            day_to=last,
            academies=self.academies,
            only=self.only,
            dry_run=dry_run,
            force=force,
        )


async def _generate(wanted: _Command, *, dry_run: bool, force: bool) -> int:
    settings = Settings.from_environment()
    request = wanted.request(settings, dry_run=dry_run, force=force)
    async with open_sources(settings) as sources:
        outcome = await generate(request, settings, sources)
        print_outcome(outcome)
        if outcome.run.bytes_billed:
            output.print(_billed(outcome.run.bytes_billed, settings))
        if outcome.newest is not None and not dry_run:
            async with sources.database.transaction() as session:
                report = report_named(wanted.report)(sources)
                show(await report.console_tables(session, outcome.newest, wanted.academies))
    return exit_code(outcome)


async def generate(request: RunRequest, settings: Settings, sources: Sources) -> Outcome:
    """Create the run and work on it to its end; show a bar, or print a line for each day."""
    bar, advance = days_bar(len(request.days))

    def progress(result: DayResult) -> None:
        if result.academy_id == EVERY_ACADEMY:
            advance(_line(result))

    workshop = replace(
        WorkerContext.of(settings, sources, clock=utc_now, hooks=HOOKS), progress=progress
    )
    asker = Asker(origin=Origin.COMMAND, name=getpass.getuser())
    made, _ = await request_run(request, asker, workshop)
    with bar:
        return await see_through(made.id, workshop)


def _line(result: DayResult) -> str:
    said = f": {result.error}" if result.error else ""
    seconds = f", {result.seconds:.2f} s" if result.seconds is not None else ""
    return f"{result.day}  {result.state.lower()}, {counted(result.rows, 'row')}{seconds}{said}"


def print_outcome(outcome: Outcome) -> None:
    """Print how the run ended, which days failed or were held and why, and what a dry run found."""
    days = [day for day in outcome.days if day.academy_id == EVERY_ACADEMY]
    states = Counter(day.state.lower() for day in days)
    ended = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    rows = sum(day.rows for day in days)
    output.print(
        f"{outcome.run.status}: {counted(len(days), 'day')}"
        f" ({ended or 'none to run'}), {counted(rows, 'row')},"
        f" {counted(outcome.run.bytes_processed, 'byte')} read.",
        soft_wrap=True,
    )
    if days and not rows and outcome.run.status is RunStatus.DONE:
        errors.print("Nobody was live on these days: `headsup doctor` says what is known.")
    for day in [day for day in days if day.state is RunDayState.ERROR][:MAX_PRINTED_DAYS]:
        errors.print(f"Failed: {day.report_date}: {escape(day.error or '')}", soft_wrap=True)
    for day in outcome.held[:MAX_PRINTED_DAYS]:
        place = f"{day.report_date}, academy {day.academy_id}"
        errors.print(f"Held: {place}: {escape(day.error or '')}", soft_wrap=True)
    if len(outcome.held) > MAX_PRINTED_DAYS:
        errors.print(f"... and {len(outcome.held) - MAX_PRINTED_DAYS} more held.")
    for day in [day for day in outcome.days if day.preview is not None]:
        place = f"{day.report_date}, academy {day.academy_id}"
        parts = [f"{name}: {_told(value)}" for name, value in (day.preview or {}).items()]
        output.print(f"{place}: {escape('; '.join(parts))}", soft_wrap=True)


def _told(value: object) -> str:
    """Format a part of a preview: a value, or names with their values."""
    if not isinstance(value, Mapping):
        return str(value)
    parts = [
        f"{name} ({_told(part)})" if isinstance(part, Mapping) else f"{name} {part}"
        for name, part in value.items()
    ]
    return ", ".join(parts) or "none"


def _billed(bytes_billed: int, settings: Settings, before: str = "") -> str:
    cost = money(bytes_billed, settings.price_per_tib)
    billed = f"{before}{counted(bytes_billed, 'byte')} billed"
    return f"{billed}, {cost} at ${settings.price_per_tib:g} a TiB."


def exit_code(outcome: Outcome) -> int:
    """Return 0 for a run that is done, else 1."""
    return 0 if outcome.run.status is RunStatus.DONE else 1


async def _plan(wanted: _Command) -> None:
    settings = Settings.from_environment()
    request = wanted.request(settings, dry_run=True, force=False)
    async with open_sources(settings) as sources:
        await check_academies(sources, request.academies)
        found = await plan_run(request, sources)
    states = ", ".join(f"{count} {state.lower()}" for state, count in found.states.items())
    output.print(
        f"{len(found.days)} of {counted(len(request.days), 'day')} would be run, in"
        f" {counted(len(found.chunks), 'scan')} reading"
        f" {counted(found.bytes_processed, 'byte')}."
    )
    if settings.warehouse != "lake":
        output.print(_billed(found.bytes_processed, settings, "At most "))
    output.print(f"Their days of academies so far: {states or 'none'}.")


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None
