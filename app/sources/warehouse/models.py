"""The table of the lake."""

from datetime import date
from typing import ClassVar

from sqlalchemy import BigInteger, Text
from sqlmodel import Field

from app.kit.db import Table


class LakeFile(Table, table=True):
    """A Parquet file of one UTC day that counts; a file that is not listed does not."""

    __tablename__: ClassVar[str] = "lake_files"

    path: str = Field(primary_key=True, sa_type=Text)
    day: date = Field(index=True)
    rows: int = Field(sa_type=BigInteger)
    bytes: int = Field(sa_type=BigInteger)
    sha256: str = Field(sa_type=Text)
