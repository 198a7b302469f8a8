"""Rules of the house that no linter knows."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAME = re.compile(r"[a-z0-9-]+")
MOST_LINES = 400


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found
    return found


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def calls_in(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each call of an attribute, `x.name()`, as its line and name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.lineno, node.func.attr


def imports_in(path: Path) -> Iterator[str]:
    """Yield each module that is imported, and each `module.name` that is taken from one."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_what_runs_is_locked_with_all_that_it_names() -> None:
    """What only the tests bring along is missing where the service runs."""
    named = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    locked = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    names = {NAME.match(line)[0] for line in named}  # type: ignore[index]

    assert names - {line.partition("==")[0] for line in locked} == set()
    assert {"httptools", "uvloop"} <= names


def test_the_edge_commits_and_nobody_else() -> None:
    found = [
        f"{name_of(path)}:{line} .{name}()"
        for path in sources("app")
        for line, name in calls_in(path)
        if name in {"commit", "rollback"}
    ]

    assert found == []


def test_no_file_is_too_long_to_read() -> None:
    lines = {
        name_of(path): len(path.read_text("utf-8").splitlines()) for path in sources("app", "tests")
    }

    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_nothing_is_mocked() -> None:
    found = [
        name_of(path)
        for path in sources("app", "tests", "bench", "alembic")
        if any(name.split(".")[:2] == ["unittest", "mock"] for name in imports_in(path))
    ]

    assert found == []


def test_the_metadata_is_read_where_all_models_are_imported_and_nowhere_else() -> None:
    """Elsewhere it would have the tables of whatever happens to be imported."""
    found = {
        name_of(path)
        for path in sources("app", "alembic", "tests", "bench")
        if "app.kit.db.tables.metadata" in imports_in(path)
    }

    assert found == {"app/sources/database/migrations.py"}


def test_only_the_clock_reads_the_clock() -> None:
    found = {
        name_of(path)
        for path in sources("app")
        for _, name in calls_in(path)
        if name in {"now", "utcnow", "today"}
    }

    assert found == {"app/kit/clock.py"}


def test_every_sql_file_says_its_grain() -> None:
    files = [path for folder in ("app", "bench") for path in (ROOT / folder).rglob("*.sql")]
    silent = [name_of(path) for path in files if not path.read_text("utf-8").startswith("-- ")]

    assert files
    assert silent == []


def test_a_migration_knows_nothing_of_the_code() -> None:
    found = [
        name_of(path)
        for path in sources("alembic/versions")
        if any(name.split(".")[0] == "app" for name in imports_in(path))
    ]

    assert found == []


@pytest.mark.parametrize("rule", ["print", "breakpoint"])
def test_the_service_speaks_through_logs_and_the_terminal(rule: str) -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in sources("app")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == rule
    ]

    assert found == []
