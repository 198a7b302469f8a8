"""The directory of academies and users, and those who must not come back into it."""

import pytest
from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.errors import Invalid
from app.sources.directory import erasure
from app.sources.directory.imports import (
    ACADEMY_COLUMNS,
    USER_COLUMNS,
    import_academies,
    import_users,
)
from app.sources.directory.models import Academy, User
from app.sources.imports import Imported
from tests.support.subscriptions import NOW, Row, rows_of


async def tell_academies(session: AsyncSession, *rows: Row) -> Imported:
    return await import_academies(session, rows_of(rows, ACADEMY_COLUMNS), now=NOW)


async def tell_users(session: AsyncSession, *rows: Row) -> Imported:
    return await import_users(session, rows_of(rows, USER_COLUMNS), now=NOW)


def academy(number: int = 1, name: str = "Downtown") -> Row:
    return {"id": number, "slug": "downtown", "name": name}


def user(number: int = 7, email: str | None = None) -> Row:
    return {"id": number, "email": email, "full_name": "Ada"}


async def test_academies_are_added_renamed_and_left(session: AsyncSession) -> None:
    await tell_academies(session, academy(1), academy(2))

    counts = await tell_academies(session, academy(1, "Uptown"), academy(2), academy(3), academy(3))

    assert (counts.inserted, counts.changed, counts.unchanged, counts.repeated) == (1, 1, 1, 1)
    names = [found.name for found in (await session.exec(select(Academy))).all()]
    assert sorted(names) == ["Downtown", "Downtown", "Uptown"]


async def test_users_are_added_changed_and_left(session: AsyncSession) -> None:
    await tell_users(session, user(1, "a@x.org"), user(2))

    counts = await tell_users(session, user(1), user(2), user(3), user(3))

    assert (counts.inserted, counts.changed, counts.unchanged, counts.repeated) == (1, 1, 1, 1)
    emails = [found.email for found in (await session.exec(select(User))).all()]
    assert emails == [None, None, None]


async def test_two_names_of_one_academy_are_refused(session: AsyncSession) -> None:
    with pytest.raises(Invalid, match="row 2, id: 1 has other values in row 1"):
        await tell_academies(session, academy(), academy(1, "Uptown"))


async def test_an_erased_user_does_not_come_back(session: AsyncSession) -> None:
    await erasure.remember_erased(session, 7, NOW)
    await erasure.remember_erased(session, 7, NOW)

    counts = await tell_users(session, user(7), user(8))

    assert (counts.inserted, counts.skipped_erased) == (1, 1)


async def test_the_erased_are_found_among_many(session: AsyncSession) -> None:
    nobody = await erasure.erased_among(session, [1, 2])
    for user_id in (1, 1 << 40):
        await erasure.remember_erased(session, user_id, NOW)

    found = await erasure.erased_among(session, [1, 2, 1 << 40, 1])

    assert nobody == frozenset()
    assert found == {1, 1 << 40}


async def test_what_is_kept_of_the_erased_depends_on_the_key(session: AsyncSession) -> None:
    await erasure.remember_erased(session, 7, NOW)

    connection = await session.connection()
    kept = (await connection.execute(text("SELECT user_hash FROM erased_users"))).scalar_one()
    key = (await connection.execute(text("SELECT value FROM service_secrets"))).scalar_one()

    assert kept == erasure.hash_of(key, 7)
    assert kept != erasure.hash_of(bytes(64), 7)
