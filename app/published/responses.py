"""The fields that all answers made of published days share."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from app.runs.ledger.quality_gate import DayState


class PublishedDay(BaseModel):
    """A day of an academy that the answer is made of."""

    academy_id: int
    report_date: date
    state: DayState = Field(
        description="HELD or ERROR: a newer try was held or failed, these are the rows before."
    )
    revision: int = Field(description="Grows with every publication.")
    published_at: datetime


class Page(BaseModel):
    """The envelope of every list."""

    next_cursor: str | None = None
    days: list[PublishedDay]
    timezone: str
    total: int | None = Field(default=None, description="Only with `count=true`.")
