"""Stores the answers to requests with an `Idempotency-Key`, which are repeated for a day."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.locks import lock_transaction
from app.kit.errors import Fault, Invalid
from app.runs.execution.maintenance import IDEMPOTENT_FOR
from app.runs.models import RunKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeatable:
    """Identifies a request: the API key, the route, the idempotency key and the body."""

    key_id: UUID
    route: str
    idempotency_key: str
    body: str

    @property
    def digest(self) -> bytes:
        """Return the hash of the body."""
        return hashlib.sha256(self.body.encode()).digest()


async def answered(session: AsyncSession, asked: Repeatable, now: datetime) -> RunKey | None:
    """Return the answer given to the same request within a day; `Invalid` for another body.

    Of several at once, one goes on, and the others wait for its transaction to end.
    """
    where = (asked.key_id, asked.route, asked.idempotency_key)
    await lock_transaction(session, "/".join(map(str, where)))
    old = col(RunKey.created_at) < now - IDEMPOTENT_FOR
    await session.exec(delete(RunKey).where(col(RunKey.key_id) == asked.key_id, old))
    found = await session.get(RunKey, where)
    if found is not None and found.body_sha256 != asked.digest:
        text = "it was sent with another body within 24 hours"
        fault = Fault(pointer="/header/Idempotency-Key", message=text)
        code = "idempotency_key_reused"
        raise Invalid("The key of the request is taken.", code=code, faults=[fault])
    return found


def remember_answer(
    session: AsyncSession, asked: Repeatable, run_id: UUID, status: int, *, now: datetime
) -> None:
    """Store the answer to a request, in the caller's transaction."""
    row = RunKey(
        key_id=asked.key_id,
        route=asked.route,
        idempotency_key=asked.idempotency_key,
        body_sha256=asked.digest,
        status=status,
        run_id=run_id,
        created_at=now,
    )
    session.add(row)
