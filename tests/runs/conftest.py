from pathlib import Path

import pytest

from app.kit.db.engine import Database
from app.sources.imports.import_file import FileKind
from tests.support.asking import BOTH, Asker
from tests.support.reporting import put, subscription
from tests.support.service import token


@pytest.fixture
async def asker(database: Database, tmp_path: Path) -> Asker:
    """Somebody who may run and read everything, where two academies have a subscriber each."""
    rows = [subscription(1), subscription(2, academy_id=2)]
    await put(database, FileKind.SUBSCRIPTIONS, rows)
    return Asker(database, tmp_path, await token(database, *BOTH))
