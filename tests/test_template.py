"""The template of a report works as it stands in the documents: a folder and a migration."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.sources.database import migrations

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "docs" / "template"
COPIED = ("app", "alembic", "tests/support", "tests/cli")
FILES = ("alembic.ini", "pyproject.toml", "tests/__init__.py", "tests/conftest.py")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The service with the report of the template, and no other change."""
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for file in FILES:
        shutil.copy2(ROOT / file, tmp_path / file)
    shutil.copytree(TEMPLATE / "report", tmp_path / "app" / "reports" / "renewals")
    migration = (TEMPLATE / "migration.py").read_text("utf-8")
    chained = migration.replace("THE_CURRENT_HEAD", str(migrations.head()))
    (tmp_path / "alembic" / "versions" / "renewals.py").write_text(chained, "utf-8")
    shutil.copy2(TEMPLATE / "test_renewals.py", tmp_path / "tests" / "cli")
    shutil.copy2(ROOT / "tests" / "test_migrations.py", tmp_path / "tests")
    return tmp_path


def test_a_folder_and_a_migration_make_a_report(tree: Path, server: str) -> None:
    tests = (
        "tests/cli/test_renewals.py",
        "tests/test_migrations.py::test_they_make_what_the_models_say",
    )

    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "pytest", "-q", *tests],
        cwd=tree,
        env={
            "PYTHONPATH": str(tree),
            "PATH": os.defpath,
            "HEADSUP_TEST_DATABASE_URL": server,
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr
