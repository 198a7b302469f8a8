"""Imports the names that are shown: of academies and of users."""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from app.sources.files import Column, Imported, Rows
from app.sources.files.staging import Loading, load

HERE = Path(__file__).parent
MAX_EMAIL_CHARACTERS = 320
ACADEMY_COLUMNS = (
    Column("id", "int64", required=True, minimum=1),
    Column("slug", "string", required=True),
    Column("name", "string", required=True),
)
USER_COLUMNS = (
    Column("id", "int64", required=True, minimum=1),
    Column("email", "string", characters=MAX_EMAIL_CHARACTERS),
    Column("full_name", "string"),
)
ACADEMIES = Loading(
    kind="academies",
    columns=ACADEMY_COLUMNS,
    stage=HERE / "stage_academies.sql",
    collapse=HERE / "collapse_academies.sql",
    conflicts=HERE / "conflicts.sql",
    merge=(HERE / "merge_academies.sql",),
    of_people=False,
)
USERS = Loading(
    kind="users",
    columns=USER_COLUMNS,
    stage=HERE / "stage_users.sql",
    collapse=HERE / "collapse_users.sql",
    conflicts=HERE / "conflicts.sql",
    merge=(HERE / "merge_users.sql",),
    beyond=HERE / "beyond_users.sql",
)


async def import_academies(session: AsyncSession, rows: Rows, *, now: datetime) -> Imported:
    """Import whole rows of `ACADEMY_COLUMNS`; raise `Invalid` if two tell of one id."""
    return await load(session, rows, ACADEMIES, now)


async def import_users(
    session: AsyncSession,
    rows: Rows,
    *,
    now: datetime,
    academies: Collection[int] | None = None,
) -> Imported:
    """Import whole rows of `USER_COLUMNS`.

    Raises `Invalid` if two tell of one id, or one of a learner of others than `academies`.
    """
    return await load(session, rows, USERS, now, academies=academies)
