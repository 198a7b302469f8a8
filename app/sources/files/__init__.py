"""Files of rows that somebody hands over: what they must hold, and how they are read."""

from app.sources.files.activity import ACTIVITY_COLUMNS
from app.sources.files.columns import Column, schema_of
from app.sources.files.imported import Imported
from app.sources.files.reading import Rows, read_batches

__all__ = ["ACTIVITY_COLUMNS", "Column", "Imported", "Rows", "read_batches", "schema_of"]
