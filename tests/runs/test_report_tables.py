"""An academy's day in the tables of a report that has no learners and no partitions."""

from datetime import date
from typing import ClassVar
from uuid import UUID

import polars as pl
import pytest
from sqlalchemy import BigInteger, MetaData, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.tables import Table
from app.runs.ledger.tables import PreparedDay, ReportTable, prepare_day, remove_day, replace_day

DAY = date(2026, 3, 10)
RUN = UUID(int=1)


class Revenue(Table, table=True):
    """A table of this test alone: its metadata is not that of the service."""

    __tablename__: ClassVar[str] = "revenue_days"
    metadata = MetaData()

    report_date: date = Field(primary_key=True)
    academy_id: int = Field(primary_key=True, sa_type=BigInteger)
    plan: str = Field(primary_key=True)
    amounts: dict[str, float] = Field(sa_type=JSONB)
    run_id: UUID


TABLES = (ReportTable(model=Revenue),)
ROWS: tuple[tuple[str, dict[str, float]], ...] = (
    ("annual", {"EUR": 9.5, "USD": 1.0}),
    ("monthly", {}),
)


def frame_of(*rows: tuple[str, dict[str, float]]) -> pl.DataFrame:
    """A day's rows of academy 1."""
    return pl.DataFrame(
        {
            "report_date": pl.Series([DAY] * len(rows), dtype=pl.Date),
            "academy_id": pl.Series([1] * len(rows), dtype=pl.Int64),
            "plan": pl.Series([plan for plan, _ in rows], dtype=pl.String),
            "amounts": pl.Series([amounts for _, amounts in rows], dtype=pl.Object),
        }
    )


def prepared(*rows: tuple[str, dict[str, float]], academy_id: int = 1) -> PreparedDay:
    frames = {"revenue_days": frame_of(*rows)}
    return prepare_day(TABLES, frames, academy_id, day=DAY, run_id=RUN)


@pytest.fixture
async def stored(session: AsyncSession) -> AsyncSession:
    """A session in whose database the table is."""
    connection = await session.connection()
    await connection.run_sync(Revenue.metadata.create_all)
    return session


async def plans(session: AsyncSession) -> list[tuple[str, dict[str, float]]]:
    sql = text("SELECT plan, amounts FROM revenue_days ORDER BY plan")
    return [tuple(row) for row in await (await session.connection()).execute(sql)]


async def test_a_day_is_replaced_not_added_to(stored: AsyncSession) -> None:
    await replace_day(stored, prepared(("weekly", {}), *ROWS))
    await replace_day(stored, prepared(*ROWS))

    assert await plans(stored) == list(ROWS)


async def test_a_day_without_rows_is_emptied(stored: AsyncSession) -> None:
    await replace_day(stored, prepared(*ROWS))

    await replace_day(stored, prepared())

    assert await plans(stored) == []


async def test_another_academys_day_stays(stored: AsyncSession) -> None:
    await replace_day(stored, prepared(*ROWS))

    await remove_day(stored, TABLES, DAY, 2)

    assert await plans(stored) == list(ROWS)


def test_the_hash_is_of_the_content_and_of_nothing_else() -> None:
    turned = {"USD": 1.0, "EUR": 9.5}

    assert prepared(*ROWS).content_sha256 == prepared(("annual", turned), ROWS[1]).content_sha256
    assert prepared(*ROWS).content_sha256 != prepared(*ROWS, ("weekly", {})).content_sha256
    assert prepared(*ROWS).content_sha256 != prepared(*reversed(ROWS)).content_sha256
    assert prepared(*ROWS, academy_id=2).rows == 0
