"""Remembers erased users by a keyed hash of their id, so that no import brings them back.

Erasures and writers of personal rows exclude each other: a writer holds a shared lock from before
it reads who was erased until it commits, and an erasure holds the exclusive lock.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.locks import lock_transaction, lock_transaction_shared
from app.kit.sql import load_sql
from app.sources.directory.models import User

SECRET = "erased_users"  # noqa: S105 - its name
BLOCK_BYTES = 64
ID_BYTES = 8
INNER_PAD = 0x36
OUTER_PAD = 0x5C
ERASURE_LOCK = "people/erased"
COUNT_SQL = "SELECT count(*) FROM erased_users"
SKIP_SQL = load_sql(__package__, "skip_erased")
AMONG_SQL = load_sql(__package__, "erased_among")


def hash_of(key: bytes, user_id: int) -> bytes:
    """Return the HMAC-SHA256 by which an erased user is remembered."""
    return hmac.digest(key, user_id.to_bytes(ID_BYTES, signed=True), hashlib.sha256)


async def keep_out(session: AsyncSession) -> None:
    """Block erasures until the end of the transaction, which writes personal rows.

    Call it before reading any data that is then written, and before locking the tables.
    """
    await lock_transaction_shared(session, ERASURE_LOCK)


async def count_erased(session: AsyncSession) -> int:
    """Return how many people were erased; it only ever grows."""
    return int((await (await session.connection()).execute(text(COUNT_SQL))).scalar_one())


async def remember_erased(session: AsyncSession, user_id: int, now: datetime) -> None:
    """Note that a user was erased at `now`; a second time changes nothing.

    Waits for everybody who writes rows of people, and keeps them waiting until the transaction
    ends: so it sees all that is to be deleted.
    """
    await lock_transaction(session, ERASURE_LOCK)
    user_hash = hash_of(await _key(session), user_id)
    await (await session.connection()).execute(
        text("INSERT INTO erased_users VALUES (:user_hash, :now) ON CONFLICT DO NOTHING"),
        {"user_hash": user_hash, "now": now},
    )


async def erase_name(session: AsyncSession, user_id: int) -> Mapping[str, int]:
    """Delete a learner's name and address."""
    gone = await session.exec(delete(User).where(col(User.id) == user_id))
    return {"users": gone.rowcount}


async def erased_among(session: AsyncSession, user_ids: Sequence[int]) -> frozenset[int]:
    """Return those of the users who were erased."""
    if not await _anybody(session):
        return frozenset()
    params = {"user_ids": list(user_ids), **_pads(await _key(session))}
    found = await (await session.connection()).execute(text(AMONG_SQL), params)
    return frozenset(found.scalars())


async def skip_staged(session: AsyncSession) -> int:
    """Delete the rows of the temporary table `staged` whose `user_id` was erased."""
    if not await _anybody(session):
        return 0
    params = _pads(await _key(session))
    skipped = await (await session.connection()).execute(text(SKIP_SQL), params)
    return int(skipped.scalar_one())


async def _anybody(session: AsyncSession) -> bool:
    sql = text("SELECT EXISTS (SELECT FROM erased_users)")
    return bool((await (await session.connection()).execute(sql)).scalar_one())


async def _key(session: AsyncSession) -> bytes:
    """Return the key, which is made at the first need and as long as a block of the hash."""
    connection = await session.connection()
    await connection.execute(
        text("INSERT INTO service_secrets VALUES (:name, :value) ON CONFLICT DO NOTHING"),
        {"name": SECRET, "value": secrets.token_bytes(BLOCK_BYTES)},
    )
    sql = text("SELECT value FROM service_secrets WHERE name = :name")
    return bytes((await connection.execute(sql, {"name": SECRET})).scalar_one())


def _pads(key: bytes) -> dict[str, bytes]:
    """Return what HMAC hashes before the message, so that Postgres can hash whole columns."""
    return {
        "inner": bytes(byte ^ INNER_PAD for byte in key),
        "outer": bytes(byte ^ OUTER_PAD for byte in key),
    }
