"""Simulates academies whose learners stay, fade, burst, never start, try or fail to pay."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from app.demo.plan import SimulationPlan
from app.kit.sql import load_sql

ROWS_A_BATCH = 100_000
LEARNER_DAYS_A_QUERY = 1_000_000
ACADEMY_NAMES = (
    "Northwind Code School",
    "Harbour Data Academy",
    "Lantern Design Institute",
    "Copperfield Cloud Campus",
)

INSTANT_TYPE = pa.timestamp("us", tz="UTC")
ACADEMY_SCHEMA = pa.schema([("id", pa.int64()), ("slug", pa.string()), ("name", pa.string())])
ACTIVITY_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("user_id", pa.int64()),
        ("kind", pa.string()),
        ("timestamp", INSTANT_TYPE),
        ("academy_id", pa.int64()),
        ("related_id", pa.int64()),
        ("task_status", pa.string()),
    ]
)
TELEMETRY_SCHEMA = pa.schema(
    [
        ("user_id", pa.int64()),
        ("timestamp", INSTANT_TYPE),
        ("engagement_score", pa.float64()),
        ("frustration_score", pa.float64()),
    ]
)


class Simulation:
    """The rows of a plan. Each method starts a new stream, always in the same order.

    Rows are generated while they are read: neither activity nor telemetry is held as a whole.
    Instants are UTC, to the second. Only `next_payment_at`, `trial_ends_at` and `valid_until` may
    lie after the plan's last day.
    """

    def __init__(self, plan: SimulationPlan, connection: duckdb.DuckDBPyConnection) -> None:
        self.plan = plan
        self._connection = connection

    def academies(self) -> pa.RecordBatchReader:
        """Stream id, slug, name."""
        names = [
            ACADEMY_NAMES[number] if number < len(ACADEMY_NAMES) else f"Academy {number + 1}"
            for number in range(self.plan.academies)
        ]
        slugs = [name.lower().replace(" ", "-") for name in names]
        columns = [range(1, len(names) + 1), slugs, names]
        arrays = [pa.array(c, f.type) for c, f in zip(columns, ACADEMY_SCHEMA, strict=True)]
        return pa.Table.from_arrays(arrays, schema=ACADEMY_SCHEMA).to_reader()

    def users(self) -> pa.RecordBatchReader:
        """Stream id, email, full_name of every learner and of one reviewer in each academy."""
        return self._read(_sql("users"))

    def learners(self) -> pa.RecordBatchReader:
        """Stream user_id, archetype: how each learner was simulated, for tests."""
        return self._read("SELECT user_id, archetype FROM learners ORDER BY user_id")

    def subscription_history(self) -> pa.RecordBatchReader:
        """Stream the versions of all subscriptions, those of one in the order of taking effect.

        Columns: id, user_id, academy_id, status, plan, started_at, trial_ends_at,
        next_payment_at, valid_until, cancelled_at, ended_at, end_reason, mrr (a month),
        currency, updated_at, effective_from.
        """
        return self._read(
            "SELECT * EXCLUDE (slot) FROM versions ORDER BY user_id, slot, effective_from"
        )

    def subscriptions(self) -> pa.RecordBatchReader:
        """Stream the last version of each subscription: the same columns less effective_from."""
        return self._read(
            "SELECT * EXCLUDE (slot, effective_from) FROM versions QUALIFY "
            "lead(effective_from) OVER (PARTITION BY user_id, slot ORDER BY effective_from) IS NULL"
            " ORDER BY user_id, slot"
        )

    def activity(self) -> pa.RecordBatchReader:
        """Stream id, user_id, kind, timestamp, academy_id, related_id, task_status by time."""
        return pa.RecordBatchReader.from_batches(ACTIVITY_SCHEMA, self._by_days("activity"))

    def telemetry(self) -> pa.RecordBatchReader:
        """Stream user_id, timestamp, engagement_score, frustration_score (0 to 100) by time."""
        return pa.RecordBatchReader.from_batches(TELEMETRY_SCHEMA, self._by_days("telemetry"))

    def _by_days(self, question: str) -> Iterator[pa.RecordBatch]:
        numbers = self.plan.numbers()
        step = max(1, LEARNER_DAYS_A_QUERY // self.plan.learners)
        sql = _sql(question)
        for first in range(numbers["first_day"], numbers["last_day"] + 1, step):
            last = min(first + step - 1, numbers["last_day"])
            yield from self._read(sql, {"first_day": first, "last_day": last})

    def _read(self, sql: str, days: Mapping[str, int] | None = None) -> pa.RecordBatchReader:
        numbers = {**self.plan.numbers(), **(days or {})}
        cursor = self._connection.cursor()
        return cursor.execute(sql, _params_of(sql, numbers)).to_arrow_reader(ROWS_A_BATCH)


@contextmanager
def simulate(
    plan: SimulationPlan, *, threads: int = 2, max_memory: str = "1GiB"
) -> Iterator[Simulation]:
    """Yield the simulation; only learners and payments are generated before rows are read."""
    with TemporaryDirectory(prefix="headsup-demo-") as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": threads,
            "memory_limit": max_memory,
            "temp_directory": folder,
        }
        with duckdb.connect(":memory:", config=settings) as connection:
            connection.execute("SET GLOBAL TimeZone = 'UTC'")
            for name in ("draws", "learners", "contracts", "payments", "versions", "presence"):
                sql = _sql(name)
                connection.execute(sql, _params_of(sql, plan.numbers()))
            yield Simulation(plan, connection)


def _sql(name: str) -> str:
    return load_sql(__package__, name)


def _params_of(sql: str, numbers: Mapping[str, int]) -> dict[str, int]:
    """Pick the numbers that `sql` names, because DuckDB refuses parameters that it does not use."""
    return {name: numbers[name] for name in sorted(set(re.findall(r"\$(\w+)", sql)))}
