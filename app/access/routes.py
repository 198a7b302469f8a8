"""Keys over HTTP, and what the key of the request may do."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.access import store
from app.access.authentication import KeyCacheDep, KeyDep, require
from app.access.models import ApiKey
from app.access.scopes import Key, Scope
from app.kit.errors import Fault, Forbidden, Invalid
from app.kit.http.dependencies import SessionDep, ShellDep
from app.kit.http.etags import TaggedRoute
from app.kit.http.problems import answers
from app.kit.values import Id, Instant, Name, Text

SHOWN_KEY: dict[str, Any] = {
    "id": "0190b5a0-6a3e-7c58-8f6e-2f6a2d1c9b11",
    "name": "dashboard",
    "prefix": "1f0c9a77be",
    "scopes": ["reports:read"],
    "academies": [1],
    "report_types": None,
    "expires_at": None,
}
LISTED_KEY = SHOWN_KEY | {
    "created_at": "2026-03-11T09:00:00Z",
    "created_by": "command line",
    "revoked_at": None,
    "last_used_at": None,
}
MADE = LISTED_KEY | {"token": "hu_1f0c9a77be_Zm9yIGV4YW1wbGUgb25seSwgaXQgb3BlbnMgbm90aGluZw"}

router = APIRouter(route_class=TaggedRoute)

Admin = Annotated[Key, require(Scope.ADMIN)]
NO_ID = UUID(int=0)


class KeyShown(BaseModel):
    """A key without its secret; null for academies or report types means all of them."""

    model_config = ConfigDict(json_schema_extra={"examples": [SHOWN_KEY]})

    id: UUID
    name: str
    prefix: str = Field(description="How the key begins, after `hu_`.")
    scopes: list[Scope]
    academies: list[int] | None
    report_types: list[str] | None
    expires_at: datetime | None


class KeyListed(KeyShown):
    """A key as its keepers see it."""

    model_config = ConfigDict(json_schema_extra={"examples": [LISTED_KEY]})

    created_at: datetime
    created_by: str
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="Exact to about a minute.")


class KeyMade(KeyListed):
    """A new key; the token is shown this once."""

    model_config = ConfigDict(json_schema_extra={"examples": [MADE]})

    token: str


class Keys(BaseModel):
    """Keys, the newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [LISTED_KEY], "next_cursor": None}]}
    )

    items: list[KeyListed]
    next_cursor: None = None


class KeyAsked(BaseModel):
    """A key to be made; it may do no more than the one that makes it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "dashboard", "scopes": ["reports:read"], "academies": [1]}]
        },
    )

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1)]
    academies: Annotated[list[Id], Field(min_length=1, max_length=1000)] | None = None
    report_types: Annotated[list[Text], Field(min_length=1, max_length=100)] | None = None
    expires_at: Instant | None = None

    def key(self) -> Key:
        """Return what the key may do."""
        return Key(
            id=NO_ID,
            name=self.name,
            prefix="",
            scopes=frozenset(self.scopes),
            academies=None if self.academies is None else frozenset(self.academies),
            report_types=None if self.report_types is None else frozenset(self.report_types),
            expires_at=self.expires_at,
        )


@router.get("/me", tags=["directory"], summary="What this key may do")
async def get_me(key: KeyDep) -> KeyShown:
    """Answer the key of the request: its scopes and the academies and reports it is limited to."""
    return KeyShown.model_validate(_shown(key))


@router.get("/keys", tags=["keys"], summary="List the keys")
async def list_keys(key: Admin, session: SessionDep) -> Keys:
    """List the keys that this key could have made, revoked ones too, the newest first."""
    rows = await store.list_all_keys(session)
    return Keys(items=[_listed(row) for row in rows if key.covers(row.key)])


@router.post("/keys", tags=["keys"], status_code=201, summary="Make a key")
async def create_key(asked: KeyAsked, key: Admin, session: SessionDep, shell: ShellDep) -> KeyMade:
    """Make a key and show it, this once. It may do no more than the key that makes it."""
    wanted, now = asked.key(), shell.clock()
    _check_expiry(wanted.expires_at, now)
    if not key.covers(wanted):
        raise Forbidden("A key makes only keys that may do no more than itself.", code="not_lesser")
    issued = await store.issue(session, wanted, created_by=key.name, now=now)
    return KeyMade(**_listed(issued.row).model_dump(), token=issued.token)


@router.delete(
    "/keys/{key_id}", tags=["keys"], status_code=204, responses=answers(404), summary="Revoke a key"
)
async def revoke_key(
    key_id: UUID, key: Admin, session: SessionDep, shell: ShellDep, remembered: KeyCacheDep
) -> None:
    """Close a key: at once in this process, after 5 seconds at the latest in every other."""
    row = await store.find_key(session, key_id)
    if not key.covers(row.key):
        raise store.unknown_key(str(key_id))
    await store.revoke_api_key(session, row, shell.clock())
    remembered.forget(key_id)


def _check_expiry(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is None:
        return
    if expires_at <= now:
        fault = Fault(pointer="/expires_at", message="an instant with its offset, in the future")
        raise Invalid("The key would never be valid.", code="invalid_expiry", faults=[fault])


def _shown(key: Key) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": sorted(key.scopes),
        "academies": None if key.academies is None else sorted(key.academies),
        "report_types": None if key.report_types is None else sorted(key.report_types),
        "expires_at": key.expires_at,
    }


def _listed(row: ApiKey) -> KeyListed:
    when = ("created_at", "created_by", "revoked_at", "last_used_at")
    return KeyListed.model_validate(_shown(row.key) | {name: getattr(row, name) for name in when})
