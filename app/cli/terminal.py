"""Output of the commands: tables on standard output, progress and errors on standard error."""

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from app.kit import logs
from app.runs.contract import TextTable

PLAIN_WIDTH = 120
INTERRUPTED_STATUS = 130
"""The exit status of a shell for a command that Ctrl-C ended."""
output = Console(highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
errors = Console(stderr=True, highlight=False)
T = TypeVar("T")


def run(work: Coroutine[None, None, T]) -> T:
    """Run a command's coroutine; exit with 130 on Ctrl-C."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        errors.print("Stopped.")
        raise typer.Exit(INTERRUPTED_STATUS) from None


def be_verbose() -> None:
    """Log at level INFO, as text."""
    logs.configure(level=logging.INFO, as_json=False)


def show(tables: Iterable[TextTable]) -> None:
    """Print tables."""
    for table in tables:
        drawn = Table(title=escape(table.title), title_justify="left", title_style="bold")
        for column in table.columns:
            drawn.add_column(column, justify="right" if column in table.numbers else "left")
        for row in table.rows:
            drawn.add_row(*(escape(cell) for cell in row))
        output.print(drawn, "")


def days_bar(total: int) -> tuple[AbstractContextManager[object], Callable[[str], None]]:
    """Return a context and a callback for each finished day: a bar, or lines without a terminal."""
    if not errors.is_terminal:
        return nullcontext(), lambda line: errors.print(escape(line), soft_wrap=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors,
    )
    task = bar.add_task("days", total=total)

    def advance(line: str) -> None:
        bar.update(task, advance=1, description=line)

    return bar, advance
