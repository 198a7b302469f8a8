"""Figures: what was measured, beside what, and whether it passes its bar."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Self

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measured value; with a `reference` its ratio to it is judged, else the value itself.

    `spread` is the smallest and the largest of all rounds, of `ours` and of the reference.
    """

    name: str
    unit: str
    ours: float
    reference: float | None = None
    at_most: float | None = None
    at_least: float | None = None
    spread: Sequence[float] = ()
    reference_spread: Sequence[float] = ()
    parts: Mapping[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Ours by the reference."""
        return None if not self.reference else self.ours / self.reference

    @property
    def bar(self) -> float | None:
        """What is promised."""
        return self.at_least if self.at_most is None else self.at_most

    @property
    def ok(self) -> bool | None:
        """Whether the promise is kept; None where there is none."""
        judged = self.ours if self.ratio is None else self.ratio
        if self.at_most is not None:
            return judged <= self.at_most
        return None if self.at_least is None else judged >= self.at_least

    def with_parts(self, parts: Mapping[str, float]) -> Self:
        """Return it with what it is made of, or what was seen beside it."""
        return replace(self, parts=parts)

    def as_json(self) -> dict[str, object]:
        """Return it as it is written to the results."""
        said: dict[str, object] = {
            "name": self.name,
            "unit": self.unit,
            "ours": round(self.ours, 4),
            "reference": None if self.reference is None else round(self.reference, 4),
            "ratio": None if self.ratio is None else round(self.ratio, 4),
            "bar": self.bar,
            "ok": self.ok,
        }
        more = {
            "spread": [round(value, 4) for value in self.spread],
            "reference_spread": [round(value, 4) for value in self.reference_spread],
            "parts": {name: round(value, 3) for name, value in self.parts.items()},
        }
        return said | {name: value for name, value in more.items() if value}


def compared(
    name: str,
    unit: str,
    ours: Sequence[float],
    reference: Sequence[float],
    *,
    at_most: float | None = None,
    at_least: float | None = None,
) -> Figure:
    """Return the figure of several rounds: medians, with their spread."""
    return Figure(
        name=name,
        unit=unit,
        ours=median(ours),
        reference=median(reference) if reference else None,
        at_most=at_most,
        at_least=at_least,
        spread=(min(ours), max(ours)),
        reference_spread=(min(reference), max(reference)) if reference else (),
    )


def show(figures: Sequence[Figure], console: Console) -> None:
    """Print the figures as a table, and below it the parts of those that have some."""
    table = Table("figure", "unit", title="Headsup beside its references", title_justify="left")
    for name in ("ours", "spread", "reference", "spread", "ratio", "bar", "ok"):
        table.add_column(name, justify="right")
    for figure in figures:
        table.add_row(
            figure.name,
            figure.unit,
            _number(figure.ours),
            _range(figure.spread),
            _number(figure.reference),
            _range(figure.reference_spread),
            _number(figure.ratio),
            _bar(figure),
            {True: "yes", False: "[red]NO[/red]", None: ""}[figure.ok],
        )
    console.print(table)
    for figure in figures:
        if figure.parts:
            parts = ", ".join(f"{name} {_number(value)}" for name, value in figure.parts.items())
            console.print(f"{figure.name}: {parts}", soft_wrap=True)


def write(figures: Sequence[Figure], path: Path = RESULTS) -> None:
    """Write the figures as a list of JSON objects."""
    path.write_text(json.dumps([figure.as_json() for figure in figures], indent=2) + "\n", "utf-8")


def _bar(figure: Figure) -> str:
    if figure.bar is None:
        return ""
    return f"{'<=' if figure.at_most is not None else '>='} {_number(figure.bar)}"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"  # noqa: PLR2004 - looks best


def _range(spread: Sequence[float]) -> str:
    return " - ".join(_number(value) for value in spread)
