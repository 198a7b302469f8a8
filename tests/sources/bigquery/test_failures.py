"""Failures that do not pass say what to do about them."""

from dataclasses import replace

import pytest

from app.kit.db.engine import Database
from app.kit.errors import SourceDown, Unusable
from app.sources.warehouse.bigquery.access import Access, Address
from app.sources.warehouse.bigquery.warehouse import BigQuery
from tests.sources.bigquery.fault_proxy import Route
from tests.sources.bigquery.recorded_answers import (
    dry_run,
    job,
    job_made,
    refusal,
)
from tests.sources.bigquery.warehouse_factory import LIMITS, WarehouseFactory, question

NOWHERE = Address(project="shop", dataset="academy")
MAY_NOT = "Access Denied: Project shop: User does not have {} permission in project shop."
TABLE_SHUT = "Access Denied: Table shop:academy.activity: User does not have permission"


@pytest.mark.parametrize(
    ("status", "reason", "message", "told"),
    [
        (403, "accessDenied", MAY_NOT.format("bigquery.jobs.create"), "roles/bigquery.jobUser"),
        (403, "accessDenied", TABLE_SHUT, r"roles/bigquery.dataViewer\) on the dataset shop.acade"),
        (404, "notFound", "Not found: Table shop:academy.x", "There is no table shop.academy.acti"),
        (403, "billingNotEnabled", "No billing.", "Billing is not enabled for the project shop"),
    ],
)
async def test_each_bigquery_error_names_its_remedy(
    make_warehouse: WarehouseFactory, status: int, reason: str, message: str, told: str
) -> None:
    make_warehouse.proxy.routes = [job_made(refusal(status, reason, message), status)]
    warehouse = make_warehouse.at(NOWHERE)

    with pytest.raises(Unusable, match=told):
        await warehouse.run(question(warehouse), lambda _: None)


@pytest.mark.parametrize(
    ("reason", "message", "told"),
    [
        ("quotaExceeded", "Quota exceeded: 10 TB", "A quota of the project shop is used up"),
        ("resourcesExceeded", "Too much memory", "ask for fewer days"),
        ("timeout", "Job timed out after 60s", "longer than the 60 s of"),
    ],
)
async def test_a_job_that_failed_says_why(
    make_warehouse: WarehouseFactory, reason: str, message: str, told: str
) -> None:
    make_warehouse.proxy.routes = [job_made(job(error={"reason": reason, "message": message}))]
    warehouse = make_warehouse.at(NOWHERE)

    with pytest.raises(SourceDown, match=told):
        await warehouse.run(question(warehouse), lambda _: None)


async def test_a_query_beyond_the_cap_says_both_figures(make_warehouse: WarehouseFactory) -> None:
    message = "Query exceeded limit for bytes billed: 1000. 10485760 or higher required."
    failed = job(error={"reason": "bytesBilledLimitExceeded", "message": message})
    make_warehouse.proxy.routes = [dry_run(9_000_000), job_made(failed)]
    warehouse = make_warehouse.at(NOWHERE, limits=replace(LIMITS, max_bytes_billed=1000))

    with pytest.raises(SourceDown, match=r"the 1,000 bytes .* it would read 9,000,000"):
        await warehouse.run(question(warehouse), lambda _: None)


async def test_a_table_that_is_not_there_is_named(make_warehouse: WarehouseFactory) -> None:
    with pytest.raises(Unusable, match=r"There is no table shop\.academy\.activity_partitioned"):
        await make_warehouse.at(NOWHERE).columns()


async def test_a_server_that_is_not_there_did_not_answer(database: Database) -> None:
    limits = replace(LIMITS, retry_seconds=0.1)
    access = Access(endpoint="http://127.0.0.1:1")
    warehouse = BigQuery(NOWHERE, database, access=access, limits=limits)

    with pytest.raises(SourceDown, match="BigQuery did not answer"):
        await warehouse.columns()

    await warehouse.close()


async def test_credentials_that_are_missing_are_asked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    warehouse = BigQuery(NOWHERE, database, access=Access(), limits=LIMITS)

    with pytest.raises(Unusable, match="no credentials for BigQuery"):
        await warehouse.columns()


async def test_an_answer_with_rows_missing_is_none(make_warehouse: WarehouseFactory) -> None:
    short = {
        "jobComplete": True,
        "schema": {"fields": [{"name": "day", "type": "INTEGER"}]},
        "totalRows": "3",
        "rows": [{"f": [{"v": "1"}]}],
        "jobReference": {"projectId": "shop", "jobId": "recorded", "location": "EU"},
    }
    make_warehouse.proxy.routes = [job_made(job()), Route(r"^GET .*/queries/", short)]
    warehouse = make_warehouse.at(NOWHERE)

    with pytest.raises(SourceDown, match="gave 1 of the answer's 3 rows"):
        await warehouse.run(question(warehouse), lambda _: None)


@pytest.mark.parametrize(
    "url", ["bigquery://shop", "bigquery:///academy", "lakes", "bigquery://a/b/c/d"]
)
def test_an_invalid_address_is_refused(url: str) -> None:
    with pytest.raises(Unusable, match="bigquery://project/dataset"):
        Address.parse(url)


def test_an_address_may_leave_the_table_out() -> None:
    assert str(Address.parse("bigquery://shop-1/academy")) == "shop-1.academy.activity_partitioned"
    assert str(Address.parse("bigquery://shop-1/academy/events")) == "shop-1.academy.events"
