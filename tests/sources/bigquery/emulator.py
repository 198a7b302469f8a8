"""The emulator of BigQuery, as a process of its own, and tables in it."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud import bigquery

from app.sources.warehouse.bigquery.access import Access, Address
from tests.support.googlesql_reference import nested
from tests.support.processes import until

PROJECT = "shop"
STARTED = """
import duckdb, duckdb_extensions
from bqemulator.cli import main
try:
    duckdb.connect().execute("LOAD spatial")
except duckdb.Error:
    duckdb_extensions.import_extension("spatial")
main()
"""
WORDS = "start --rest-port 0 --grpc-port 0 --ephemeral --log-format json --log-level info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulator:
    """Where it listens: HTTP, and gRPC for the Storage Read API."""

    http: int
    grpc: int

    @property
    def endpoint(self) -> str:
        """The address for the client."""
        return f"http://127.0.0.1:{self.http}"


@contextmanager
def emulator(folder: Path) -> Iterator[Emulator]:
    """Run an emulator; it is gone at the end."""
    written = folder / "emulator.log"
    with (
        written.open("wb") as log,
        subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-c", STARTED, *WORDS.split()],
            stdout=log,
            stderr=log,
            env={"HOME": str(Path.home()), "BQEMU_ENABLE_FORMAT_EXTENSIONS": "false"},
        ) as process,
    ):
        try:
            until(lambda: "grpc.listen" in _ports(written) or _ended(process, written), 120)
            ports = _ports(written)
            yield Emulator(http=ports["rest.listen"], grpc=ports["grpc.listen"])
        finally:
            process.kill()


def _ports(written: Path) -> Mapping[str, int]:
    lines = (line for line in written.read_text().splitlines() if line.startswith('{"host"'))
    events = (json.loads(line) for line in lines)
    return {event["event"]: event["port"] for event in events if "port" in event}


def _ended(process: subprocess.Popen[bytes], written: Path) -> bool:
    assert process.poll() is None, written.read_text()
    return False


def put_table(
    endpoint: str, columns: Mapping[str, str], rows: pa.Table, *, partitioned: bool = True
) -> Address:
    """Make a table in a dataset of its own, by day and user unless told otherwise."""
    address = Address(project=PROJECT, dataset=f"d{uuid4().hex}")
    client = Access(endpoint=endpoint).client(PROJECT)
    client.create_dataset(address.dataset)
    table = bigquery.Table(str(address), schema=_fields(nested(columns)))
    if partitioned:
        table.time_partitioning = bigquery.TimePartitioning(field="timestamp")
        table.clustering_fields = ["user_id"]
    client.create_table(table)
    if rows.num_rows:
        _load(client, address, rows)
    client.close()  # type: ignore[no-untyped-call]
    return address


def _load(client: bigquery.Client, address: Address, rows: pa.Table) -> None:
    file = io.BytesIO()
    pq.write_table(rows, file)
    config = bigquery.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_APPEND")
    client.load_table_from_file(file, str(address), rewind=True, job_config=config).result()


def _fields(kinds: Mapping[str, object]) -> list[bigquery.SchemaField]:
    return [
        bigquery.SchemaField(name, "RECORD", fields=_fields(kind))
        if isinstance(kind, dict)
        else bigquery.SchemaField(name, str(kind))
        for name, kind in kinds.items()
    ]
