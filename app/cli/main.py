"""The command `headsup`."""

import logging
import os
import sys

import typer
from rich.markup import escape

from app.cli import (
    alerts,
    demo,
    doctor,
    exports,
    generate,
    imports,
    keys,
    migrate,
    serve,
    sync,
    worker,
)
from app.cli.terminal import errors
from app.kit import logs
from app.kit.errors import AppError
from app.kit.failures import translate_failures
from app.kit.folders import FOR_OTHERS

app = typer.Typer(
    name="headsup",
    help="Tells an online academy every morning which subscribers are about to leave, and why.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("generate-report")(generate.generate_report)
app.command("plan")(generate.plan_command)
app.command("import")(imports.import_)
app.command("sync")(sync.sync_command)
app.command("export")(exports.export_report)
app.command("migrate")(migrate.migrate_command)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.add_typer(keys.keys_app, name="keys")
app.add_typer(alerts.alerts_app, name="alerts")
app.command("worker")(worker.worker)


def main() -> None:
    """Run the command line; exit with 0 when done, 1 on a failure, 2 on wrong usage."""
    os.umask(FOR_OTHERS)
    logs.configure(level=logging.ERROR, as_json=False)
    try:
        with translate_failures():
            app()
    except AppError as error:
        errors.print(f"[bold red]Error:[/] {escape(error.full_message)}", soft_wrap=True)
        for fault in error.faults:
            if fault.message not in error.message:
                errors.print(f"  {escape(fault.pointer)}: {escape(fault.message)}", soft_wrap=True)
        sys.exit(error.exit_code)
