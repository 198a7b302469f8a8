"""What runs are asked over HTTP."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.kit.http.dependencies import DEFAULT_LIMIT, CursorText, Limit
from app.kit.values import Day, Id, Text
from app.runs.execution.request import MAX_DAYS_BACK, DaySelection, RunRequest
from app.runs.ledger.quality_gate import DayState
from app.runs.models import Only, RunStatus

MAX_RUN_ACADEMIES = 1000


CurrentDay = date


class PlanAsked(BaseModel):
    """The days that are asked for: at most one of a date, a range, days back; none is yesterday."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"days_back": 7, "only": "missing"}]}
    )

    date: Day | None = Field(default=None, description="One day.")
    date_from: Day | None = Field(default=None, description="The first of several days.")
    date_to: Day | None = Field(default=None, description="The last of several days.")
    days_back: Annotated[int, Field(ge=1, le=MAX_DAYS_BACK)] | None = Field(
        default=None, description="So many days, yesterday and backwards."
    )
    academy: Annotated[list[Id], Field(min_length=1, max_length=MAX_RUN_ACADEMIES)] | None = Field(
        default=None, description="Only these academies; without, all that the key may see."
    )
    only: Only = Field(default=Only.ALL, description="All days, those missing, or those failed.")

    def request(
        self, report_type: str, today: CurrentDay, academies: Sequence[int] | None
    ) -> RunRequest:
        """Resolve the days by `today`; raise `Invalid` for what cannot be run."""
        asked = DaySelection(
            day=self.date,
            date_from=self.date_from,
            date_to=self.date_to,
            days_back=self.days_back,
        )
        first, last = asked.resolve(today)
        return RunRequest(
            report_type=report_type,
            day_from=first,
            day_to=last,
            academies=academies,
            only=self.only,
            dry_run=getattr(self, "dry_run", False),
            force=getattr(self, "force", False),
        )


class RunAsked(PlanAsked):
    """A run."""

    dry_run: bool = Field(default=False, description="Compute, and save nothing.")
    force: bool = Field(
        default=False, description="Publish what the quality gate would hold; needs `admin`."
    )


class Paged(BaseModel):
    """A page of a list."""

    limit: Limit = DEFAULT_LIMIT
    cursor: CursorText | None = Field(
        default=None, description="Where to go on: `next_cursor` of the page before."
    )
    count: bool = Field(default=False, description="Count all items too.")


class RunsQuery(Paged):
    type: Text | None = Field(default=None, description="Only runs of this report type.")
    status: RunStatus | None = None
    date: Day | None = Field(default=None, description="Only runs of this day, among others.")


class LedgerQuery(Paged):
    date_from: Day | None = Field(default=None, alias="from", description="The first day.")
    date_to: Day | None = Field(default=None, alias="to", description="The last day.")
    academy: Annotated[list[Id], Field(max_length=MAX_RUN_ACADEMIES)] = Field(
        default=[], description="Only these academies; may be repeated."
    )
    state: DayState | None = None

    @model_validator(mode="after")
    def in_order(self) -> Self:
        """Refuse days that are out of order."""
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise ValueError("from is after to")
        return self
