"""What the service keeps about itself."""

from typing import ClassVar

from sqlalchemy import Text
from sqlmodel import Field

from app.kit.db.tables import Table


class ServiceFact(Table, table=True):
    """What was decided at the first start and may not change afterwards."""

    __tablename__: ClassVar[str] = "service_facts"

    name: str = Field(primary_key=True, sa_type=Text)
    value: str = Field(sa_type=Text)
