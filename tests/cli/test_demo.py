"""`headsup demo`: an academy that is made up, in a folder where nothing real is touched."""

import json
import os
import re
import shutil
import signal
import socket
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from app.cli.demo import DEMO_MARKER, demo_settings, make_room
from app.demo.plan import SimulationPlan
from app.kit.errors import Conflict
from app.settings import Settings
from app.sources.database import embedded_guard, embedded_home
from tests.cli.conftest import Headsup
from tests.support.commands import Command
from tests.support.processes import until, user
from tests.support.service_processes import answers, free_port

SMALL = ("demo", "--no-serve", "--learners", "40", "--days", "8")


@pytest.fixture
def home(short_folder: Path) -> Iterator[Path]:
    folder = short_folder / uuid4().hex[:8]
    yield folder
    embedded_guard.stop(embedded_home.data_of(folder / "demo"))
    shutil.rmtree(folder, ignore_errors=True)


def test_an_academy_is_made_up_reported_on_and_shown(home: Path) -> None:
    first = Command(home).run(*SMALL)
    again = Command(home).run(*SMALL)

    assert (first.status, again.status) == (0, 0), first.err
    assert "Made up 4 rows of academies" in first.err
    assert b"DONE: 8 days (8 published)" in first.out
    assert b"riskiest" in first.out
    assert b"DONE: 8 days (8 unchanged)" in again.out
    assert sorted(path.name for path in home.iterdir()) == ["demo"]


def test_the_commands_that_it_prints_can_be_given_as_they_stand(home: Path) -> None:
    out = Command(home).run(*SMALL).out.decode()
    export = re.search(rf"HEADSUP_HOME={home}/demo \S+/headsup (export \S+ --date \S+) -o", out)

    assert export, out
    assert Command(home / "demo").run(*export[1].split()).status == 0


def test_at_the_end_it_is_served_to_the_key_that_it_prints(home: Path) -> None:
    port = free_port()
    serving = Command(home).start("demo", "--learners", "20", "--days", "3", "--port", str(port))
    try:
        until(lambda: answers(port), 120)
    finally:
        os.killpg(serving.pid, signal.SIGINT)
        out, err = serving.communicate()
    token = re.search(r"Bearer (hu_\S+)\"", out.decode())

    assert token, err.decode()
    assert f"http://127.0.0.1:{port}/docs" in out.decode()
    assert b"Traceback" not in err
    assert serving.returncode == 0


def test_the_demo_ignores_configured_databases_and_warehouses() -> None:
    real = Settings(
        home=Path("/srv/headsup"),
        database_url=SecretStr("postgresql://here/real"),
        platform_database_url=SecretStr("postgresql://here/platform"),
        warehouse="bigquery://project/dataset",
        timezone="Europe/Madrid",
    )

    ours = demo_settings(real)

    assert ours.home == Path("/srv/headsup/demo")
    assert (ours.database_url, ours.platform_database_url, ours.warehouse) == (None, None, "lake")
    assert ours.timezone == "Europe/Madrid"


def test_a_demo_of_another_plan_or_zone_replaces_the_last(tmp_path: Path) -> None:
    plan = SimulationPlan(last_day=date(2026, 5, 1), learners=5)
    settings = Settings(home=tmp_path / "demo")

    others = (
        (settings, SimulationPlan(last_day=date(2026, 5, 2), learners=5)),
        (settings.model_copy(update={"timezone": "Asia/Tokyo"}), plan),
    )
    for other in others:
        make_room(settings, plan)
        (tmp_path / "demo" / "left").touch()
        make_room(settings, plan)
        assert (tmp_path / "demo" / "left").exists()

        make_room(*other)

        assert [path.name for path in (tmp_path / "demo").iterdir()] == [DEMO_MARKER]


def test_a_demo_that_is_in_use_is_not_removed(home: Path) -> None:
    settings = Settings(home=home / "demo")
    make_room(settings, SimulationPlan(last_day=date(2026, 5, 1)))

    with user(settings.home) as other:
        other.joined()
        with pytest.raises(Conflict, match=f"Another demo is running in {settings.home}"):
            make_room(settings, SimulationPlan(last_day=date(2026, 5, 2)))
        assert other.leave() == 0

    make_room(settings, SimulationPlan(last_day=date(2026, 5, 2)))
    assert json.loads((settings.home / DEMO_MARKER).read_text("utf-8"))["last_day"] == "2026-05-02"


def test_a_port_that_is_taken_is_refused_before_the_work(headsup: Headsup, tmp_path: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = str(listening.getsockname()[1])

        answer = headsup("demo", "--port", port)

    assert answer.status == 1
    assert f"127.0.0.1 port {port} cannot be served on: Address already in use." in answer.complaint
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--learners 0", "/learners: must be from 1 to 10000000"),
        ("--days 99999", "/days: must be from 1 to 3660"),
        ("--seed -1", "/seed: must be from 0 to 4294967295"),
        ("--port 0", "0 is not in the range"),
    ],
)
def test_an_impossible_simulation_is_refused(headsup: Headsup, options: str, said: str) -> None:
    answer = headsup("demo", *options.split())

    assert answer.status == 2
    assert said in answer.complaint
