"""What the runs of reports are asked and answer over HTTP."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.runs.api import examples
from app.runs.ledger.quality_gate import DayState, Verdict
from app.runs.models import Only, Origin, ReportDay, Run, RunDay, RunDayState, RunStatus


class PlanShown(BaseModel):
    """What a run would do; nothing was computed."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PLAN]})

    days: list[date] = Field(description="The days that would be run.")
    scans: int = Field(description="How many questions the warehouse would be asked.")
    states: dict[str, int] = Field(description="The academies' days in the ledger, by state.")
    bytes_processed: int
    usd: float | None = Field(description="At BigQuery's list price; null for the lake.")


class RunShown(BaseModel):
    """A run and how far it came."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RUN]})

    NAMES: ClassVar[tuple[str, ...]] = (
        *("id", "report_type", "status", "origin", "requested_by", "academies", "only"),
        *("dry_run", "force", "retry_of", "created_at", "started_at", "finished_at"),
        *("cancel_requested_at", "worker", "bytes_processed", "bytes_billed", "error"),
    )

    id: UUID
    report_type: str
    status: RunStatus
    origin: Origin
    requested_by: str
    date_from: date
    date_to: date
    academies: list[int] | None = Field(description="Null is every academy.")
    only: Only
    dry_run: bool
    force: bool
    retry_of: UUID | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    worker: str | None = Field(description="Who works on it now.")
    bytes_processed: int
    bytes_billed: int
    error: str | None
    days: dict[RunDayState, int] = Field(description="How many days are in which state.")

    @classmethod
    def of(cls, run: Run, days: dict[RunDayState, int]) -> Self:
        """Show a run."""
        values = {name: getattr(run, name) for name in cls.NAMES}
        return cls(date_from=run.day_from, date_to=run.day_to, days=days, **values)


class RunAcademy(BaseModel):
    """What became of an academy's day."""

    academy_id: int
    state: RunDayState
    rows: int
    error: str | None
    preview: dict[str, object] | None = Field(description="What a dry run would have changed.")


class RunDayShown(BaseModel):
    """What became of a day, and of each academy on it."""

    report_date: date
    state: RunDayState
    rows: int
    seconds: float | None
    error: str | None
    academies: list[RunAcademy]


class RunDetail(BaseModel):
    """A run with each of its days, the oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RUN_DETAIL]})

    run: RunShown
    days: list[RunDayShown]

    @classmethod
    def of(cls, run: RunShown, rows: Sequence[RunDay]) -> Self:
        """Show a run; `rows` are sorted by day and academy, the day before its academies."""
        days: list[RunDayShown] = []
        for row in rows:
            values = row.model_dump(include={"academy_id", "state", "rows", "error", "preview"})
            if row.academy_id == 0:
                seconds = None if row.seconds is None else round(row.seconds, 2)
                shown: dict[str, object] = {
                    "report_date": row.report_date,
                    "seconds": seconds,
                    "academies": [],
                }
                days.append(RunDayShown.model_validate(values | shown))
            else:
                days[-1].academies.append(RunAcademy.model_validate(values))
        return cls(run=run, days=days)


class RunList(BaseModel):
    """Runs, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RUNS]})

    items: list[RunShown]
    next_cursor: str | None
    timezone: str
    total: int | None = Field(default=None, description="Only with `count=true`.")


class LedgerDayShown(BaseModel):
    """Where an academy's day of a report stands."""

    report_date: date
    academy_id: int | None = Field(description="Null is the whole day, all academies together.")
    state: DayState
    verdict: Verdict | None = Field(description="What the day's volume says of its numbers.")
    reason: str | None
    forced: bool
    rows: int
    revision: int | None = Field(description="Grows with every publication.")
    run_id: UUID
    published_at: datetime | None
    updated_at: datetime

    @classmethod
    def of(cls, row: ReportDay) -> Self:
        """Show a row of the ledger."""
        values = row.model_dump(include=set(cls.model_fields))
        return cls.model_validate(values | {"academy_id": row.academy_id or None})


class LedgerList(BaseModel):
    """Days of a report, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LEDGER]})

    items: list[LedgerDayShown]
    next_cursor: str | None
    timezone: str
    total: int | None = Field(default=None, description="Only with `count=true`.")


class ReportShown(BaseModel):
    """A report type: what it has, when it runs, and where it stands."""

    type: str
    title: str
    fields: list[str]
    filters: list[str]
    sort_keys: list[str]
    schedule: str = Field(description="When days that are due are looked for, as cron.")
    newest_published_day: date | None
    unpublished: list[LedgerDayShown] = Field(
        description="The newest of the days of the last 14 that are held or failed, and why."
    )


class ReportList(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [examples.REPORTS]})

    items: list[ReportShown]
    next_cursor: None = None
    timezone: str
