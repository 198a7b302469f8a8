"""Files of rows that somebody hands over: what they must hold, and how they are read."""

from app.sources.imports.activity_columns import ACTIVITY_COLUMNS
from app.sources.imports.columns import Column, schema_of
from app.sources.imports.reader import CheckedRows, read_batches
from app.sources.imports.result import Imported

__all__ = ["ACTIVITY_COLUMNS", "CheckedRows", "Column", "Imported", "read_batches", "schema_of"]
