"""A platform that is older, odd, closed, slow or gone: all is taken over, or nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text

from app.kit.db.engine import Database
from app.kit.db.locks import try_hold_lock
from app.kit.errors import AppError, Conflict, SourceDown, Unusable
from app.sources.platform.connection import Platform
from app.sources.platform.queries import ALL
from app.sources.platform.snapshot import PlatformSnapshot
from app.sources.platform.sync import SYNC_LOCK, sync
from tests.sources.platform.academy import Academy, counts
from tests.support.locks import idle_transactions
from tests.support.subscriptions import NOW, at

LATER = sorted({(t, c) for q in ALL for t, columns in q.later.items() for c in columns})
NEEDED = [table for question in ALL if question.needed for table in question.tables]
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = :name"


async def until_blocked(platform: Database) -> None:
    """Wait until a statement of the platform waits for a lock."""
    name = make_url(platform.url).database
    async with asyncio.timeout(30), platform.engine.connect() as connection:
        while not await connection.scalar(text(BLOCKED), {"name": name}):
            await connection.rollback()
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("table", "column"), LATER)
async def test_a_column_of_a_later_version_may_lack(
    academy: Academy, table: str, column: str
) -> None:
    await academy.add()
    await academy.execute(f"ALTER TABLE {table} DROP COLUMN {column}")

    result = await academy.sync()

    assert counts(result).inserted == 1
    assert result.notes == [f"{table} has no {column}: it counts as unknown"]


@pytest.mark.parametrize("table", NEEDED)
async def test_a_table_that_is_needed_is_named(academy: Academy, table: str) -> None:
    await academy.execute(f"DROP TABLE {table} CASCADE")

    with pytest.raises(Unusable, match=f"there is no table {table}"):
        await academy.sync()


@pytest.mark.parametrize(
    ("table", "skipped"),
    [
        ("payments_planfinancing", ["financings", "financing_seats"]),
        ("payments_subscriptionseat", ["seats"]),
        ("payments_planfinancingteam", ["financing_seats"]),
        ("assignments_assignmenttelemetry", ["telemetry"]),
        ("auth_user", ["users"]),
        ("admissions_academy", ["academies"]),
    ],
)
async def test_what_an_older_platform_does_not_have_is_skipped(
    academy: Academy, table: str, skipped: Sequence[str]
) -> None:
    await academy.add()
    await academy.add("planfinancing")
    await academy.sync(at("05-01"))
    await academy.execute(f"DROP TABLE {table} CASCADE")

    result = await academy.sync(at("05-02"))

    assert result.notes == [f"{name} skipped: there is no table {table}" for name in skipped]
    assert result.vanished == 0


async def test_a_role_that_may_not_read_a_table_is_told_which(academy: Academy) -> None:
    role = f"reader_{uuid4().hex}"
    await academy.execute(f"CREATE ROLE {role}")
    await academy.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    await academy.execute(f"REVOKE ALL ON payments_invoice, auth_user FROM {role}")
    await academy.execute(f"GRANT SELECT (id, email, first_name, last_name) ON auth_user TO {role}")
    url = make_url(academy.database.url).update_query_dict({"options": f"-c role={role}"})
    as_role = SecretStr(url.render_as_string(hide_password=False).replace("+", "%20"))

    with pytest.raises(Unusable) as refused:
        await sync(academy.own, replace(academy.platform, url=as_role), full=True, now=NOW)
    await academy.execute(f"GRANT SELECT ON payments_invoice TO {role}")
    result = await sync(academy.own, replace(academy.platform, url=as_role), full=True, now=NOW)
    await academy.execute(f"DROP OWNED BY {role}")
    await academy.execute(f"DROP ROLE {role}")

    assert "the role may not read the table payments_invoice." in refused.value.message
    assert result.notes == []


async def test_what_appears_later_is_read_from_its_beginning(academy: Academy) -> None:
    await academy.execute("ALTER TABLE payments_planfinancing RENAME TO hidden")
    await academy.sync(at("05-01"))
    await academy.execute("ALTER TABLE hidden RENAME TO payments_planfinancing")
    await academy.add("planfinancing")

    result = await academy.sync(at("05-02"), full=False)

    assert counts(result).inserted == 1


async def test_a_row_of_an_unknown_status_is_left_out_and_does_not_vanish(
    academy: Academy,
) -> None:
    await academy.add()
    await academy.add(id=10)
    await academy.sync(at("05-01"))
    await academy.update(status="PAUSED")

    result = await academy.sync(at("05-02"))

    (note,) = result.notes
    assert note.startswith("1 row of subscriptions left out, the first one with id subscription:9:")
    assert "status: found 'PAUSED', expected one of" in note
    assert (counts(result).read, result.vanished) == (1, 0)


async def test_everything_is_as_of_one_moment(academy: Academy) -> None:
    await academy.add()
    async with academy.database.transaction() as holder:
        connection = await holder.connection()
        await connection.execute(text("LOCK TABLE assignments_assignmenttelemetry"))
        syncing = asyncio.create_task(academy.sync())
        await until_blocked(academy.database)
        await academy.execute("UPDATE auth_user SET first_name = 'Later' WHERE id = 7")
    await syncing

    assert '(7,ada@example.com,"Ada Lovelace")' in await academy.everything()


async def test_a_statement_that_takes_too_long_is_stopped_and_nothing_changed(
    academy: Academy,
) -> None:
    await academy.add()
    platform = replace(academy.platform, timeout=timedelta(milliseconds=200))
    async with academy.database.transaction() as holder:
        connection = await holder.connection()
        await connection.execute(text("LOCK TABLE assignments_assignmenttelemetry"))

        with pytest.raises(SourceDown, match=r"longer than 0\.2 s .*PLATFORM_TIMEOUT_SECONDS"):
            await sync(academy.own, platform, full=True, now=NOW)

    assert await academy.everything() == []
    assert counts(await academy.sync(full=False)).inserted == 1


async def test_a_sync_that_is_stopped_lets_go_and_changed_nothing(academy: Academy) -> None:
    await academy.add()
    async with academy.database.transaction() as holder:
        connection = await holder.connection()
        await connection.execute(text("LOCK TABLE assignments_assignmenttelemetry"))
        syncing = asyncio.create_task(academy.sync())
        await until_blocked(academy.database)
        syncing.cancel()
        async with asyncio.timeout(10):
            await asyncio.gather(syncing, return_exceptions=True)

    assert syncing.cancelled()
    assert await academy.everything() == []
    assert counts(await academy.sync()).inserted == 1


async def test_while_the_platform_is_slow_no_transaction_of_ours_is_open(academy: Academy) -> None:
    await academy.add()
    async with academy.database.transaction() as holder:
        await (await holder.connection()).execute(text("LOCK TABLE payments_subscription"))
        syncing = asyncio.create_task(academy.sync())
        await until_blocked(academy.database)

        assert await idle_transactions(academy.own) == 0
        with pytest.raises(Conflict, match="Another sync"):
            await academy.sync()

    assert counts(await syncing).inserted == 1


async def test_only_one_sync_is_at_work(academy: Academy) -> None:
    async with try_hold_lock(academy.own, SYNC_LOCK):
        with pytest.raises(Conflict, match="Another sync"):
            await academy.sync()


async def test_nothing_can_be_written_there(academy: Academy) -> None:
    with (
        PlatformSnapshot(academy.platform) as snapshot,
        pytest.raises(SourceDown, match="read-only transaction"),
    ):
        snapshot.table("DELETE FROM payments_subscription")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://reader:sw0rdfish@127.0.0.1:1/platform",
        "postgresql://reader:sw0rdfish@tail@127.0.0.1:1/platform",
        "postgresql://reader:sw0rdfish/tail@127.0.0.1:1/platform",
        "postgresql://reader:sw0rdfish#tail@127.0.0.1:1/platform",
        "postgresql://reader@127.0.0.1:1/platform?password=sw0rdfish",
        "sw0rdfish",
        "mysql://reader:sw0rdfish@127.0.0.1/platform",
    ],
)
async def test_the_password_is_never_said(academy: Academy, url: str) -> None:
    platform = Platform(url=SecretStr(url), timeout=timedelta(seconds=5), spool=academy.folder)

    with pytest.raises(AppError) as refused:
        await sync(academy.own, platform, full=True, now=NOW)

    said = f"{refused.value.message} {platform!r}"
    assert "sw0rdfish" not in said
    assert "tail" not in said
    assert refused.value.__cause__ is None
