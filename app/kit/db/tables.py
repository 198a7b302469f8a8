"""The base of all tables, and the column types and conditions that they share."""

from enum import StrEnum

from sqlalchemy import DateTime, Enum, MetaData
from sqlmodel import SQLModel

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING_CONVENTION)
TIMESTAMPTZ = DateTime(timezone=True)


class Table(SQLModel):
    """The base of every table; give `table=True`."""

    metadata = metadata


def text_enum(kind: type[StrEnum], name: str) -> Enum:
    """Return a column type that stores the values of `kind` as text under a CHECK."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        values_callable=lambda members: [member.value for member in members],
    )
