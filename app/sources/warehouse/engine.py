"""DuckDB, as the lake uses it."""

from dataclasses import dataclass
from pathlib import Path

import duckdb


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """How much of the machine DuckDB may use."""

    memory: str
    threads: int
    temporary: Path

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Open an engine in memory, in UTC."""
        self.temporary.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(
            config={
                "memory_limit": self.memory,
                "threads": self.threads,
                "temp_directory": str(self.temporary),
            }
        )
        connection.execute("SET TimeZone = 'UTC'")
        return connection
