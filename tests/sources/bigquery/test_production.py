"""What docs/production.md says is so."""

import math
import re
from pathlib import Path
from uuid import uuid4

import pytest

from app.runs.execution.planner import MAX_CHUNK_DAYS, MAX_CHUNK_ROWS
from app.settings import Settings
from app.sources.warehouse.activity import SCANNED_DAYS, activity_cte
from app.sources.warehouse.bigquery.access import Access, Address
from app.sources.warehouse.bigquery.errors import DATA_VIEWER, JOB_USER, READER
from app.sources.warehouse.budget import money
from tests.sources.bigquery.warehouse_factory import WarehouseFactory

TEXT = Path("docs/production.md").read_text("utf-8")
BYTES_AN_EVENT = 80
BYTES_A_LEARNER_AND_DAY = 5 * BYTES_AN_EVENT
PRICE = 6.25


@pytest.mark.parametrize("learners", [10_000, 1_000_000, 100_000_000])
def test_the_costs_follow_from_the_formula(learners: int) -> None:
    a_day = learners * BYTES_A_LEARNER_AND_DAY
    night = SCANNED_DAYS * a_day
    scans = math.ceil(90 / min(MAX_CHUNK_DAYS, max(MAX_CHUNK_ROWS // learners, 1)))
    back = (90 + (SCANNED_DAYS - 1) * scans) * a_day

    row = (
        f"| {learners:,} | {night / 1e9:,.3f} GB | {money(30 * night, PRICE)} |"
        f" {back / 1e9:,.1f} GB, {money(back, PRICE)} | {scans} |"
    )
    assert row in TEXT


def test_a_held_day_costs_the_share_of_a_night_that_is_told() -> None:
    sizes = {"`user_id` 8": 8, "`kind` about 17": 17, "`timestamp` 8": 8}
    share = round(SCANNED_DAYS * BYTES_AN_EVENT / sum(sizes.values()))

    assert [words for words in sizes if words not in TEXT] == []
    assert f"{sum(sizes.values())} bytes an event, the {share}th part of a night" in TEXT


async def test_the_table_that_it_makes_can_be_read(make_warehouse: WarehouseFactory) -> None:
    address = Address(project="shop", dataset=f"d{uuid4().hex}")
    (ddl,) = re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)
    client = Access(endpoint=make_warehouse.shared_emulator.endpoint).client(address.project)
    client.create_dataset(address.dataset)
    client.query(ddl.replace("PROJECT.DATASET", f"shop.{address.dataset}")).result()
    warehouse = make_warehouse.at(address)

    columns = await warehouse.columns()

    assert "NULL" not in activity_cte(columns, warehouse.table)
    assert await warehouse.extent() is None
    client.close()  # type: ignore[no-untyped-call]


def test_every_setting_and_role_is_named() -> None:
    named = set(re.findall(r"`HEADSUP_([A-Z_]+)`", TEXT))
    roles = [re.findall(r"roles/[\w.]+", words)[0] for words in (DATA_VIEWER, JOB_USER, READER)]

    assert {name.lower() for name in named} <= set(Settings.model_fields)
    assert all(f"| `{role}` |" in TEXT for role in roles)
