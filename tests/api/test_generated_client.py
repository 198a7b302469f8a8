"""What an integrator does: generate a client from the description, and use it."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from uuid import uuid4

import pytest

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.runs.models import EVERY_ACADEMY
from tests.support.http_client import token
from tests.support.openapi_document import DOCUMENT, OPERATIONS
from tests.support.report_runs import run_days
from tests.support.service_processes import services
from tests.support.simulated_academies import simulated_sources, yesterday

UNKNOWN_BODY = "Unsupported content type application/x-ndjson"
"""Of the generator; the operations that say so have a JSON body as well."""
PAGE = 40
PROGRAM = f"""
import json, sys, time
from client import AuthenticatedClient
from client.api.churn import list_churn_risk
from client.api.reports import get_run, run_report
from client.models import RunAsked, RunStatus

url, token = sys.argv[1:]
headsup = AuthenticatedClient(base_url=url, token=token, raise_on_unexpected_status=True)
page = list_churn_risk.sync(client=headsup, limit={PAGE})
learners = [item.user_id for item in page.items]
while page.next_cursor:
    page = list_churn_risk.sync(client=headsup, limit={PAGE}, cursor=page.next_cursor)
    learners += [item.user_id for item in page.items]
run = run_report.sync("churn", client=headsup, body=RunAsked(days_back=2))
seen = run
while seen.status in (RunStatus.PENDING, RunStatus.RUNNING):
    time.sleep(0.2)
    seen = get_run.sync(run.id, client=headsup).run
print(json.dumps({{"learners": learners, "first": run.status, "last": seen.status}}))
"""


async def said_by(*words: str, folder: Path) -> str:
    """Run a program of Python in a folder to its good end; return what it said."""
    command = await asyncio.create_subprocess_exec(
        sys.executable, *words, cwd=folder, stdout=PIPE, stderr=PIPE
    )
    said, complained = await command.communicate()
    assert command.returncode == 0, complained.decode()
    return said.decode()


@pytest.fixture
async def program(tmp_path: Path) -> Path:
    """A program beside the client that it uses; no operation is missing from the client."""
    (tmp_path / "openapi.json").write_text(json.dumps(DOCUMENT), "utf-8")
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")
    where = ("--path", "openapi.json", "--output-path", "client", "--meta", "none")
    said = await said_by("-m", "openapi_python_client", "generate", *where, folder=tmp_path)
    warnings = said.split("WARNING")[1:]
    made = [path for path in (tmp_path / "client/api").glob("*/*.py") if path.stem != "__init__"]
    assert all(UNKNOWN_BODY in warning for warning in warnings), said
    assert len(made) == len(OPERATIONS)
    return tmp_path / "program.py"


@pytest.mark.prove
async def test_a_generated_client_pages_through_risks_and_watches_a_run(
    database: Database, short_folder: Path, program: Path
) -> None:
    home = short_folder / uuid4().hex
    sources = await simulated_sources(database, home, days=20)
    ran = await run_days(sources, yesterday(), yesterday())
    key = await token(database, Scope.REPORTS_READ, Scope.REPORTS_RUN)
    with services(database, home, HEADSUP_SCHEDULE="0 0 29 2 *") as fleet:
        [url] = await fleet.serving(1)

        said = await said_by(program.name, url, key, folder=program.parent)

    found = json.loads(said)
    [rows] = [day.rows for day in ran.days if day.academy_id == EVERY_ACADEMY]
    assert len(found["learners"]) == rows > 3 * PAGE
    assert (found["first"], found["last"]) == ("PENDING", "DONE")
