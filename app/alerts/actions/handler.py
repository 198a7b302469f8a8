"""Executes commands on alerts: one transaction after the other, all alerts of a request or none."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime

from sqlalchemy import func, text
from sqlmodel import and_, col, exists, or_, select, tuple_, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.alerts.actions.commands import (
    Command,
    CommandContext,
    EpisodeSnapshot,
    HistoryEntry,
    Reopen,
    apply_command,
)
from app.alerts.enums import AlertStatus, Resolution
from app.alerts.models import ACTED_COLUMNS, Alert, AlertEvent, AlertWatermark
from app.kit.errors import Conflict, Fault, Invalid, NotFound

MAX_ALERTS_PER_REQUEST = 500
PRIOR_SQL = text(
    "UPDATE alerts SET prior = alert_prior(alerts), prior_of = :day"
    " WHERE id = ANY(:ids) AND prior_of < :day"
)


class StaleVersion(Conflict):
    """Somebody has changed the alert since the caller read it."""

    status = 412


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, when, and in which academies and reports they may act (None: in all)."""

    who: str
    now: datetime
    academies: Collection[int] | None = None
    report_types: Collection[str] | None = None


async def act_on_alert(
    session: AsyncSession,
    alert_id: int,
    commands: Sequence[Command],
    actor: Actor,
    *,
    version: int | None = None,
) -> Alert:
    """Execute the commands on one alert, if it still has `version`, and return it.

    Raises `NotFound`, `StaleVersion`, `Conflict` naming the legal commands, or `Invalid`.
    """
    try:
        (alert,) = await act_on_alerts(session, {alert_id: version}, commands, actor)
    except (Conflict, NotFound) as error:
        raise type(error)(error.message, code=error.code) from None
    return alert


async def act_on_alerts(
    session: AsyncSession,
    versions: Mapping[int, int | None],
    commands: Sequence[Command],
    actor: Actor,
) -> Sequence[Alert]:
    """Execute the commands on each of at most 500 alerts, or on none; return them by id.

    `versions` maps each alert to the version that it must still have (None: any). Raises the errors
    of `act_on_alert`, with a fault for each alert that causes one.
    """
    if len(versions) > MAX_ALERTS_PER_REQUEST:
        raise Invalid(
            f"At most {MAX_ALERTS_PER_REQUEST} alerts can be changed at once.", code="too_many"
        )
    days = await _lock(session, versions, actor)
    for day in sorted(set(days.values())):
        ids = [alert_id for alert_id, newest in days.items() if newest == day]
        await (await session.connection()).execute(PRIOR_SQL, {"day": day, "ids": ids})
    named = select(Alert).where(col(Alert.id).in_(versions)).order_by(col(Alert.id))
    fresh = named.with_for_update().execution_options(populate_existing=True)
    alerts = (await session.exec(fresh)).all()
    _check_all_found(versions, {alert.id for alert in alerts})
    _check_versions(alerts, versions)
    if any(isinstance(command, Reopen) for command in commands):
        await _check_newest(session, alerts, versions)
    history = await _newest_entries(session, versions)
    entries, refused = _execute_all(alerts, commands, actor, days)
    _check_done(versions, refused)
    for alert_id, added in entries.items():
        for seq, entry in enumerate(added, history.get(alert_id, 0) + 1):
            session.add(_event(alert_id, seq, entry, actor, days[alert_id]))
    await session.flush()
    return alerts


async def _lock(
    session: AsyncSession, alert_ids: Collection[int], actor: Actor
) -> Mapping[int, date]:
    """Lock out evaluations; map each alert to its academy's newest evaluated day."""
    rows = select(col(Alert.id), col(Alert.report_type), col(Alert.academy_id)).where(
        col(Alert.id).in_(alert_ids)
    )
    if actor.academies is not None:
        rows = rows.where(col(Alert.academy_id).in_(actor.academies))
    if actor.report_types is not None:
        rows = rows.where(col(Alert.report_type).in_(actor.report_types))
    academies = {row[0]: (row[1], row[2]) for row in await session.exec(rows)}
    _check_all_found(alert_ids, academies)
    mark = tuple_(col(AlertWatermark.report_type), col(AlertWatermark.academy_id))
    at = mark.in_(sorted(set(academies.values())))
    order = (col(AlertWatermark.report_type), col(AlertWatermark.academy_id))
    await session.exec(select(AlertWatermark).where(at).order_by(*order).with_for_update())
    moved = await session.exec(
        update(AlertWatermark)
        .where(at)
        .values(changes=col(AlertWatermark.changes) + 1)
        .returning(*order, col(AlertWatermark.report_date))
    )
    newest = {(row[0], row[1]): row[2] for row in moved}
    return {alert_id: newest[place] for alert_id, place in academies.items()}


def _check_all_found(alert_ids: Collection[int], found: Collection[int]) -> None:
    missing = [alert_id for alert_id in alert_ids if alert_id not in found]
    if missing:
        message = f"There is no alert {missing[0]}."
        raise NotFound(message, code="unknown_alert", faults=_faults(alert_ids, missing, message))


def _check_versions(alerts: Sequence[Alert], versions: Mapping[int, int | None]) -> None:
    stale = [alert.id for alert in alerts if versions[alert.id] not in {None, alert.version}]
    if stale:
        message = "It was changed since you read it; read it again."
        raise StaleVersion(
            message, code="changed_meanwhile", faults=_faults(versions, stale, message)
        )


async def _check_newest(
    session: AsyncSession, alerts: Sequence[Alert], alert_ids: Collection[int]
) -> None:
    newer = [alert.id for alert in alerts if await _has_newer(session, alert)]
    if newer:
        message = "A newer alert of the same kind has taken its place; act on that one."
        faults = _faults(alert_ids, newer, message)
        raise Conflict(message, code="has_newer_alert", faults=faults)


async def _has_newer(session: AsyncSession, alert: Alert) -> bool:
    later = and_(
        tuple_(col(Alert.triggered_on), col(Alert.id)) > (alert.triggered_on, alert.id),
        col(Alert.resolution).is_distinct_from(Resolution.RETRACTED),
    )
    same = and_(
        col(Alert.report_type) == alert.report_type,
        col(Alert.academy_id) == alert.academy_id,
        col(Alert.user_id) == alert.user_id,
        col(Alert.alert_type) == alert.alert_type,
        col(Alert.id) != alert.id,
    )
    counts = or_(col(Alert.status) != AlertStatus.RESOLVED, later)
    return bool((await session.exec(select(exists().where(same, counts)))).one())


async def _newest_entries(session: AsyncSession, alert_ids: Collection[int]) -> Mapping[int, int]:
    newest = select(col(AlertEvent.alert_id), func.max(AlertEvent.seq)).where(
        col(AlertEvent.alert_id).in_(alert_ids)
    )
    return dict((await session.exec(newest.group_by(col(AlertEvent.alert_id)))).all())


def _execute_all(
    alerts: Sequence[Alert], commands: Sequence[Command], actor: Actor, days: Mapping[int, date]
) -> tuple[Mapping[int, Sequence[HistoryEntry]], Mapping[int, Conflict]]:
    entries: dict[int, Sequence[HistoryEntry]] = {}
    refused: dict[int, Conflict] = {}
    for alert in alerts:
        context = CommandContext(who=actor.who, now=actor.now, day=days[alert.id])
        try:
            entries[alert.id] = _execute(alert, commands, context)
        except Conflict as error:
            refused[alert.id] = error
    return entries, refused


def _check_done(alert_ids: Collection[int], refused: Mapping[int, Conflict]) -> None:
    if refused:
        first, *_ = (refused[alert_id] for alert_id in alert_ids if alert_id in refused)
        faults = [
            _fault(place, alert_id, refused[alert_id].message)
            for place, alert_id in enumerate(alert_ids)
            if alert_id in refused
        ]
        raise Conflict(first.message, code=first.code, faults=faults)


def _execute(
    alert: Alert, commands: Sequence[Command], context: CommandContext
) -> Sequence[HistoryEntry]:
    names = [field.name for field in fields(EpisodeSnapshot)]
    before = episode = EpisodeSnapshot(**{name: getattr(alert, name) for name in names})
    entries = []
    for command in commands:
        episode, entry = apply_command(episode, command, context)
        entries.append(entry)
    for name, value in asdict(episode).items():
        setattr(alert, name, value)
    alert.version += 1
    alert.first_action_at = alert.first_action_at or context.now
    ends = {before.status, episode.status}
    if ends != {AlertStatus.RESOLVED}:
        _keep_for_evaluations(alert, context.day, is_decided=AlertStatus.RESOLVED in ends)
    return entries


def _keep_for_evaluations(alert: Alert, day: date, *, is_decided: bool) -> None:
    """Keep what people left of the episode, for another evaluation of the newest day."""
    earlier = (alert.stands or {}) if alert.acted_on == day else {}
    stands: dict[str, object] = {
        name: value.isoformat() if isinstance(value, date) else value
        for name in ACTED_COLUMNS
        if (value := getattr(alert, name)) is not None
    }
    decided = is_decided or bool(earlier.get("is_decided"))
    alert.stands = {**stands, "is_decided": decided}
    alert.acted_on = day


def _event(alert_id: int, seq: int, entry: HistoryEntry, actor: Actor, day: date) -> AlertEvent:
    return AlertEvent(
        alert_id=alert_id,
        seq=seq,
        what=entry.what,
        was=entry.was,
        became=entry.became,
        who=actor.who,
        happened_at=actor.now,
        report_date=day,
        note=entry.note,
    )


def _faults(alert_ids: Collection[int], wrong: Collection[int], message: str) -> Sequence[Fault]:
    return [
        _fault(place, alert_id, message)
        for place, alert_id in enumerate(alert_ids)
        if alert_id in wrong
    ]


def _fault(place: int, alert_id: int, message: str) -> Fault:
    """Return a fault that points into the list of alerts of the request."""
    return Fault(pointer=f"/alerts/{place}", message=f"Alert {alert_id}: {message}")
