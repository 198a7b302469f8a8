"""The data sources of a report."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from app.kit.db.engine import Database
from app.sources.warehouse.contract import Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The database, the warehouse, the zone whose days count, and a folder for passing files."""

    database: Database
    warehouse: Warehouse
    zone: ZoneInfo
    spool: Path
