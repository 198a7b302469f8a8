"""A lake of the test's own."""

from pathlib import Path

import pytest

from app.kit.db.engine import Database
from app.sources.warehouse.lake.warehouse import Lake


@pytest.fixture
def lake(tmp_path: Path, database: Database) -> Lake:
    return Lake(tmp_path, database, memory="256MB", threads=2)
