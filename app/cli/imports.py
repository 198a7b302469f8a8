"""`headsup import`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.cli.terminal import errors, output, run
from app.kit.clock import utc_now
from app.kit.errors import Invalid
from app.kit.plurals import counted
from app.settings import Settings
from app.sources.database.connect import open_database
from app.sources.imports import Imported
from app.sources.imports.import_file import FileKind, import_activity, import_file
from app.sources.startup import open_lake

COUNT_LABELS = {"skipped_erased": "skipped because their users were erased"}


def import_(
    kind: Annotated[FileKind, typer.Argument(help="The kind of rows in the file.")],
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv, .ndjson or .parquet file.")],
    *,
    replace_days: Annotated[
        bool,
        typer.Option(
            "--replace-days",
            help="Activity only: replace all stored activity of each day in the file.",
        ),
    ] = False,
) -> None:
    """Import a file: all of its rows, or none if a row is invalid.

    Importing the same file again changes nothing.
    """
    if replace_days and kind is not FileKind.ACTIVITY:
        raise Invalid("--replace-days goes with activity only: other rows are known by their id.")
    imported = run(_import(kind, path, replace_days=replace_days))
    counts = {
        name: count
        for name, count in asdict(imported).items()
        if isinstance(count, int) and count and name != "read"
    }
    said = ", ".join(
        f"{count:,} {COUNT_LABELS.get(name, name.replace('_', ' '))}"
        for name, count in counts.items()
    )
    output.print(f"{counted(imported.read, 'row')} of {kind} read: {said or 'nothing to do'}.")
    if imported.ignored_columns:
        errors.print(f"Columns that are not used: {', '.join(imported.ignored_columns)}.")


async def _import(kind: FileKind, path: Path, *, replace_days: bool) -> Imported:
    settings = Settings.from_environment()
    async with open_database(settings) as database:
        if kind is FileKind.ACTIVITY:
            return await import_activity(
                path,
                open_lake(settings, database),
                settings=settings,
                now=utc_now(),
                replace_days=replace_days,
            )
        return await import_file(kind, path, database=database, settings=settings, now=utc_now())
