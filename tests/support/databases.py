"""Databases that are made for tests, and copies of those that took long to set up."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import make_url

from app.kit.db.engine import Database

Make = Callable[[Database, Path], Awaitable[object]]
"""Sets up a database and a home."""


class Copies:
    """Databases and homes, each set up once; whoever asks gets a copy of both."""

    def __init__(self, server: str, template: str, folder: Path) -> None:
        self._server, self._template, self._folder = server, template, folder
        self._made: dict[Make, tuple[str, Path]] = {}

    @asynccontextmanager
    async def of(self, make: Make, home: Path) -> AsyncIterator[Database]:
        """Lend what `make` sets up, its home copied into `home`."""
        if make not in self._made:
            self._made[make] = await self._make(make)
        url, kept = self._made[make]
        await asyncio.to_thread(shutil.copytree, kept, home, dirs_exist_ok=True)
        own = await create(self._server, url)
        database = Database(own)
        yield database
        await database.close()
        await drop(self._server, own)

    async def _make(self, make: Make) -> tuple[str, Path]:
        url = await create(self._server, self._template)
        kept = self._folder / uuid4().hex[:8]
        kept.mkdir()
        database = Database(url)
        await make(database, kept)
        await database.close()
        return url, kept

    async def drop(self) -> None:
        """Remove what was set up."""
        for url, kept in self._made.values():
            await drop(self._server, url)
            shutil.rmtree(kept)


async def create(server: str, template: str | None = None) -> str:
    """Make a database, a copy of `template` if one is given; return its address."""
    url = make_url(server).set(database=f"test_{uuid4().hex}")
    origin = make_url(template).database if template else "template0"
    await _execute(
        server, f'CREATE DATABASE "{url.database}" TEMPLATE "{origin}" STRATEGY FILE_COPY'
    )
    return url.render_as_string(hide_password=False)


async def drop(server: str, url: str) -> None:
    """Remove a database, whoever uses it."""
    await _execute(server, f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')


async def _execute(url: str, statement: str) -> None:
    connection = await Database(url).connect()
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
