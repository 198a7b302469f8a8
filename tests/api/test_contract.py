"""The service answers as it describes itself, whatever is sent to it."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.access.attempts import FailedAttempts
from app.access.authentication import KeyLimits
from app.access.scopes import Scope
from app.api.app import create_app
from app.kit.db.engine import Database
from app.settings import Settings
from tests.support.loopback import live
from tests.support.published import publish, risk
from tests.support.service import token

pytestmark = pytest.mark.usefixtures("untraced")

HOOKS = Path(__file__).parents[1] / "support" / "schemathesis_hooks.py"
UNSAID = "positive_data_acceptance"
"""That a date excludes a first day, that an expiry lies ahead: a schema cannot say such rules."""
OPTIONS = ("--checks", "all", "--exclude-checks", UNSAID, "--seed", "1", "--no-color")
SHORT = ("--phases", "examples,fuzzing", "--max-examples", "4", "--no-shrink")
LONG = ("--max-examples", "150")


async def check(database: Database, home: Path, *options: str, key: str | None) -> str:
    """Let schemathesis ask the live service; return what it found wrong, with all its checks.

    It sends more invalid keys than an address may, and expects 401 for each.
    """
    app = create_app(Settings(home=home, database_url=SecretStr(database.url)))
    sent = [] if key is None else ["--header", f"Authorization: Bearer {key}"]
    app.state.key_limits = KeyLimits(FailedAttempts(max_attempts=1_000_000))
    with live(app) as url:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"]
        done = await asyncio.create_subprocess_exec(
            *command,
            *OPTIONS,
            *options,
            *sent,
            stdout=PIPE,
            stderr=STDOUT,
            cwd=home,
            env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)},  # noqa: TID251 - of another program
        )
        said, _ = await done.communicate()
    (home / "schemathesis.txt").write_bytes(said)
    return "" if done.returncode == 0 else said.decode().partition("= FAILURES =")[2] or "?"


@pytest.mark.parametrize("with_key", [True, False])
async def test_no_answer_is_undeclared(
    database: Database, tmp_path: Path, *, with_key: bool
) -> None:
    await publish(database, risk(), risk(user_id=2, academy_id=2))
    key = await token(database, *Scope) if with_key else None

    wrong = await check(database, tmp_path, *SHORT, key=key)

    assert wrong == ""


@pytest.mark.prove
@pytest.mark.parametrize("with_key", [True, False])
async def test_no_answer_is_undeclared_in_the_long_run(
    database: Database, tmp_path: Path, *, with_key: bool
) -> None:
    await publish(database, *(risk(user_id=n) for n in range(1, 100)))
    key = await token(database, *Scope) if with_key else None

    wrong = await check(database, tmp_path, *LONG, key=key)

    assert wrong == ""
