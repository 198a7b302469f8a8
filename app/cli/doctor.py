"""`headsup doctor`."""

from collections.abc import AsyncIterator, Sequence

import typer

from app.cli.terminal import output, run, show
from app.hooks import HOOKS
from app.kit.clock import utc_now
from app.kit.errors import AppError
from app.kit.failures import translate_failures
from app.runs.contract import TextTable
from app.runs.execution.context import WorkerContext
from app.runs.monitoring.health import check_reports
from app.settings import Settings
from app.sources.findings import Finding, Level
from app.sources.health import check_settings, check_sources
from app.sources.startup import open_sources

MARKS = {Level.OK: "ok", Level.WARNING: "look", Level.WRONG: "WRONG"}


def doctor() -> None:
    """Check settings, database, sources and reports; exit with 1 if something is wrong."""
    findings = run(_findings(Settings.from_environment()))
    rows = [(MARKS[finding.level], finding.subject, finding.said) for finding in findings]
    show([TextTable(title="headsup doctor", columns=("", "what", "how it is"), rows=rows)])
    wrong = [finding for finding in findings if finding.level is Level.WRONG]
    if wrong:
        output.print(f"{len(wrong)} wrong.")
        raise typer.Exit(1)


async def _findings(settings: Settings) -> Sequence[Finding]:
    return [finding async for finding in _find(settings)]


async def _find(settings: Settings) -> AsyncIterator[Finding]:
    for finding in check_settings(settings):
        yield finding
    try:
        with translate_failures():
            async with open_sources(settings) as sources:
                async for finding in check_sources(sources, utc_now()):
                    yield finding
                stale_after = WorkerContext.of(settings, sources, clock=utc_now).stale_after
                async for finding in check_reports(
                    sources, utc_now(), stale_after=stale_after, hooks=HOOKS
                ):
                    yield finding
    except AppError as error:
        yield Finding(level=Level.WRONG, subject="database", said=error.full_message)
