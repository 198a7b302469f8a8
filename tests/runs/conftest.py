from pathlib import Path

import pytest

from app.kit.db.engine import Database
from app.sources.imports.import_file import FileKind
from tests.support.http_client import token
from tests.support.report_runs import put, subscription
from tests.support.run_api import BOTH, ApiClient


@pytest.fixture
async def api(database: Database, tmp_path: Path) -> ApiClient:
    """Somebody who may run and read everything, where two academies have a subscriber each."""
    rows = [subscription(1), subscription(2, academy_id=2)]
    await put(database, FileKind.SUBSCRIPTIONS, rows)
    return ApiClient(database, tmp_path, await token(database, *BOTH))
