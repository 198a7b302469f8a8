"""`headsup sync`."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from app.cli.terminal import errors, output, run
from app.kit.clock import utc_now
from app.kit.plurals import counted
from app.settings import Settings
from app.sources.database.connect import open_database
from app.sources.imports import Imported
from app.sources.platform.connection import platform_of
from app.sources.platform.sync import SyncResult
from app.sources.platform.sync import sync as sync_platform


def sync_command(
    *,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Compare all rows, to find changes without a new timestamp and deletions.",
        ),
    ] = False,
    accept_vanished: Annotated[
        bool,
        typer.Option(
            "--accept-vanished",
            help="End the subscriptions that are gone, even if those are most of them.",
        ),
    ] = False,
) -> None:
    """Copy the changes from the platform's database: all of them, or none.

    Reads academies, subscribers, subscriptions, instalment plans, seats of teams and telemetry
    from HEADSUP_PLATFORM_DATABASE_URL, in one snapshot, and writes nothing there.
    """
    settings = Settings.from_environment()
    result = run(_sync(settings, full=full, accept_vanished=accept_vanished))
    for imported in result.imported:
        output.print(f"{imported.kind}: {_counted(imported)}.")
    if result.vanished:
        output.print(f"{counted(result.vanished, 'subscription')} gone there, ended now.")
    for note in result.notes:
        errors.print(f"Note: {escape(note)}.", soft_wrap=True)


async def _sync(settings: Settings, *, full: bool, accept_vanished: bool) -> SyncResult:
    platform = platform_of(settings)
    async with open_database(settings) as database:
        return await sync_platform(
            database, platform, full=full, now=utc_now(), accept_vanished=accept_vanished
        )


def _counted(imported: Imported) -> str:
    counts = [
        f"{count:,} {name.replace('_', ' ')}"
        for name, count in asdict(imported).items()
        if isinstance(count, int) and count
    ]
    return ", ".join(counts) or "nothing to do"
