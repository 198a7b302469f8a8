"""`headsup keys create`, `list` and `revoke`."""

import re
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from app.access import store
from app.access.models import ApiKey
from app.access.scopes import Key, Scope
from app.cli.terminal import errors, output, run, show
from app.kit.clock import utc_now
from app.kit.errors import Invalid
from app.kit.plurals import counted
from app.kit.values import MAX_CHARACTERS, MAX_ID
from app.runs.contract import TextTable
from app.runs.registry import report_named
from app.settings import Settings
from app.sources.database.connect import open_database

keys_app = typer.Typer(help="Create, list and revoke keys of the HTTP API.", no_args_is_help=True)

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
KEY_COLUMNS = ("key", "name", "scopes", "academies", "reports", "expires", "last used", "state")

KeyNameArgument = Annotated[str, typer.Argument(help="The person or program that uses the key.")]
ScopeOption = Annotated[
    list[Scope], typer.Option("--scope", help="What the key may do; may be repeated.")
]
KeyAcademyOption = Annotated[
    list[int] | None,
    typer.Option("--academy", min=1, max=MAX_ID, help="Only this academy; may be repeated."),
]
ReportOption = Annotated[
    list[str] | None, typer.Option("--report", help="Only this report; may be repeated.")
]
ExpiryOption = Annotated[
    str | None,
    typer.Option(
        "--expires-in", help="How long the key is valid: 90d, 12h or 30m; by default for ever."
    ),
]


@keys_app.command("create")
def create_key_command(
    name: KeyNameArgument,
    *,
    scope: ScopeOption,
    academy: KeyAcademyOption = None,
    report: ReportOption = None,
    expires_in: ExpiryOption = None,
) -> None:
    """Create a key and print it; it cannot be shown again."""
    _check_name(name)
    for report_type in report or ():
        report_named(report_type)
    wanted = Key(
        id=UUID(int=0),
        name=name.strip(),
        prefix="",
        scopes=frozenset(scope),
        academies=frozenset(academy) if academy else None,
        report_types=frozenset(report) if report else None,
        expires_at=None if expires_in is None else utc_now() + _duration(expires_in),
    )
    output.print(run(_create(wanted)), soft_wrap=True)
    errors.print("Keep it: it cannot be shown again.")


@keys_app.command("list")
def list_keys_command() -> None:
    """List all keys, without their secrets."""
    rows = [_row(row) for row in run(_listed())]
    show([TextTable(title=counted(len(rows), "key"), columns=KEY_COLUMNS, rows=rows)])


@keys_app.command("revoke")
def revoke_key_command(
    key: Annotated[str, typer.Argument(help="The start of the key: hu_0123456789.")],
) -> None:
    """Revoke a key; running services refuse it within seconds."""
    row = run(_revoke(key))
    output.print(f"The key {row.name} is revoked.", markup=False)


async def _create(wanted: Key) -> str:
    async with (
        open_database(Settings.from_environment()) as database,
        database.transaction() as session,
    ):
        issued = await store.issue(session, wanted, created_by="command line", now=utc_now())
    return issued.token


async def _listed() -> list[ApiKey]:
    async with (
        open_database(Settings.from_environment()) as database,
        database.transaction() as session,
    ):
        return list(await store.list_all_keys(session))


async def _revoke(prefix: str) -> ApiKey:
    async with (
        open_database(Settings.from_environment()) as database,
        database.transaction() as session,
    ):
        row = await store.find_prefix(session, prefix)
        await store.revoke_api_key(session, row, utc_now())
    return row


def _check_name(name: str) -> None:
    if not 0 < len(name.strip()) <= len(name) <= MAX_CHARACTERS:
        raise Invalid(f"A key has a name of 1 to {MAX_CHARACTERS} characters.")


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"([1-9][0-9]{0,4})([dhm])", text)
    if found is None:
        raise Invalid(f"--expires-in is {text!r}; write it like 90d, 12h or 30m.")
    return int(found[1]) * UNITS[found[2]]


def _row(row: ApiKey) -> list[str]:
    return [
        f"hu_{row.prefix}",
        row.name,
        ", ".join(row.scopes),
        "all" if row.academies is None else ", ".join(map(str, row.academies)),
        "all" if row.report_types is None else ", ".join(row.report_types),
        f"{row.expires_at:%Y-%m-%d %H:%M}" if row.expires_at else "never",
        f"{row.last_used_at:%Y-%m-%d %H:%M}" if row.last_used_at else "never",
        "revoked" if row.revoked_at else "valid" if row.is_valid(utc_now()) else "expired",
    ]
