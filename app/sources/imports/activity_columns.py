"""The columns of a file of activity, in the flat shape."""

from app.sources.imports.columns import Column

ACTIVITY_COLUMNS = (
    Column("id", "string", required=True, nullable=True),
    Column("user_id", "int64", required=True, nullable=True),
    Column("kind", "string", required=True, nullable=True),
    Column("timestamp", "timestamp", required=True, nullable=True),
    Column("academy_id", "int64"),
    Column("related_id", "int64"),
    Column("task_status", "string"),
)
"""An instant may lie in the future; a row without user or instant is kept and never counts."""
