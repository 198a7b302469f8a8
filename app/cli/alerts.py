"""`headsup alerts list`, `resolve` and `stats`."""

import getpass
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer
from pydantic import TypeAdapter
from sqlalchemy import RowMapping

from app.alerts.actions.commands import Resolve
from app.alerts.actions.handler import Actor, act_on_alerts
from app.alerts.contract import AlertSource
from app.alerts.enums import Action, AlertStatus, Severity
from app.alerts.outcomes.outcomes import STATS_DAYS, StatsSelection, TypeStats, count_by_type
from app.alerts.queries.filters import AlertFilter
from app.alerts.queries.listing import (
    AlertTotals,
    ListedAlert,
    count_alerts,
    list_page,
)
from app.alerts.registry import alert_sources
from app.cli.terminal import output, run, show
from app.kit.clock import utc_now
from app.kit.days import ONE_DAY, day_of
from app.kit.plurals import counted
from app.kit.values import MAX_ID, Words
from app.runs.contract import TextTable
from app.settings import Settings
from app.sources.database.connect import open_database

alerts_app = typer.Typer(
    help="List and resolve alerts, and measure their outcomes.", no_args_is_help=True
)

LIST_HEADINGS = (
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
END_HEADINGS = ("opened", "open", "by hand", "by itself", "left", "no data")
ACTION_HEADINGS = ("contacted", "offered", "no action", "false alarm")
PREDICTION_HEADINGS = (
    "judged",
    "churned",
    "precision",
    "95 % interval",
    "expected",
    "expected share",
)

AcademiesOption = Annotated[
    list[int] | None,
    typer.Option("--academy", min=1, max=MAX_ID, help="Only this academy; may be repeated."),
]
SeveritiesOption = Annotated[
    list[Severity] | None, typer.Option("--severity", help="Only these; may be repeated.")
]
StatusesOption = Annotated[
    list[AlertStatus] | None,
    typer.Option("--status", help="By default unresolved and not snoozed."),
]
TypesOption = Annotated[
    list[str] | None, typer.Option("--type", help="Only these; may be repeated.")
]
LimitOption = Annotated[
    int, typer.Option("--limit", min=1, max=1000, help="The most alerts to list.")
]
AlertIds = Annotated[
    list[int],
    typer.Argument(help="The ids of the alerts.", metavar="ALERT...", min=1, max=MAX_ID),
]
ActionOption = Annotated[Action | None, typer.Option("--action", help="What was done.")]
ActionTakenOption = Annotated[
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
    severity: SeveritiesOption = None,
    status: StatusesOption = None,
    alert_type: TypesOption = None,
    limit: LimitOption = 50,
) -> None:
    """List alerts: the most severe first, then the newest."""
    alerts = AlertFilter(
        report_types=list(alert_sources()),
        academies=academy or None,
        severities=severity or None,
        statuses=status or None,
        types=alert_type or None,
        may_name=True,
    )
    run(_list(alerts, limit))


@alerts_app.command()
def resolve(
    ids: AlertIds, *, action: ActionOption = None, action_taken: ActionTakenOption = None
) -> None:
    """Resolve alerts by hand, all of them or none."""
    command = Resolve(action=action, action_taken=action_taken)
    run(_resolve(ids, command))


@alerts_app.command("stats")
def stats_(
    *,
    date_from: OpenedFromOption = None,
    date_to: OpenedToOption = None,
    academy: AcademiesOption = None,
) -> None:
    """Count how alerts ended and how many learners left; by default of the last 90 days."""
    run(_stats(date_from, date_to, academy or None))


async def _list(alerts: AlertFilter, limit: int) -> None:
    now = utc_now()
    async with (
        open_database(Settings.from_environment()) as database,
        database.transaction() as session,
    ):
        connection = await session.connection()
        rows = await list_page(connection, alerts, now=now, limit=limit)
        totals = await count_alerts(connection, alerts, now=now)
    show([_table(rows, totals)])


def _table(rows: Sequence[ListedAlert], totals: AlertTotals) -> TextTable:
    severities = ", ".join(
        f"{alerts:,} {severity.lower()}"
        for severity, (alerts, _) in totals.by_severity.items()
        if alerts
    )
    return TextTable(
        title=f"{len(rows):,} of {counted(totals.alerts, 'alert')}"
        + (f": {severities}" if severities else ""),
        columns=LIST_HEADINGS,
        rows=[_cells(alert) for alert in rows],
        numbers=frozenset({"alert", "score"}),
    )


def _cells(alert: ListedAlert) -> Sequence[str]:
    row = alert.row
    return (
        str(row["id"]),
        str(row["severity"]).lower(),
        str(row["academy_id"]),
        _subject(row),
        str(row["alert_type"]).lower().replace("_", " "),
        str(row["triggered_on"]),
        alert.reason,
        "" if alert.value is None else f"{alert.value:.2f}",
        str(row["resolution"] or row["status"]).lower(),
    )


def _subject(row: RowMapping) -> str:
    if row["user_id"] is None:
        return "the academy"
    return str(row["full_name"] or f"user {row['user_id']}")


async def _resolve(ids: Sequence[int], command: Resolve) -> None:
    async with (
        open_database(Settings.from_environment()) as database,
        database.transaction() as session,
    ):
        actor = Actor(who=getpass.getuser(), now=utc_now())
        done = await act_on_alerts(session, dict.fromkeys(ids), [command], actor)
    output.print(f"{len(done):,} resolved.")


async def _stats(
    date_from: datetime | None, date_to: datetime | None, academies: Sequence[int] | None
) -> None:
    settings = Settings.from_environment()
    today = day_of(utc_now(), settings.zone)
    last = date_to.date() if date_to else today - ONE_DAY
    first = date_from.date() if date_from else last - timedelta(days=STATS_DAYS - 1)
    async with open_database(settings) as database, database.transaction() as session:
        tables = []
        selection = StatsSelection(first=first, last=last, academies=academies)
        for source in alert_sources().values():
            found = await count_by_type(session, source, selection, today=today, zone=settings.zone)
            tables += [_ends(source, selection, found), _predictions(source, found)]
    show(tables)


def _ends(source: AlertSource, selection: StatsSelection, found: Sequence[TypeStats]) -> TextTable:
    days = f"from {selection.first} to {selection.last}"
    rows = [
        (
            *_type_and_origin(row),
            *_integers(row.opened, row.still_open, row.by_hand, row.by_itself),
            *_integers(row.no_longer_live, row.no_data),
            *_integers(row.contacted, row.offered, row.no_action, row.false_alarm),
        )
        for row in found
    ]
    return TextTable(
        title=f"Alerts of {source.report_type} that opened {days}",
        columns=("type", "origin", *END_HEADINGS, *ACTION_HEADINGS),
        rows=rows,
        numbers=frozenset({*END_HEADINGS, *ACTION_HEADINGS}),
    )


def _predictions(source: AlertSource, found: Sequence[TypeStats]) -> TextTable:
    rows = [
        (
            *_type_and_origin(row),
            *_integers(row.judged, row.churned),
            _percent(row.precision),
            " to ".join(_percent(end) for end in row.interval or ()),
            f"{row.expected:.1f}",
            _percent(row.base_rate),
        )
        for row in found
    ]
    return TextTable(
        title=f"Who left within 30 days of an alert of {source.report_type}, and was expected to",
        columns=("type", "origin", *PREDICTION_HEADINGS),
        rows=rows,
        numbers=frozenset(PREDICTION_HEADINGS),
    )


def _type_and_origin(row: TypeStats) -> Sequence[str]:
    return row.alert_type.lower().replace("_", " "), row.origin.lower()


def _integers(*counts: int) -> Sequence[str]:
    return [f"{count:,}" for count in counts]


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
