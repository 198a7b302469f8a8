"""Fixtures of the tests of alerts."""

import pytest

from app.kit.db.engine import Database
from tests.alerts.academy_model import AcademyWorld


@pytest.fixture
def world(database: Database) -> AcademyWorld:
    """An academy without any published day."""
    return AcademyWorld(database, 1)
