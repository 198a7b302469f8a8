"""Cells of a CSV that a spreadsheet would compute."""

from pathlib import Path

import pytest
from sqlalchemy import text

from app.kit.db.engine import Database
from app.kit.http.formats import cells
from app.runs.export import Format, export

COMPUTED = [
    "=1",
    "+1",
    "-1",
    "@x",
    "\t=1",
    "\n=1",
    "\r\n=1",
    "\n\n\t -1",
    "\x0b@x",
    "\x01=1",
    "\nx",
]
PLAIN = ["", "a=1", "1-2", "x\n=1", " x"]
CASES = [(each, f"'{each}") for each in COMPUTED] + [(each, each) for each in PLAIN]


@pytest.mark.parametrize(("given", "written"), CASES, ids=repr)
async def test_a_list_marks_them(shared: Database, given: str, written: str) -> None:
    cell = cells("row", ["cell"], texts={"cell"})
    selected = f"SELECT {cell} FROM (VALUES (:given)) AS row (cell)"  # noqa: S608 - our own words
    async with shared.engine.connect() as connection:
        found = await connection.scalar(text(selected), {"given": given})

    assert found == written


@pytest.mark.parametrize("form", [Format.CSV, Format.NDJSON])
async def test_an_export_marks_them_in_csv_alone(
    shared: Database, tmp_path: Path, form: Format
) -> None:
    selected = "SELECT E'\\n=1' AS cell, 'plain' AS other, 7 AS number, '[-1]' AS details"
    target = tmp_path / "rows"

    await export(shared.url, selected, [], target, form)

    written = target.read_text("utf-8")
    if form is Format.CSV:
        assert written == 'cell,other,number,details\n"\'\n=1",plain,7,[-1]\n'
    else:
        assert '"cell":"\\n=1"' in written
