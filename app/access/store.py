"""Every statement on keys."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.access.models import ApiKey
from app.access.scopes import Key
from app.kit.errors import NotFound

KEY_PREFIX = "hu"
PREFIX_BYTES = 5
SECRET_BYTES = 32
USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A key that was just made; `token` is known now and never again."""

    row: ApiKey
    token: str


async def issue(session: AsyncSession, key: Key, *, created_by: str, now: datetime) -> Issued:
    """Write a new key that may do what `key` says; its `id` and `prefix` are drawn here."""
    prefix, secret = secrets.token_hex(PREFIX_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    drawn = replace(key, id=uuid4(), prefix=prefix)
    row = ApiKey(
        id=drawn.id,
        name=drawn.name,
        prefix=prefix,
        secret_sha256=_digest(secret),
        scopes=sorted(drawn.scopes),
        academies=None if drawn.academies is None else sorted(drawn.academies),
        report_types=None if drawn.report_types is None else sorted(drawn.report_types),
        created_at=now,
        created_by=created_by,
        expires_at=drawn.expires_at,
    )
    session.add(row)
    await session.flush()
    return Issued(row=row, token=f"{KEY_PREFIX}_{prefix}_{secret}")


async def verify(session: AsyncSession, token: str, now: datetime) -> Key | None:
    """Return the key that `token` opens; None if it opens nothing.

    That it was used is noted at most once a minute.
    """
    mark, _, rest = token.partition("_")
    prefix, _, secret = rest.partition("_")
    if mark != KEY_PREFIX or not secret or "\0" in prefix:
        return None
    row = (await session.exec(select(ApiKey).where(col(ApiKey.prefix) == prefix))).first()
    if row is None or not hmac.compare_digest(row.secret_sha256, _digest(secret)):
        return None
    if not row.is_valid(now):
        return None
    if row.last_used_at is None or row.last_used_at <= now - USE_NOTED_EVERY:
        await _note_use(session, row.id, now)
    return row.key


async def list_all_keys(session: AsyncSession) -> Sequence[ApiKey]:
    """List all keys, the newest first, revoked ones too."""
    newest = select(ApiKey).order_by(col(ApiKey.created_at).desc(), col(ApiKey.id))
    return (await session.exec(newest)).all()


async def find_key(session: AsyncSession, key_id: UUID) -> ApiKey:
    """Return a key's row, or raise `NotFound`."""
    row = await session.get(ApiKey, key_id)
    if row is None:
        raise unknown_key(str(key_id))
    return row


async def find_prefix(session: AsyncSession, prefix: str) -> ApiKey:
    """Return the row of the key that begins so, or raise `NotFound`."""
    bare = prefix.removeprefix(f"{KEY_PREFIX}_")
    row = (await session.exec(select(ApiKey).where(col(ApiKey.prefix) == bare))).first()
    if row is None:
        raise unknown_key(prefix)
    return row


async def revoke_api_key(session: AsyncSession, row: ApiKey, now: datetime) -> None:
    """Close a key; the first time counts."""
    row.revoked_at = row.revoked_at or now
    session.add(row)
    await session.flush()


def unknown_key(name: str) -> NotFound:
    """Return the error for a key that does not exist, or not for who asks."""
    return NotFound(f"There is no key {name}.", code="unknown_key")


async def _note_use(session: AsyncSession, key_id: UUID, now: datetime) -> None:
    used = col(ApiKey.last_used_at)
    await session.exec(
        update(ApiKey)
        .where(col(ApiKey.id) == key_id, or_(used.is_(None), used <= now - USE_NOTED_EVERY))
        .values(last_used_at=now)
    )


def _digest(secret: str) -> bytes:
    """Hash a secret; it is random and long, so that one round is as good as many."""
    return hashlib.sha256(secret.encode()).digest()
