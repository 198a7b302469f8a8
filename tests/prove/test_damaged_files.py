"""Thousands of damaged files: each is imported, or refused by name, and then changes nothing."""

from asyncio import to_thread
from pathlib import Path
from random import Random

import pytest

from app.kit.db.engine import Database
from app.kit.errors import Invalid
from app.settings import Settings
from app.sources.imports.import_file import FileKind, import_activity, import_file
from app.sources.startup import open_lake
from app.sources.warehouse.lake.warehouse import Lake
from tests.support.damaged_files import damaged_file
from tests.support.fingerprints import Fingerprints, changed_tables, files_in
from tests.support.import_files import NOW
from tests.support.memory import forget_peak, peak_bytes

pytestmark = pytest.mark.usefixtures("untraced")

SEED = 1
WARMING = 50
"""Files after which the engines have loaded what they need."""
MOST_GROWTH = 300 << 20


class Importer:
    """Imports files as the command does, into one database and one lake."""

    def __init__(self, database: Database, home: Path) -> None:
        self.home = home
        self._database = database
        self._settings = Settings(home=home, query_threads=1)
        self._lake: Lake = open_lake(self._settings, database)

    async def take(self, kind: FileKind, path: Path, *, replace_days: bool) -> None:
        """Import a file; raise `Invalid` if it is refused."""
        if kind is FileKind.ACTIVITY:
            await import_activity(
                path, self._lake, settings=self._settings, now=NOW, replace_days=replace_days
            )
        else:
            await import_file(kind, path, database=self._database, settings=self._settings, now=NOW)


async def fault_of(importer: Importer, random: Random, folder: Path) -> tuple[str, bool]:
    """Import one damaged file; say what is wrong with how it ended, and whether it was refused."""
    kind = random.choice(list(FileKind))
    name, content = damaged_file(random, kind)
    path = folder / name
    await to_thread(path.write_bytes, content)
    try:
        await importer.take(kind, path, replace_days=random.random() < 0.5)
    except Invalid as refused:
        named = refused.message.startswith(name)
        return "" if named else f"{kind} {name} is not named: {refused.message[:200]}", True
    except Exception as error:  # noqa: BLE001 - whatever else it is, it is what this looks for
        return f"{kind} {name}: {type(error).__name__}: {str(error)[:300]}", True
    finally:
        path.unlink()
    return "", False


@pytest.mark.parametrize(
    "count",
    [pytest.param(100, id="short"), pytest.param(10_000, marks=pytest.mark.prove, id="long")],
)
async def test_a_damaged_file_is_imported_or_refused_and_then_changes_nothing(
    database: Database, tmp_path: Path, count: int
) -> None:
    importer, fingerprints = Importer(database, tmp_path / "home"), Fingerprints(database)
    random, faults, refused = Random(SEED), list[str](), 0  # noqa: S311 - the same damage each time
    before, files, memory = await fingerprints.take(), files_in(importer.home), 0

    for number in range(count):
        if number == WARMING:
            memory = forget_peak()
        fault, is_refused = await fault_of(importer, random, tmp_path)
        after, left = await fingerprints.take(), files_in(importer.home)
        if is_refused:
            refused += 1
            changed = [*changed_tables(before, after), *(left.items() ^ files.items())]
            fault += f" it changed {changed}" * bool(changed)
        faults += [f"{number}: {fault}"] * bool(fault)
        before, files = after, left

    assert not faults, "\n".join(faults[:20])
    assert count / 4 < refused < count * 3 / 4
    assert peak_bytes() - memory < MOST_GROWTH
