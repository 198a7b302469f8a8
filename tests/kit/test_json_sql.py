"""Objects that Postgres writes are those of `row_to_json`, to the byte."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import pytest
from pydantic import BaseModel, create_model

from app.kit.db.engine import Database
from app.kit.db.json_sql import object_of
from app.kit.db.named_params import Statement


class Colour(StrEnum):
    RED = "red"


class Thing(BaseModel):
    whole: int
    part: float | None
    day: date
    since: datetime
    ended: date | None
    id: UUID
    colour: Colour | None
    name: str
    motto: str | None
    count: bool
    known: bool | None
    rest: dict[str, int] | None
    always: dict[str, int]


COLUMNS = """
    1 AS whole, {part} AS part, DATE '2026-01-31' AS day,
    CAST('2026-01-31 09:00:00.5+00' AS timestamptz) AS since, {ended} AS ended,
    CAST('00000000-0000-0000-0000-0000000000ff' AS uuid) AS id, {colour} AS colour,
    {name} AS name, {motto} AS motto, {count} AS count, {known} AS known, {rest} AS rest,
    json_build_object('b', 2) AS always
"""
FULL = {
    "part": "CAST(0.1 AS double precision) + 0.2",
    "ended": "DATE '2026-02-01'",
    "colour": "'red'",
    "name": "E'a \"b\", \\\\ c\\n\\u0001 é'",
    "motto": "''",
    "count": "true",
    "known": "true",
    "rest": """json_build_object('a', 1)""",
}
EMPTY = dict.fromkeys(FULL, "NULL") | {"name": "'x'", "count": "false"}
EMPTY |= {
    "known": "CAST(NULL AS boolean)",
    "part": "CAST(NULL AS double precision)",
    "ended": "CAST(NULL AS date)",
}


@pytest.mark.parametrize("values", [FULL, EMPTY], ids=["full", "empty"])
async def test_an_object_is_what_row_to_json_writes(
    shared: Database, values: dict[str, str]
) -> None:
    sql = f"""
        SELECT {object_of(Thing, "thing")} AS ours, CAST(row_to_json(thing) AS text) AS theirs
        FROM (SELECT {COLUMNS.format(**values)}) AS thing
    """  # noqa: S608 - our own words

    ((ours, theirs),) = await shared.reader.rows(Statement(sql=sql, params={}))

    assert ours == theirs
    assert Thing.model_validate_json(ours).whole == 1


async def test_fields_can_be_left_out(shared: Database) -> None:
    left = object_of(Thing, "thing", without=frozenset(Thing.model_fields) - {"whole", "count"})
    sql = f"SELECT {left} FROM (SELECT 7 AS whole, true AS count) AS thing"  # noqa: S608

    ((ours,),) = await shared.reader.rows(Statement(sql=sql, params={}))

    assert ours == '{"whole":7,"count":true}'


@pytest.mark.parametrize("kind", [bytes, Decimal, Colour | int, list[int], object])
def test_a_field_that_cannot_be_written_is_refused(kind: type) -> None:
    model = create_model("Model", field=(kind, ...))

    with pytest.raises(TypeError, match="cannot be written as JSON"):
        object_of(model, "row")
