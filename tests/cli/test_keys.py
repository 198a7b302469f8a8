"""`headsup keys`."""

import pytest
from typer.testing import CliRunner

from app.cli.keys import keys_app
from app.kit.db.engine import Database
from tests.cli.conftest import Headsup


@pytest.fixture
def environment(database: Database) -> dict[str, str]:
    """What makes a command use the test's database."""
    return {"HEADSUP_DATABASE_URL": database.url}


def test_a_key_is_printed_once_listed_and_revoked(environment: dict[str, str]) -> None:
    words = ["create", "dash", "--scope", "reports:read", "--academy", "1", "--expires-in", "90d"]
    made = CliRunner().invoke(keys_app, words, env=environment)
    token = made.stdout.strip()
    prefix = token.rsplit("_", 1)[0][:13]

    revoked = CliRunner().invoke(keys_app, ["revoke", prefix], env=environment)
    listed = CliRunner().invoke(keys_app, ["list"], env=environment)

    assert token.startswith("hu_")
    assert revoked.stdout == "The key dash is revoked.\n"
    assert prefix in listed.stdout
    assert "revoked" in listed.stdout
    assert token not in listed.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["create", "dash", "--scope", "everything"],
        ["create", "dash"],
        ["create", "dash", "--scope", "admin", "--expires-in", "soon"],
        ["create", "dash", "--scope", "admin", "--report", "weather"],
        ["revoke", "hu_nothing"],
    ],
)
def test_an_impossible_key_command_fails(environment: dict[str, str], words: list[str]) -> None:
    assert CliRunner().invoke(keys_app, words, env=environment).exit_code != 0


@pytest.mark.parametrize(
    "words",
    [
        ("",),
        (" ",),
        ("n" * 201,),
        ("n", "--academy", "0"),
        ("n", "--academy", str(2**63)),
    ],
)
def test_an_invalid_key_request_is_refused(headsup: Headsup, words: tuple[str, ...]) -> None:
    """A key of academy 0 would have seen what is told of all of them together."""
    answer = headsup("keys", "create", *words, "--scope", "admin")

    assert (answer.status, answer.out) == (2, "")
