"""The live subscribers of a day, computed from a few readable subscriptions."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from app.sources.subscriptions.live_subscribers import subscribers_on
from tests.support.rows import DAY, Row, versions

UTC_ZONE = ZoneInfo("UTC")


def live_learners(*rows: Row, zone: ZoneInfo = UTC_ZONE) -> Sequence[dict[str, object]]:
    """Return a row for each subscriber who is live on `DAY`."""
    return subscribers_on(versions(*rows), DAY, zone).to_dicts()
