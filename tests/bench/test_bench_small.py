"""The bench itself: its judgement, its load, and a run so small that its figures mean nothing."""

import asyncio
import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench.__main__ import BenchOptions, measure
from bench.figures import Figure, compared, show, write
from bench.load import load, request

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
NAMES = {
    "day, from sources to published",
    "day, and its alerts evaluated",
    "day, by the seed's own way",
    "day, peak memory",
}


def figure(**changes: object) -> Figure:
    values: dict[str, object] = {"name": "speed", "unit": "s", "ours": 8.0, **changes}
    return Figure(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "ok"),
    [
        (figure(reference=10, at_most=0.8), True),
        (figure(reference=10, at_most=0.79), False),
        (figure(reference=4, at_least=2), True),
        (figure(reference=4, at_least=2.01), False),
        (figure(at_most=8), True),
        (figure(at_most=7.9), False),
        (figure(reference=10), None),
    ],
)
def test_a_figure_is_judged_by_its_ratio_where_it_has_a_reference(
    given: Figure, *, ok: bool | None
) -> None:
    assert given.ok is ok


def test_rounds_are_compared_by_their_medians() -> None:
    found = compared("speed", "s", [1, 9, 2], [4, 4, 100], at_most=0.5)

    assert (found.ours, found.reference, found.ratio) == (2, 4, 0.5)
    assert (found.spread, found.reference_spread) == ((1, 9), (4, 100))


def test_figures_are_shown_and_written(tmp_path: Path) -> None:
    path, shown = tmp_path / "results.json", StringIO()
    figures = [figure(reference=4.0, at_most=1.0), figure(name="other")]
    show(figures, Console(file=shown, width=160))
    write(figures, path)

    first, second = json.loads(path.read_text("utf-8"))
    assert first == {
        "name": "speed",
        "unit": "s",
        "ours": 8.0,
        "reference": 4.0,
        "ratio": 2.0,
        "bar": 1.0,
        "ok": False,
    }
    assert (second["name"], second["ok"]) == ("other", None)
    assert "NO" in shown.getvalue()


async def test_load_asks_again_and_again_over_each_connection() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ANSWER)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        found = await load(port, request("/"), connections=3, seconds=0.1)

    assert found.requests_a_second > 3
    assert 0 < found.p50 <= found.p99
    assert found.body_bytes == len("hello")


async def test_load_refuses_another_answer() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER.replace(b"200", b"500"))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        with pytest.raises(RuntimeError, match="500"):
            await load(port, request("/"), connections=1, seconds=0.1)


async def test_a_small_day_is_measured_beside_its_references() -> None:
    wanted = BenchOptions(only=["day"], subscribers=300, rounds=1, seconds=0.1)
    found: list[Figure] = []
    await measure(wanted, Console(file=StringIO()), found)
    figures = {each.name: each for each in found}

    assert figures.keys() == NAMES
    published = figures["day, from sources to published"]
    assert {"scan", "subscriptions", "score", "encode", "COPY", "alerts"} <= published.parts.keys()
    assert all(each.ours > 0 for each in figures.values())


@pytest.mark.prove
async def test_small_days_are_compared_with_smaller_ones() -> None:
    wanted = BenchOptions(only=["growth"], subscribers=3_000, rounds=1, seconds=0.1)
    found: list[Figure] = []
    await measure(wanted, Console(file=StringIO()), found)

    (step,) = found
    assert step.name == "day of 300 by a day of 30"
    assert step.reference == 10
    assert step.ours > 0
