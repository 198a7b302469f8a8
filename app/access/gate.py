"""Who asks: the key of a request, verified and remembered for a few seconds."""

import hashlib
import time
from collections import OrderedDict
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.access import store
from app.access.errors import Unauthorized
from app.access.scopes import Key, Scope
from app.kit.web import Shell, ShellDep

REMEMBERED_SECONDS = 5.0
"""A key that was revoked elsewhere is refused here after so many seconds at the latest."""
MOST_REMEMBERED = 1000

bearer = HTTPBearer(
    scheme_name="key",
    bearerFormat="hu_...",
    description="A key of the service, made by `headsup keys create` or `POST /keys`.",
    auto_error=False,
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]


class Remembered:
    """Keys that were verified a moment ago, by the hash of their token."""

    def __init__(self, seconds: float = REMEMBERED_SECONDS) -> None:
        self.seconds = seconds
        self._keys: OrderedDict[bytes, tuple[float, Key]] = OrderedDict()

    def get(self, digest: bytes) -> Key | None:
        """Return the key if it was verified recently enough."""
        verified_at, key = self._keys.get(digest, (float("-inf"), None))
        return key if time.monotonic() - verified_at < self.seconds else None

    def put(self, digest: bytes, key: Key) -> None:
        """Remember a key; the one remembered for longest makes room."""
        self._keys[digest] = (time.monotonic(), key)
        self._keys.move_to_end(digest)
        if len(self._keys) > MOST_REMEMBERED:
            self._keys.popitem(last=False)

    def forget(self, key_id: UUID) -> None:
        """Forget a key that was revoked in this process."""
        for digest in [d for d, (_, key) in self._keys.items() if key.id == key_id]:
            del self._keys[digest]


def get_remembered(request: Request) -> Remembered:
    """Return the keys that this process remembers."""
    remembered: Remembered = request.app.state.remembered
    return remembered


RememberedDep = Annotated[Remembered, Depends(get_remembered)]


async def get_key(credentials: Credentials, shell: ShellDep, remembered: RememberedDep) -> Key:
    """Return the key of the request; raise `Unauthorized` without a valid one."""
    if credentials is None:
        raise Unauthorized("Send a key: Authorization: Bearer hu_...", code="missing_key")
    digest = hashlib.sha256(credentials.credentials.encode()).digest()
    key = remembered.get(digest) or await _verified(shell, credentials.credentials)
    if key is None or (key.expires_at is not None and key.expires_at <= shell.clock()):
        raise Unauthorized("The key is unknown, revoked or expired.", code="invalid_key")
    if remembered.get(digest) is None:
        remembered.put(digest, key)
    structlog.contextvars.bind_contextvars(key=key.name)
    return key


async def _verified(shell: Shell, token: str) -> Key | None:
    async with shell.database.transaction() as session:
        return await store.verify(session, token, shell.clock())


KeyDep = Annotated[Key, Depends(get_key)]


class Requirement:
    """A dependency that lets only keys with a scope pass, and says which one it is."""

    def __init__(self, scope: Scope, report_type: str | None = None) -> None:
        self.scope = scope
        self.report_type = report_type

    async def __call__(self, key: KeyDep) -> Key:
        """Return the key, or raise `Forbidden`."""
        key.check(self.scope)
        if self.report_type is not None:
            key.check_report(self.report_type)
        return key


def require(scope: Scope, *, report_type: str | None = None) -> object:
    """Make a parameter the key of the request, which must have `scope`."""
    dependency: object = Depends(Requirement(scope, report_type))
    return dependency
