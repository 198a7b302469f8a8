"""A platform of the tests: its tables, and how its own code writes to them."""

from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import text

from app.kit.db.engine import Database
from app.sources.imports import Imported
from app.sources.platform.connection import Platform
from app.sources.platform.sync import SyncResult, sync
from tests.support.subscriptions import (
    NOW,
    Value,
    at,
    everything,
    now_known,
    reasons,
    timeline,
)

SCHEMA = (Path(__file__).parent / "sql/schema.sql").read_text("utf-8")
SUBSCRIPTION: dict[str, Value] = {
    "id": 9,
    "status": "ACTIVE",
    "user_id": 7,
    "academy_id": 3,
    "next_payment_at": at("07-01"),
    "created_at": at("03-01"),
    "updated_at": at("03-01"),
}
FINANCING = SUBSCRIPTION | {
    "valid_until": at("09-01"),
    "plan_expires_at": at("12-01"),
    "monthly_price": 250.0,
    "currency_id": 2,
}
A_MOMENT = timedelta(milliseconds=2)
TABLES = {"subscription": SUBSCRIPTION, "planfinancing": FINANCING}


class Academy:
    """The platform's database, and the service's that reads it."""

    def __init__(self, platform: Database, own: Database, folder: Path) -> None:
        self.database = platform
        self.own = own
        self.folder = folder

    @property
    def platform(self) -> Platform:
        return Platform(
            url=SecretStr(self.database.url), timeout=timedelta(seconds=30), spool=self.folder
        )

    async def sync(
        self, now: datetime = NOW, *, full: bool = True, accept_vanished: bool = False
    ) -> SyncResult:
        """Read the platform."""
        return await sync(
            self.own, self.platform, full=full, now=now, accept_vanished=accept_vanished
        )

    async def timeline(self, subscription_id: str = "subscription:9") -> list[str]:
        """Return the versions that the service knows."""
        async with self.own.transaction() as session:
            return await timeline(session, subscription_id)

    async def reasons(self, subscription_id: str = "subscription:9") -> list[str]:
        """Return how each version ended."""
        async with self.own.transaction() as session:
            return await reasons(session, subscription_id)

    async def known(self, column: str, subscription_id: str = "subscription:9") -> str:
        """Return what the service knows last."""
        async with self.own.transaction() as session:
            return await now_known(session, column, subscription_id)

    async def everything(self) -> list[str]:
        """Return all that the service took over."""
        async with self.own.transaction() as session:
            connection = await session.connection()
            rows = (await connection.execute(text(DIRECTORY))).scalars()
            return [*rows, *await everything(session)]

    async def execute(self, sql: str, **values: Value) -> None:
        """Change the platform as its administrator or a bulk update does: nothing is stamped."""
        async with self.database.transaction() as session:
            await (await session.connection()).execute(text(sql), values)

    async def execute_own(self, sql: str) -> None:
        """Change what the service knows."""
        async with self.own.transaction() as session:
            await (await session.connection()).execute(text(sql))

    async def insert(self, table: str, **values: Value) -> None:
        """Add a row."""
        names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
        await self.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", **values)  # noqa: S608

    async def add(self, kind: str = "subscription", /, **changes: Value) -> None:
        """Sell a subscription: number 9, ACTIVE since 1 March, of user 7 in academy 3."""
        row = TABLES[kind] | changes
        await self.insert(f"payments_{kind}", **row)
        await self.insert(f"payments_{kind}_plans", **{f"{kind}_id": row["id"], "plan_id": 1})

    async def save(
        self, when: str, kind: str = "subscription", number: int = 9, /, **changes: Value
    ) -> None:
        """Change it as `.save()` does: with stamps, that of the status only if that changes."""
        stamps: dict[str, Value] = {"updated_at": at(when) + A_MOMENT}
        if "status" in changes:
            stamps["last_status_change_at"] = at(when)
        await self.update(kind, number, **changes, **stamps)

    async def update(
        self, kind: str = "subscription", number: int = 9, /, **changes: Value
    ) -> None:
        """Change it as `.update()` does: without a stamp."""
        sets = ", ".join(f"{name} = :{name}" for name in changes)
        await self.execute(
            f"UPDATE payments_{kind} SET {sets} WHERE id = :number",  # noqa: S608
            number=number,
            **changes,
        )

    async def pay(
        self, amount: float, paid_at: str, period: str = "NO_SET", status: str = "FULFILLED"
    ) -> None:
        """Charge subscription 9."""
        async with self.database.transaction() as session:
            connection = await session.connection()
            bag = await connection.scalar(
                text("INSERT INTO payments_bag (chosen_period) VALUES (:period) RETURNING id"),
                {"period": period},
            )
            values = {"amount": amount, "paid_at": at(paid_at), "status": status, "bag": bag}
            await connection.execute(text(INVOICE), values)


DIRECTORY = """
SELECT academies::text FROM academies
UNION ALL SELECT users::text FROM users
UNION ALL SELECT telemetry_samples::text FROM telemetry_samples
ORDER BY 1
"""
INVOICE = """
WITH invoice AS (
    INSERT INTO payments_invoice (amount, currency_id, paid_at, status, bag_id)
    VALUES (:amount, 1, :paid_at, :status, :bag)
    RETURNING id
)
INSERT INTO payments_subscription_invoices (subscription_id, invoice_id) SELECT 9, id FROM invoice
"""


def counts(result: SyncResult, kind: str = "subscriptions") -> Imported:
    """Return what became of one kind of rows."""
    (one,) = (imported for imported in result.imported if imported.kind == kind)
    return one
