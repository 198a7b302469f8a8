"""The table of telemetry samples."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Double, Index
from sqlmodel import Field

from app.kit.db.tables import TIMESTAMPTZ, Table


class TelemetrySample(Table, table=True):
    """How engaged and how frustrated a learner was at a moment, each 0 to 100 or unknown."""

    __tablename__: ClassVar[str] = "telemetry_samples"
    __table_args__ = (
        CheckConstraint("engagement_score BETWEEN 0 AND 100", name="engagement_range"),
        CheckConstraint("frustration_score BETWEEN 0 AND 100", name="frustration_range"),
        Index(None, "timestamp"),
    )

    user_id: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    timestamp: datetime = Field(primary_key=True, sa_type=TIMESTAMPTZ)
    engagement_score: float | None = Field(default=None, sa_type=Double)
    frustration_score: float | None = Field(default=None, sa_type=Double)
