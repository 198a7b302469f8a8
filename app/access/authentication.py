"""Authenticates a request by its API key, which is cached for a few seconds once verified."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from fastapi.security.utils import get_authorization_scheme_param

from app.access import store
from app.access.attempts import FailedAttempts
from app.access.errors import Unauthorized
from app.access.scopes import Key, Scope
from app.kit.http.dependencies import Shell, get_shell

KEY_CACHE_SECONDS = 5.0
"""The longest time for which a key that another process revoked is still accepted here."""
MAX_CACHED_KEYS = 1000


class KeyCache:
    """Recently verified keys, by the SHA-256 of their token."""

    def __init__(self, seconds: float = KEY_CACHE_SECONDS) -> None:
        self.seconds = seconds
        self._keys: OrderedDict[bytes, tuple[float, Key]] = OrderedDict()
        self._forgotten: dict[UUID, float] = {}

    def get(self, digest: bytes) -> Key | None:
        """Return the key if it was verified recently enough."""
        verified_at, key = self._keys.get(digest, (float("-inf"), None))
        return key if time.monotonic() - verified_at < self.seconds else None

    def put(self, digest: bytes, key: Key) -> None:
        """Add a key unless it is being revoked; evict the oldest if there are too many."""
        if time.monotonic() - self._forgotten.get(key.id, float("-inf")) < self.seconds:
            return
        self._keys[digest] = (time.monotonic(), key)
        self._keys.move_to_end(digest)
        if len(self._keys) > MAX_CACHED_KEYS:
            self._keys.popitem(last=False)

    def forget(self, key_id: UUID) -> None:
        """Remove a key that is being revoked, and do not add it again before the commit."""
        now = time.monotonic()
        self._forgotten = {k: at for k, at in self._forgotten.items() if now - at < self.seconds}
        self._forgotten[key_id] = now
        for digest in [d for d, (_, key) in self._keys.items() if key.id == key_id]:
            del self._keys[digest]


async def get_key_cache(request: Request) -> KeyCache:
    """Return the key cache of this process."""
    remembered: KeyCache = request.app.state.key_cache
    return remembered


KeyCacheDep = Annotated[KeyCache, Depends(get_key_cache)]


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """Bounds the work that invalid keys cause; valid keys are never refused.

    Keys from an address without attempts left are looked up in `lane`, one after the other, so
    that a flood of them occupies a single connection of the database.
    """

    attempts: FailedAttempts = field(default_factory=FailedAttempts)
    lane: asyncio.Lock = field(default_factory=asyncio.Lock)


class Requirement(SecurityBase):
    """A dependency that returns the key of the request and checks its scope.

    It is a single callable and not a tree of dependencies: resolving each of those takes FastAPI
    longer than the whole check.
    """

    model = HTTPBearer(
        bearerFormat="hu_...",
        description="A key of the service, made by `headsup keys create` or `POST /keys`.",
    )
    scheme_name = "key"

    def __init__(self, scope: Scope | None = None, report_type: str | None = None) -> None:
        self.scope = scope
        self.report_type = report_type

    async def __call__(self, request: Request) -> Key:
        """Return the key; raise `Unauthorized` if it is invalid, `Forbidden` without the scope."""
        key = await _key_of(request)
        structlog.contextvars.bind_contextvars(key=key.name)
        if self.scope is not None:
            key.check(self.scope)
        if self.report_type is not None:
            key.check_report(self.report_type)
        return key


KeyDep = Annotated[Key, Depends(Requirement())]


def require(scope: Scope, *, report_type: str | None = None) -> object:
    """Return a dependency that is the request's key, which must have `scope`."""
    dependency: object = Depends(Requirement(scope, report_type))
    return dependency


async def _key_of(request: Request) -> Key:
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized("Send a key: Authorization: Bearer hu_...", code="missing_key")
    shell, remembered = await get_shell(request), await get_key_cache(request)
    digest = hashlib.sha256(token.encode()).digest()
    known = remembered.get(digest)
    key = known or await _verified(request, shell, token, digest)
    if key is None or (key.expires_at is not None and key.expires_at <= shell.clock()):
        limits: KeyLimits = request.app.state.key_limits
        limits.attempts.count(_address_of(request))
        raise Unauthorized("The key is unknown, revoked or expired.", code="invalid_key")
    if known is None:
        remembered.put(digest, key)
    return key


def _address_of(request: Request) -> str:
    """Return the address of the connection, or the one that a trusted proxy names."""
    return request.client.host if request.client else ""


async def _verified(request: Request, shell: Shell, token: str, digest: bytes) -> Key | None:
    """Look a key up; one at a time for an address that sent too many invalid keys."""
    read = partial(_found, shell, token)
    limits: KeyLimits = request.app.state.key_limits
    if not limits.attempts.is_exhausted(_address_of(request)):
        return await shell.shared.get(("key", digest), read)
    async with limits.lane:
        return await read()


async def _found(shell: Shell, token: str) -> Key | None:
    async with shell.database.transaction() as session:
        return await store.verify(session, token, shell.clock())
