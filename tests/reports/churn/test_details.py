"""A row is explained by the weights that it was scored with."""

from collections.abc import Mapping

import orjson
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.reports.churn.list_spec import details_of
from app.reports.churn.scoring import SCORING_VERSION, WEIGHTS, WEIGHTS_BY_VERSION, Signal
from tests.support.published_days import risk

OTHERS = dict(zip(Signal, (0.5, 0.1, 0.05, 0.15, 0.15, 0.05), strict=True))
IN_THE_NEXT_VERSION = {**WEIGHTS_BY_VERSION, SCORING_VERSION + 1: OTHERS}

Versions = Mapping[int, Mapping[Signal, float]]


async def details(session: AsyncSession, version: int, known: Versions) -> dict[str, object]:
    """Explain a row of a scoring version, as a service that knows some versions does."""
    row = orjson.dumps(risk(scoring_version=version)).decode()
    sql = text(
        f"SELECT CAST({details_of('r', known)} AS text)"  # noqa: S608 - written by the service
        " FROM jsonb_populate_record(CAST(NULL AS churn_risk_reports), CAST(:row AS jsonb)) AS r"
    )
    connection = await session.connection()
    found: dict[str, object] = orjson.loads(await connection.scalar(sql, {"row": row}))
    return found


def weights(explained: dict[str, object]) -> dict[str, float | None]:
    signals = explained["signals"]
    assert isinstance(signals, dict)
    return {name: signal["weight"] for name, signal in signals.items()}


async def test_a_row_goes_on_explaining_itself_when_the_weights_change(
    session: AsyncSession,
) -> None:
    before = await details(session, SCORING_VERSION, WEIGHTS_BY_VERSION)

    after = await details(session, SCORING_VERSION, IN_THE_NEXT_VERSION)

    assert after == before
    assert weights(after) == WEIGHTS


async def test_a_row_of_the_next_version_has_its_own_weights(session: AsyncSession) -> None:
    explained = await details(session, SCORING_VERSION + 1, IN_THE_NEXT_VERSION)

    assert weights(explained) == OTHERS


async def test_weights_of_a_version_that_is_not_known_are_not_made_up(
    session: AsyncSession,
) -> None:
    explained = await details(session, SCORING_VERSION + 1, WEIGHTS_BY_VERSION)

    assert set(weights(explained).values()) == {None}


def test_the_weights_of_a_version_never_change() -> None:
    listed = {version: list(known.items()) for version, known in WEIGHTS_BY_VERSION.items()}
    assert listed == {1: list(zip(Signal, (0.25, 0.2, 0.15, 0.15, 0.15, 0.1), strict=True))}
