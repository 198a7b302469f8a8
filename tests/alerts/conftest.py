"""An academy of each test's own."""

import pytest

from app.kit.db.engine import Database
from tests.alerts.world import World


@pytest.fixture
def world(database: Database) -> World:
    """An academy that nothing is known of yet."""
    return World(database, 1)
