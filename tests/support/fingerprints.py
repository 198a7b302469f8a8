"""What a database and a folder hold, as a value that differs when anything in them does."""

from collections.abc import Collection, Mapping
from pathlib import Path

from sqlalchemy import text

from app.kit.db.engine import Database

TABLES_SQL = """
    SELECT CAST(oid AS regclass)::text FROM pg_class
    WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
    ORDER BY 1
"""
Fingerprint = Mapping[str, tuple[int, int]]
"""Of each table: how many rows it has, and the sum of their hashes."""


class Fingerprints:
    """Takes fingerprints of all tables; of each without the columns of the given names."""

    def __init__(self, database: Database, *, without: Collection[str] = ()) -> None:
        self._database = database
        self._columns = ", ".join(f"'{name}'" for name in without)
        self._sql = ""

    async def take(self) -> Fingerprint:
        """Read all rows in one statement, so that the tables are of one moment."""
        async with self._database.transaction() as session:
            connection = await session.connection()
            if not self._sql:
                tables = (await connection.execute(text(TABLES_SQL))).scalars().all()
                row = f"to_jsonb(t) - ARRAY[{self._columns}]::text[]"
                self._sql = " UNION ALL ".join(
                    f"SELECT '{table}', count(*), "  # noqa: S608 - names of our own tables
                    f"coalesce(sum(jsonb_hash_extended({row}, 0)), 0) FROM {table} AS t"
                    for table in tables
                )
            rows = (await connection.execute(text(self._sql))).all()
        return {table: (count, int(total)) for table, count, total in rows}


def changed_tables(before: Fingerprint, after: Fingerprint) -> list[str]:
    """Name the tables that are not what they were."""
    return [table for table, found in after.items() if found != before.get(table)]


def files_in(folder: Path) -> dict[str, int]:
    """Map each file below a folder to its bytes."""
    return {
        str(path.relative_to(folder)): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }
