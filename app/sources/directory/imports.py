"""Imports the names that are shown: of academies and of users."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.sql import load_sql
from app.sources.imports import CheckedRows, Column, Imported
from app.sources.imports.staging import Loading, load_staged

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
ACADEMY_IMPORT = Loading(
    kind="academies",
    columns=ACADEMY_COLUMNS,
    stage=load_sql(__package__, "stage_academies"),
    collapse=load_sql(__package__, "collapse_academies"),
    conflicts=load_sql(__package__, "conflicts"),
    merge=(load_sql(__package__, "merge_academies"),),
    of_people=False,
)
USER_IMPORT = Loading(
    kind="users",
    columns=USER_COLUMNS,
    stage=load_sql(__package__, "stage_users"),
    collapse=load_sql(__package__, "collapse_users"),
    conflicts=load_sql(__package__, "conflicts"),
    merge=(load_sql(__package__, "merge_users"),),
    beyond=load_sql(__package__, "beyond_users"),
)


async def import_academies(session: AsyncSession, rows: CheckedRows, *, now: datetime) -> Imported:
    """Import whole rows of `ACADEMY_COLUMNS`; raise `Invalid` if two tell of one id."""
    return await load_staged(session, rows, ACADEMY_IMPORT, now)


async def import_users(
    session: AsyncSession,
    rows: CheckedRows,
    *,
    now: datetime,
    academies: Collection[int] | None = None,
) -> Imported:
    """Import whole rows of `USER_COLUMNS`.

    Raises `Invalid` if two tell of one id, or one of a learner of others than `academies`.
    """
    return await load_staged(session, rows, USER_IMPORT, now, academies=academies)
