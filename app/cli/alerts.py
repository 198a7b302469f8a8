"""`headsup alerts list`, `resolve` and `stats`."""

import getpass
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer
from pydantic import TypeAdapter

from app.alerts.actions.commands import Resolve
from app.alerts.actions.handler import Actor, act_on_all
from app.alerts.enums import Action, AlertStatus, Severity
from app.alerts.outcomes.outcomes import Asking, TypeStats, stats
from app.alerts.queries.filters import AlertFilter
from app.alerts.queries.listing import (
    Counted,
    Listed,
    count_alerts,
    page,
)
from app.alerts.registry import alerting_reports
from app.cli.terminal import output, run, show
from app.kit.clock import utc_now
from app.kit.days import ONE_DAY, day_of
from app.kit.plurals import counted
from app.kit.values import MAX_ID, Words
from app.runs.contract import TextTable
from app.settings import Settings
from app.sources.database.connect import open_database

alerts_app = typer.Typer(help="Work through the alerts.", no_args_is_help=True)

DEFAULT_STATS_DAYS = 90
ALERT_COLUMNS = (
    "alert",
    "severity",
    "academy",
    "learner",
    "type",
    "since",
    "why",
    "score",
    "status",
)
ENDED = ("opened", "open", "by hand", "by itself", "left", "no data")
DONE = ("contacted", "offered", "no action", "false alarm")
FORETOLD = ("judged", "churned", "precision", "95 % interval", "expected", "expected share")

AcademiesOption = Annotated[
    list[int] | None,
    typer.Option("--academy", min=1, max=MAX_ID, help="Only this academy; may be repeated."),
]
Severities = Annotated[
    list[Severity] | None, typer.Option("--severity", help="Only these; may be repeated.")
]
Statuses = Annotated[
    list[AlertStatus] | None, typer.Option("--status", help="By default those open and awake.")
]
Types = Annotated[list[str] | None, typer.Option("--type", help="Only these; may be repeated.")]
Most = Annotated[int, typer.Option("--limit", min=1, max=1000, help="So many at most.")]
Ids = Annotated[
    list[int],
    typer.Argument(help="The numbers of the alerts.", metavar="ALERT...", min=1, max=MAX_ID),
]
Did = Annotated[Action | None, typer.Option("--action", help="What was done.")]
ActionTaken = Annotated[
    str | None,
    typer.Option(
        "--action-taken",
        parser=TypeAdapter(Words).validate_python,
        metavar="TEXT",
        help="What was done, in words.",
    ),
]
OpenedFromOption = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], help="Opened on this day or later."),
]
OpenedToOption = Annotated[
    datetime | None,
    typer.Option("--to", formats=["%Y-%m-%d"], help="Opened on this day or before."),
]


@alerts_app.command("list")
def list_(
    *,
    academy: AcademiesOption = None,
    severity: Severities = None,
    status: Statuses = None,
    alert_type: Types = None,
    limit: Most = 50,
) -> None:
    """List the alerts, severest first, then newest."""
    wanted = AlertFilter(
        report_types=list(alerting_reports()),
        academies=academy or None,
        severities=severity or None,
        statuses=status or None,
        types=alert_type or None,
        may_name=True,
    )
    run(_list(wanted, limit))


@alerts_app.command()
def resolve(ids: Ids, *, action: Did = None, action_taken: ActionTaken = None) -> None:
    """Resolve alerts by hand, all of them or none."""
    deed = Resolve(action=action, action_taken=action_taken)
    run(_resolve(ids, deed))


@alerts_app.command("stats")
def stats_(
    *,
    date_from: OpenedFromOption = None,
    date_to: OpenedToOption = None,
    academy: AcademiesOption = None,
) -> None:
    """Say what became of the alerts, and what they foretold; by default of the last 90 days."""
    run(_stats(date_from, date_to, academy or None))


async def _list(wanted: AlertFilter, most: int) -> None:
    now = utc_now()
    async with (
        open_database(Settings.from_environment()) as database,
        database.transaction() as session,
    ):
        connection = await session.connection()
        rows = await page(connection, wanted, now=now, most=most)
        total = await count_alerts(connection, wanted, now=now)
    show([_table(rows, total)])


def _table(rows: Sequence[Listed], total: Counted) -> TextTable:
    told = ", ".join(
        f"{alerts:,} {severity.lower()}"
        for severity, (alerts, _) in total.by_severity.items()
        if alerts
    )
    return TextTable(
        title=f"{len(rows):,} of {counted(total.alerts, 'alert')}" + (f": {told}" if told else ""),
        columns=ALERT_COLUMNS,
        rows=[_cells(listed) for listed in rows],
        numbers=frozenset({"alert", "score"}),
    )


def _cells(listed: Listed) -> Sequence[str]:
    row = listed.row
    return (
        str(row["id"]),
        str(row["severity"]).lower(),
        str(row["academy_id"]),
        str(row["full_name"] or f"user {row['user_id']}"),
        str(row["alert_type"]).lower().replace("_", " "),
        str(row["triggered_on"]),
        listed.reason,
        "" if listed.score is None else f"{listed.score:.2f}",
        str(row["resolution"] or row["status"]).lower(),
    )


async def _resolve(ids: Sequence[int], deed: Resolve) -> None:
    async with (
        open_database(Settings.from_environment()) as database,
        database.transaction() as session,
    ):
        actor = Actor(who=getpass.getuser(), now=utc_now())
        done = await act_on_all(session, dict.fromkeys(ids), [deed], actor)
    output.print(f"{len(done):,} resolved.")


async def _stats(
    date_from: datetime | None, date_to: datetime | None, academies: Sequence[int] | None
) -> None:
    settings = Settings.from_environment()
    today = day_of(utc_now(), settings.zone)
    last = date_to.date() if date_to else today - ONE_DAY
    first = date_from.date() if date_from else last - timedelta(days=DEFAULT_STATS_DAYS - 1)
    async with open_database(settings) as database, database.transaction() as session:
        tables = []
        for report_type in alerting_reports():
            asking = Asking(report_type=report_type, first=first, last=last, academies=academies)
            found = await stats(session, asking, today=today, zone=settings.zone)
            tables += [_ended(asking, found), _foretold(asking, found)]
    show(tables)


def _ended(asking: Asking, found: Sequence[TypeStats]) -> TextTable:
    rows = [
        (
            *_of(row),
            *_whole(row.opened, row.still_open, row.by_hand, row.by_itself),
            *_whole(row.no_longer_live, row.no_data),
            *_whole(row.contacted, row.offered, row.no_action, row.false_alarm),
        )
        for row in found
    ]
    return TextTable(
        title=f"Alerts of {asking.report_type} that opened from {asking.first} to {asking.last}",
        columns=("type", "origin", *ENDED, *DONE),
        rows=rows,
        numbers=frozenset({*ENDED, *DONE}),
    )


def _foretold(asking: Asking, found: Sequence[TypeStats]) -> TextTable:
    rows = [
        (
            *_of(row),
            *_whole(row.judged, row.churned),
            _percent(row.precision),
            " to ".join(_percent(end) for end in row.interval or ()),
            f"{row.expected:.1f}",
            _percent(row.base_rate),
        )
        for row in found
    ]
    return TextTable(
        title=f"Who left within 30 days of an alert of {asking.report_type}, and was expected to",
        columns=("type", "origin", *FORETOLD),
        rows=rows,
        numbers=frozenset(FORETOLD),
    )


def _of(row: TypeStats) -> Sequence[str]:
    return row.alert_type.lower().replace("_", " "), row.origin.lower()


def _whole(*counts: int) -> Sequence[str]:
    return [f"{count:,}" for count in counts]


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
