"""A question of a run is one job, whoever asks it and however often."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest

from app.kit.clock import utc_now
from app.kit.db.engine import Database
from app.kit.errors import SourceDown
from app.sources.warehouse.bigquery.access import Address
from app.sources.warehouse.bigquery.jobs import config_of, name_of
from app.sources.warehouse.budget import spent_on
from app.sources.warehouse.contract import Query
from tests.sources.bigquery.emulator import put_table
from tests.sources.bigquery.events import as_platform, flat_events
from tests.sources.bigquery.fault_proxy import Route
from tests.sources.bigquery.recorded_answers import job, job_made, no_rows
from tests.sources.bigquery.warehouse_factory import LIMITS, WarehouseFactory, question
from tests.support.lake import PLATFORM
from tests.support.processes import until

NOWHERE = Address(project="shop", dataset="academy")
LABELS = {"report": "churn", "run": "R1"}
PASSING = {"reason": "backendError", "message": "Error encountered during execution."}
GET_JOB = r"^GET .*/jobs/"


async def test_a_repeated_query_gets_the_answer_of_its_job(
    make_warehouse: WarehouseFactory,
) -> None:
    address = put_table(
        make_warehouse.shared_emulator.endpoint, PLATFORM, as_platform(flat_events(400, 20))
    )
    rows: list[list[pa.RecordBatch]] = [[], []]

    first, second = [
        await make_warehouse.at(address).run(
            question(make_warehouse.at(address), **LABELS), sink.append
        )
        for sink in rows
    ]

    assert len(make_warehouse.proxy.jobs) == 1
    assert (first.rows, second.rows) == (20, 20)
    assert (second.bytes_processed, second.bytes_billed) == (0, 0)
    assert pa.Table.from_batches(rows[0]).equals(pa.Table.from_batches(rows[1]))


async def test_two_at_once_share_the_job(make_warehouse: WarehouseFactory) -> None:
    address = put_table(
        make_warehouse.shared_emulator.endpoint, PLATFORM, as_platform(flat_events(400, 20))
    )
    client = [make_warehouse.at(address) for _ in range(4)]

    usages = await asyncio.gather(
        *(each.run(question(each, **LABELS), lambda _: None) for each in client)
    )

    assert len(make_warehouse.proxy.jobs) == 1
    assert [usage.rows for usage in usages] == [20] * 4


async def test_a_job_that_failed_for_the_moment_is_followed_by_another(
    make_warehouse: WarehouseFactory,
) -> None:
    address = put_table(
        make_warehouse.shared_emulator.endpoint, PLATFORM, as_platform(flat_events(400, 20))
    )
    make_warehouse.proxy.routes = [replace(job_made(job(error=PASSING)), body='"jobId": "[^"]*-0"')]
    warehouse = make_warehouse.at(address)

    usage = await warehouse.run(question(warehouse, **LABELS), lambda _: None)

    assert usage.rows == 20
    assert [name[-2:] for name in make_warehouse.proxy.jobs] == ["-0", "-1"]


async def test_after_three_failures_there_is_no_fourth(make_warehouse: WarehouseFactory) -> None:
    make_warehouse.proxy.routes = [job_made(job(error=PASSING))]
    warehouse = make_warehouse.at(NOWHERE)

    with pytest.raises(SourceDown, match="Error encountered"):
        await warehouse.run(question(warehouse, **LABELS), lambda _: None)

    assert [name[-2:] for name in make_warehouse.proxy.jobs] == ["-0", "-1", "-2"]


async def test_a_later_process_continues_after_the_failed_jobs(
    make_warehouse: WarehouseFactory,
) -> None:
    make_warehouse.proxy.routes = [job_made(job(error=PASSING)), Route(GET_JOB, job(error=PASSING))]
    for _ in range(2):
        warehouse = make_warehouse.at(NOWHERE)
        with pytest.raises(SourceDown):
            await warehouse.run(question(warehouse, **LABELS), lambda _: None)

    assert [name[-2:] for name in make_warehouse.proxy.jobs] == [f"-{n}" for n in range(6)]


async def test_an_answer_that_is_gone_is_asked_for_again(make_warehouse: WarehouseFactory) -> None:
    old = job()
    statistics = old["statistics"]
    assert isinstance(statistics, dict)
    ended = int((utc_now() - timedelta(hours=23)).timestamp() * 1000)
    statistics["endTime"] = str(ended)
    make_warehouse.proxy.routes = [
        replace(job_made(old), body='"jobId": "[^"]*-0"'),
        job_made(job()),
    ]
    make_warehouse.proxy.routes.append(no_rows())
    warehouse = make_warehouse.at(NOWHERE)

    await warehouse.run(question(warehouse, **LABELS), lambda _: None)

    assert [name[-2:] for name in make_warehouse.proxy.jobs] == ["-0", "-1"]


async def test_a_job_that_fails_for_good_is_not_followed(make_warehouse: WarehouseFactory) -> None:
    failure = {"reason": "invalidQuery", "message": "Unrecognized name: nope at [1:8]"}
    make_warehouse.proxy.routes = [job_made(job(error=failure))]
    warehouse = make_warehouse.at(NOWHERE)

    with pytest.raises(SourceDown, match=r"refused the query\. It says: Unrecognized name: nope"):
        await warehouse.run(question(warehouse, **LABELS), lambda _: None)

    assert len(make_warehouse.proxy.jobs) == 1


async def test_cancelling_the_query_cancels_the_job(make_warehouse: WarehouseFactory) -> None:
    shared_emulator = job(state="RUNNING")
    cancelled = Route(r"^POST .*/cancel", {"job": job()})
    make_warehouse.proxy.routes = [
        cancelled,
        job_made(shared_emulator),
        Route(GET_JOB, shared_emulator),
    ]
    warehouse = make_warehouse.at(NOWHERE)
    task = asyncio.create_task(warehouse.run(question(warehouse), lambda _: None))
    await asyncio.to_thread(
        until, lambda: any("GET" in line for line in make_warehouse.proxy.passed)
    )

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert any("/cancel" in line for line in make_warehouse.proxy.passed)


async def test_the_bytes_of_a_job_are_told_and_kept(
    make_warehouse: WarehouseFactory, database: Database
) -> None:
    make_warehouse.proxy.routes = [job_made(job(bytes_processed=900, bytes_billed=1000)), no_rows()]
    warehouse = make_warehouse.at(NOWHERE)

    usage = await warehouse.run(question(warehouse), lambda _: None)

    assert (usage.rows, usage.bytes_processed, usage.bytes_billed) == (0, 900, 1000)
    async with database.transaction() as session:
        assert await spent_on(session, utc_now()) == 1000


def test_the_name_of_a_job_follows_from_its_run_and_question() -> None:
    asked = Query(sql="SELECT @n", params={"n": 0}, labels={"run": "r1"})

    assert name_of(asked) == name_of(replace(asked, labels={"run": "r1", "report": "churn"}))
    assert name_of(asked) != name_of(replace(asked, labels={"run": "r2"}))
    assert name_of(asked) != name_of(replace(asked, sql=asked.sql + " LIMIT 1"))
    assert name_of(asked) != name_of(replace(asked, params={**asked.params, "n": 1}))
    assert name_of(replace(asked, labels={})) != name_of(replace(asked, labels={}))


def test_a_job_is_bound_by_the_settings_and_labelled_as_is_allowed() -> None:
    asked = Query(
        sql="SELECT 1",
        params={"days": [1, 2], "at": utc_now(), "n": 3, "word": "w", "share": 0.5},
        labels={"Report": "Churn Risk", "run": "R" * 80},
    )

    config = config_of(asked, LIMITS)

    types = [parameter.to_api_repr()["parameterType"] for parameter in config.query_parameters]
    assert [kind["type"] for kind in types] == ["ARRAY", "TIMESTAMP", "INT64", "STRING", "FLOAT64"]
    assert config.maximum_bytes_billed == LIMITS.max_bytes_billed
    assert config.to_api_repr()["jobTimeoutMs"] == "60000"
    assert config.labels == {"report": "churn-risk", "run": "r" * 63}
