"""What BigQuery says of a table."""

from collections.abc import Iterator, Sequence
from datetime import date

from google.cloud import bigquery

DAY_PARTITIONING = bigquery.TimePartitioningType.DAY
RECORDS = {"RECORD", "STRUCT"}


def is_daily(table: bigquery.Table) -> bool:
    """Whether a table is partitioned by the day of `timestamp`."""
    by = table.time_partitioning
    return by is not None and by.type_ == DAY_PARTITIONING and by.field == "timestamp"


def columns_in(
    fields: Sequence[bigquery.SchemaField], before: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the columns' names and types, a record's fields by dotted names, no repeated ones."""
    for field in fields:
        if field.mode == "REPEATED":
            continue
        if field.field_type in RECORDS:
            yield from columns_in(field.fields, f"{before}{field.name}.")
        else:
            yield f"{before}{field.name}", field.field_type


def day_of_partition(written: object) -> date:
    """Read a partition's name, YYYYMMDD."""
    return date.fromisoformat(str(written))
