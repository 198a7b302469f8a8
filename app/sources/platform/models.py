"""The table that says until when the platform was read."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Text
from sqlmodel import Field

from app.kit.db.tables import TIMESTAMPTZ, Table


class PlatformReading(Table, table=True):
    """Until when stamps of the platform were read, and when all rows were last compared."""

    __tablename__: ClassVar[str] = "platform_readings"

    question: str = Field(primary_key=True, sa_type=Text)
    read_until: datetime = Field(sa_type=TIMESTAMPTZ)
    compared_at: datetime = Field(sa_type=TIMESTAMPTZ)
