"""The tables of runs: what was asked for, how far it came, and what is published."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.kit.db.tables import TIMESTAMPTZ, Table, text_enum
from app.runs.ledger.quality_gate import DayState, Verdict

EVERY_ACADEMY = 0
"""The `academy_id` of a ledger row that says that the whole day was gone through."""


class RunStatus(StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    PARTIAL = "PARTIAL"
    ERROR = "ERROR"
    CANCELLED = "CANCELLED"


class RunDayState(StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    PUBLISHED = "PUBLISHED"
    UNCHANGED = "UNCHANGED"
    HELD = "HELD"
    ERROR = "ERROR"
    CANCELLED = "CANCELLED"
    COMPUTED = "COMPUTED"


class Only(StrEnum):
    """Which of the days asked for are run."""

    ALL = "all"
    MISSING = "missing"
    FAILED = "failed"


class Origin(StrEnum):
    """What asked for a run."""

    COMMAND = "COMMAND"
    REQUEST = "REQUEST"
    SCHEDULE = "SCHEDULE"


class Run(Table, table=True):
    """One request to report on some days."""

    __tablename__: ClassVar[str] = "report_runs"
    __table_args__ = (
        CheckConstraint("day_from <= day_to", name="days_in_order"),
        Index(
            "uq_report_runs_active_request",
            "request_key",
            unique=True,
            postgresql_where=text("status IN ('PENDING', 'RUNNING')"),
        ),
        Index("ix_report_runs_created_at", "created_at"),
        Index("ix_report_runs_finished_at", "finished_at"),
        Index("ix_report_runs_retry_of", "retry_of", postgresql_where=text("retry_of IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    report_type: str = Field(sa_type=Text)
    status: RunStatus = Field(sa_type=text_enum(RunStatus, "run_status"))
    origin: Origin = Field(sa_type=text_enum(Origin, "run_origin"))
    requested_by: str = Field(sa_type=Text)
    request_key: bytes = Field(sa_type=LargeBinary)
    day_from: date
    day_to: date
    academies: list[int] | None = Field(default=None, sa_type=ARRAY(BigInteger))
    only: Only = Field(sa_type=text_enum(Only, "run_only"))
    dry_run: bool = False
    force: bool = False
    retry_of: UUID | None = Field(default=None, foreign_key="report_runs.id", ondelete="SET NULL")
    attempt: int = 0
    worker: str | None = Field(default=None, sa_type=Text)
    backend_pid: int | None = None
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
    started_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    heartbeat_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    cancel_requested_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    finished_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    bytes_processed: int = Field(default=0, sa_type=BigInteger)
    bytes_billed: int = Field(default=0, sa_type=BigInteger)
    error: str | None = Field(default=None, sa_type=Text)


class RunDay(Table, table=True):
    """What a run did with a day: one row for the day (academy 0) and one for each academy.

    `preview` is what a dry run found instead of publishing it. `tries` counts how often a worker
    began with the day; the row of an academy counts none. `failed_tries` counts how often the
    database was lost while the day was at work.
    """

    __tablename__: ClassVar[str] = "report_run_days"
    __table_args__ = (
        ForeignKeyConstraint(["run_id"], ["report_runs.id"], ondelete="CASCADE"),
        Index("ix_report_run_days_run_id_state", "run_id", "state"),
    )

    run_id: UUID = Field(primary_key=True)
    report_date: date = Field(primary_key=True)
    academy_id: int = Field(primary_key=True, sa_type=BigInteger)
    state: RunDayState = Field(sa_type=text_enum(RunDayState, "run_day_state"))
    attempt: int = 0
    tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    failed_tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    rows: int = 0
    seconds: float | None = None
    error: str | None = Field(default=None, sa_type=Text)
    preview: dict[str, object] | None = Field(default=None, sa_type=JSONB)

    @property
    def is_held(self) -> bool:
        """Whether the quality gate held it."""
        return self.state is RunDayState.HELD


class ReportDay(Table, table=True):
    """The ledger: where each academy's day of a report stands; no row means missing.

    `revision` is drawn from a sequence at each publication and is NULL until the first one;
    `checked_revision` also when a run found nothing to change.
    `active_by_day[i]` counts the subscribers of the day who were active i days before it.
    """

    __tablename__: ClassVar[str] = "report_days"
    __table_args__ = (
        Index("ix_report_days_academy_id_report_date", "report_type", "academy_id", "report_date"),
        CheckConstraint("state <> 'PUBLISHED' OR revision IS NOT NULL", name="published_revision"),
    )

    report_type: str = Field(primary_key=True, sa_type=Text)
    report_date: date = Field(primary_key=True)
    academy_id: int = Field(primary_key=True, sa_type=BigInteger)
    state: DayState = Field(sa_type=text_enum(DayState, "day_state"))
    verdict: Verdict | None = Field(default=None, sa_type=text_enum(Verdict, "day_verdict"))
    reason: str | None = Field(default=None, sa_type=Text)
    forced: bool = False
    revision: int | None = Field(default=None, sa_type=BigInteger)
    checked_revision: int | None = Field(default=None, sa_type=BigInteger)
    run_id: UUID
    rows: int = 0
    active_by_day: list[int] | None = Field(default=None, sa_type=ARRAY(Integer))
    scoring_version: int | None = Field(default=None, sa_type=SmallInteger)
    content_sha256: bytes | None = Field(default=None, sa_type=LargeBinary)
    published_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    updated_at: datetime = Field(sa_type=TIMESTAMPTZ)


class VolumeQuestion(Table, table=True):
    """A question for the volume of `days` that were held; `released` are those to be run again."""

    __tablename__: ClassVar[str] = "report_volume_questions"

    id: int | None = Field(
        default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity(always=True)]
    )
    report_type: str = Field(sa_type=Text)
    asked_at: datetime = Field(sa_type=TIMESTAMPTZ)
    days: list[date] = Field(sa_type=ARRAY(Date))
    released: list[date] = Field(sa_type=ARRAY(Date))
    bytes_processed: int = Field(sa_type=BigInteger)
    bytes_billed: int = Field(sa_type=BigInteger)


class ReportUsage(Table, table=True):
    """What all scans and questions of a report read, including those of runs now forgotten."""

    __tablename__: ClassVar[str] = "report_usage"

    report_type: str = Field(primary_key=True, sa_type=Text)
    bytes_processed: int = Field(sa_type=BigInteger)
    bytes_billed: int = Field(sa_type=BigInteger)


class RunKey(Table, table=True):
    """What a request with an `Idempotency-Key` was answered, so that a repeated one is too."""

    __tablename__: ClassVar[str] = "report_run_keys"
    __table_args__ = (
        ForeignKeyConstraint(["run_id"], ["report_runs.id"], ondelete="CASCADE"),
        Index("ix_report_run_keys_created_at", "created_at"),
    )

    key_id: UUID = Field(primary_key=True)
    route: str = Field(primary_key=True, sa_type=Text)
    idempotency_key: str = Field(primary_key=True, sa_type=Text)
    body_sha256: bytes = Field(sa_type=LargeBinary)
    status: int = Field(sa_type=SmallInteger)
    run_id: UUID
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
