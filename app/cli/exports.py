"""`headsup export`."""

import shutil
import sys
from asyncio import to_thread
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import duckdb
import typer

from app.cli.terminal import errors, run
from app.kit.clock import utc_now
from app.kit.days import day_of
from app.kit.errors import AppError, Invalid, NotFound
from app.kit.plurals import counted
from app.runs import export as runs_export
from app.runs.execution.creation import check_academies
from app.runs.execution.request import DaySelection
from app.runs.export import Format
from app.runs.registry import report_named
from app.settings import Settings
from app.sources.startup import open_sources
from app.sources.warehouse.temp_dirs import private_folder

Params = tuple[date | int | None, ...]


def export_report(
    report: Annotated[str, typer.Argument(help="The report type.", metavar="REPORT")],
    *,
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="One day (YYYY-MM-DD).")
    ] = None,
    date_from: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")
    ] = None,
    date_to: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day.")
    ] = None,
    academy: Annotated[int | None, typer.Option(help="Only this academy.")] = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="By default the ending of FILE, or csv."),
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The file to write; by default standard output."
        ),
    ] = None,
) -> None:
    """Write the published rows of one day or several, with every column of the table."""
    asked = DaySelection(
        day=day.date() if day else None,
        date_from=date_from.date() if date_from else None,
        date_to=date_to.date() if date_to else None,
    )
    run(_export(report, asked, academy, target, form or _format_of(target)))


def _format_of(target: Path | None) -> Format:
    endings = {f".{form}": form for form in Format}
    return endings.get(target.suffix, Format.CSV) if target else Format.CSV


async def _export(
    report: str, asked: DaySelection, academy: int | None, target: Path | None, form: Format
) -> None:
    sql = runs_export.export_sql(report_named(report))
    settings = Settings.from_environment()
    first, last = asked.resolve(day_of(utc_now(), settings.zone))
    async with open_sources(settings) as sources:
        await check_academies(sources, None if academy is None else [academy])
        params: Params = (first, last, academy)
        url = sources.database.url
        with _written(target):
            if target is None:
                rows = await _print(url, sql, params, settings.home / "spool", form)
            else:
                rows = await _replace(url, sql, params, target, form)
    if rows == 0:
        raise NotFound(
            f"Nothing is published {_words(first, last)}. Run `headsup generate-report {report}"
            f" {_options(first, last)}` first."
        )
    errors.print(f"{counted(rows, 'row')}.")


def _words(first: date, last: date) -> str:
    return f"on {first}" if first == last else f"from {first} to {last}"


def _options(first: date, last: date) -> str:
    return f"--date {first}" if first == last else f"--from {first} --to {last}"


@contextmanager
def _written(target: Path | None) -> Iterator[None]:
    """Turn a failed write into an `AppError`, except a closed pipe, which is no failure."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (OSError, duckdb.IOException) as error:
        raise AppError(f"{target or 'The answer'} cannot be written: {error}") from error


async def _print(url: str, sql: str, params: Params, spool: Path, form: Format) -> int:
    """Write to standard output once the export is whole: a failed one writes nothing."""
    with private_folder(spool / "exports") as folder:
        whole = folder / f"rows.{form}"
        rows = await runs_export.export(url, sql, params, whole, form)
        if rows:
            await to_thread(_send, whole)
    return rows


def _send(whole: Path) -> None:
    sys.stdout.flush()
    with whole.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.flush()


async def _replace(url: str, sql: str, params: Params, target: Path, form: Format) -> int:
    _check_target(target)
    partial = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        rows = await runs_export.export(url, sql, params, partial, form)
        if rows:
            partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return rows


def _check_target(target: Path) -> None:
    if not target.parent.is_dir():
        raise NotFound(f"There is no folder {target.parent} to write {target.name} into.")
    if target.is_dir():
        raise Invalid(f"{target} is a folder: name a file in it.")
