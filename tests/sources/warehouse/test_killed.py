"""What processes leave that are killed."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from app.kit.db.engine import Database
from app.sources.warehouse.lake.warehouse import Lake
from app.sources.warehouse.temp_dirs import private_folder
from tests.sources.warehouse.killed_import import DAYS, ROWS_A_DAY, events
from tests.support.lake import batches, read
from tests.support.processes import packages, pipe, until

FIRST, LAST = date(2026, 3, 1), date(2026, 3, DAYS)
FOLDER_HOLDER = """
import sys
from pathlib import Path
from app.sources.warehouse.temp_dirs import private_folder

with private_folder(Path(sys.argv[1])) as folder:
    (folder / "file").touch()
    print(folder, flush=True)
    sys.stdin.read()
"""
Process = subprocess.Popen[str]


@contextmanager
def started(*words: str) -> Iterator[Process]:
    """Run a Python of ours; it is killed at the end."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": packages()},
    )
    with process:
        yield process
        process.kill()


def has_read(word: str) -> Callable[[Process, Path], None]:
    """Wait until the import says the word."""

    def wait(process: Process, _home: Path) -> None:
        until(lambda: pipe(process.stdout).readline().strip() == word)

    return wait


def has_written(files: int) -> Callable[[Process, Path], None]:
    """Wait until the import has written so many files, or is over."""

    def wait(process: Process, home: Path) -> None:
        until(lambda: count(home) >= DAYS + files or process.poll() is not None)

    return wait


def count(home: Path) -> int:
    return len(list((home / "lake").glob("2026-*/*.parquet")))


@pytest.mark.parametrize(
    "far_enough",
    [has_read("half"), has_read("all"), has_written(1), has_written(DAYS // 2), has_written(DAYS)],
    ids=["half read", "all read", "a day written", "half written", "all written"],
)
async def test_a_killed_import_leaves_the_old_rows_or_the_new(
    lake: Lake, database: Database, tmp_path: Path, far_enough: Callable[[Process, Path], None]
) -> None:
    await lake.import_activity(batches(events("old"), size=500))
    module = "tests.sources.warehouse.killed_import"

    with started("-m", module, str(tmp_path), database.url, "new") as process:
        far_enough(process, tmp_path)
        process.kill()

    rows = await read(lake, FIRST, LAST)
    assert len(rows) == DAYS * ROWS_A_DAY
    assert len({str(row[0]).split()[0] for row in rows}) == 1
    await lake.import_activity(batches(events("new"), size=500), replace=True)
    assert len(await read(lake, FIRST, LAST)) == len(rows)
    assert count(tmp_path) == DAYS
    assert not list((tmp_path / "lake" / ".staging").iterdir())


def test_a_dead_process_loses_its_folder_and_a_living_one_keeps_it(tmp_path: Path) -> None:
    with started("-c", FOLDER_HOLDER, str(tmp_path)) as dead:
        abandoned = Path(pipe(dead.stdout).readline().strip())
        dead.kill()
    with started("-c", FOLDER_HOLDER, str(tmp_path)) as living:
        kept = Path(pipe(living.stdout).readline().strip())

        with private_folder(tmp_path) as own:
            assert own.is_dir()

        assert (kept / "file").exists()
        assert not abandoned.exists()
    assert sorted(tmp_path.iterdir()) == [kept]


@pytest.mark.parametrize("files", [1, DAYS // 2, DAYS])
async def test_a_killed_erasure_leaves_all_of_their_rows_or_none(
    lake: Lake, database: Database, tmp_path: Path, files: int
) -> None:
    rows = [{**row, "user_id": n % 5} for n, row in enumerate(events("old"))]
    await lake.import_activity(batches(rows, size=500))
    module = "tests.sources.warehouse.killed_erasure"

    with started("-m", module, str(tmp_path), database.url, "3") as process:
        has_written(files)(process, tmp_path)
        process.kill()

    theirs = len(rows) // 5
    assert len(await read(lake, FIRST, LAST)) in {len(rows), len(rows) - theirs}
    async with asyncio.timeout(60):
        while count(tmp_path) > DAYS:
            await lake.tidy()  # does nothing while the server has not noticed the death
    async with database.transaction() as session:
        await lake.forget(session, 3)
    await lake.tidy()
    assert len(await read(lake, FIRST, LAST)) == len(rows) - theirs
    assert count(tmp_path) == DAYS
