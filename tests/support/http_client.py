"""An HTTP client of the service in this process, and API keys for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp

from app.access import store
from app.access.scopes import Key, Scope
from app.api.app import create_app
from app.kit.clock import Clock
from app.kit.db.engine import Database
from app.settings import Settings
from app.sources.sources import Sources
from app.sources.startup import open_lake

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)


def fixed_clock() -> datetime:
    """Return the instant at which the service believes to be: the morning after `DAY`."""
    return NOW


def service(database: Database, home: Path, *, clock: Clock = fixed_clock) -> FastAPI:
    """Return the service on a database, with an empty lake."""
    settings = Settings(home=home)
    sources = Sources(
        database=database,
        warehouse=open_lake(settings, database),
        zone=settings.zone,
        spool=home / "spool",
    )
    return create_app(settings, sources=sources, clock=clock)


async def token(database: Database, *scopes: Scope, **limits: object) -> str:
    """Store an API key with these scopes (reports:read by default); return its token."""
    key = Key(
        id=UUID(int=0),
        prefix="",
        scopes=frozenset(scopes or {Scope.REPORTS_READ}),
        **{"name": "tester", **limits},  # type: ignore[arg-type]
    )
    async with database.transaction() as session:
        return (await store.issue(session, key, created_by="tests", now=NOW)).token


@asynccontextmanager
async def open_client(app: ASGIApp, key: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of the service; an unexpected error arrives as its 500 and is not raised."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://headsup", headers=headers
    ) as client:
        yield client
