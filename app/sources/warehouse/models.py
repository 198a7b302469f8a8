"""The list of the lake's files, and of the queries that are paid for."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from app.kit.db.tables import TIMESTAMPTZ, Table


class LakeFile(Table, table=True):
    """A Parquet file of one UTC day that counts; a file that is not listed does not."""

    __tablename__: ClassVar[str] = "lake_files"

    path: str = Field(primary_key=True, sa_type=Text)
    day: date = Field(index=True)
    rows: int = Field(sa_type=BigInteger)
    bytes: int = Field(sa_type=BigInteger)
    sha256: str = Field(sa_type=Text)


class LakeLeftover(Table, table=True):
    """A Parquet file that does not count, or not yet, and is removed when nobody needs it."""

    __tablename__: ClassVar[str] = "lake_leftovers"

    path: str = Field(primary_key=True, sa_type=Text)


class WarehouseJob(Table, table=True):
    """A query that is paid for: what it was expected to bill, and in the end did."""

    __tablename__: ClassVar[str] = "warehouse_jobs"
    __table_args__ = (Index("ix_warehouse_jobs_reserved_at", "reserved_at"),)

    id: str = Field(primary_key=True, sa_type=Text)
    reserved_at: datetime = Field(sa_type=TIMESTAMPTZ)
    bytes_reserved: int = Field(sa_type=BigInteger)
    bytes_billed: int | None = Field(default=None, sa_type=BigInteger)
