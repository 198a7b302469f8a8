"""The tables of the directory: names to show, and whom to forget."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, LargeBinary, Text
from sqlmodel import Field

from app.kit.db.tables import TIMESTAMPTZ, Table


class Academy(Table, table=True):
    __tablename__: ClassVar[str] = "academies"

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    slug: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)


class User(Table, table=True):
    """A learner, for display only."""

    __tablename__: ClassVar[str] = "users"

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    email: str | None = Field(default=None, sa_type=Text)
    full_name: str | None = Field(default=None, sa_type=Text)


class ErasedUser(Table, table=True):
    """Somebody who was erased, known only by a keyed hash of the id."""

    __tablename__: ClassVar[str] = "erased_users"

    user_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    erased_at: datetime = Field(sa_type=TIMESTAMPTZ)


class ServiceSecret(Table, table=True):
    """A random key that the service made for itself when it was first needed."""

    __tablename__: ClassVar[str] = "service_secrets"

    name: str = Field(primary_key=True, sa_type=Text)
    value: bytes = Field(sa_type=LargeBinary)
