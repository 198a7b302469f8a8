"""Shapes that a table of activity may have: columns and BigQuery's names of their types."""

from collections.abc import Mapping

from tests.support.lake import FLAT, PLATFORM

GROWN = {"meta.score": "FLOAT64", "meta.opened_at": "TIMESTAMP", "meta.plan": "STRING"}
SHAPES: dict[str, Mapping[str, str]] = {
    "flat": FLAT,
    "flat, without what may be missing": {
        name: FLAT[name] for name in ("user_id", "kind", "timestamp")
    },
    "flat, as the older client names types": {**FLAT, "user_id": "INTEGER"},
    "platform": PLATFORM,
    "platform, grown": {**PLATFORM, **GROWN},
    "platform, nothing known in meta": {
        name: kind for name, kind in PLATFORM.items() if not name.startswith("meta.")
    }
    | GROWN,
    "platform, wrong types": {**PLATFORM, "meta.academy": "DATE", "meta.task_status": "TIMESTAMP"},
    "platform, text for numbers": {
        **PLATFORM,
        "user_id": "STRING",
        "related.id": "STRING",
        "meta.academy": "STRING",
        "meta.task_status": "INT64",
    },
    "platform, fractions for numbers": {
        **PLATFORM,
        "related.id": "FLOAT64",
        "meta.academy": "BOOL",
        "meta.task_status": "BOOL",
    },
}
