"""The query parameters that all lists and summaries of a report share."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.kit.http.dependencies import DEFAULT_LIMIT, CursorText, Limit
from app.kit.http.formats import FORMAT, ListFormat
from app.kit.values import Day, Id

MAX_RANGE_DAYS = 366
MAX_ACADEMIES = 1000


class DayQuery(BaseModel):
    """Selects one published day: each academy's newest, unless one is named."""

    model_config = ConfigDict(frozen=True)

    academy: Annotated[list[Id], Field(max_length=MAX_ACADEMIES)] = Field(
        default=[], description="Only these academies; may be repeated."
    )
    date: Day | None = Field(default=None, description="One day; else each academy's newest.")

    @property
    def bounds(self) -> tuple[Day, Day] | None:
        """The first and the last day; None selects the newest day of each academy."""
        return None if self.date is None else (self.date, self.date)


class DaysQuery(DayQuery):
    """Selects one published day, or all published days of a range."""

    date_from: Day | None = Field(default=None, description="The first of several days.")
    date_to: Day | None = Field(default=None, description="The last of several days.")

    @property
    def bounds(self) -> tuple[Day, Day] | None:
        """The first and the last day; None selects the newest day of each academy."""
        if self.date_from is not None and self.date_to is not None:
            return self.date_from, self.date_to
        return super().bounds

    @model_validator(mode="after")
    def check_range(self) -> Self:
        """Refuse days that are named in two ways, out of order, or too many."""
        ranged = self.date_from is not None or self.date_to is not None
        if self.date is not None and ranged:
            raise ValueError("give a date, or a first and a last day, not both")
        if ranged and (self.date_from is None or self.date_to is None):
            raise ValueError("date_from and date_to go together")
        if self.date_from is not None and self.date_to is not None:
            if self.date_from > self.date_to:
                raise ValueError("date_from is after date_to")
            if (self.date_to - self.date_from).days >= MAX_RANGE_DAYS:
                raise ValueError(f"at most {MAX_RANGE_DAYS} days can be read at once")
        return self


class ListQuery(DaysQuery):
    """A list of a report; a report's own list adds its filters and `sort`."""

    limit: Limit = DEFAULT_LIMIT
    cursor: CursorText | None = None
    count: bool = Field(default=False, description="Count all items too.")
    format: ListFormat | None = FORMAT


class HistoryQuery(DaysQuery):
    """Selects days of one subject's history; without any, the newest 90."""

    limit: Limit = DEFAULT_LIMIT
    cursor: CursorText | None = None


class Grouping(StrEnum):
    ACADEMY = "academy"


class SummaryQuery(DayQuery):
    group: Grouping | None = Field(default=None, description="One item for each academy.")


class TrendQuery(DaysQuery):
    """Selects the days of a trend; without any, the newest 30."""

    group: Grouping | None = Field(default=None, description="One item a day and academy.")
