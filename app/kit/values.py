"""The grammar of values: what every door takes, be it a file, a body, a query or a command."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic.types import GetPydanticSchema
from pydantic_core import CoreSchema, core_schema

MAX_ID = 2**63 - 1
MAX_MONEY = 1_000_000_000
"""A month, in whatever currency."""
MAX_CHARACTERS = 200
"""Of an id or a name."""
MAX_WORDS_CHARACTERS = 4000
"""Of what a person writes."""
FIRST_DAY, LAST_DAY = date(1971, 1, 1), date(2200, 12, 31)
FIRST_INSTANT = datetime(1971, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(2200, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
"""Beyond them no zone, no driver and no engine agrees with another one."""

HOURS_AND_MINUTES = "(0[0-9]|1[0-3]):[0-5][0-9]|14:00"
"""No clock of the world is farther from UTC."""
DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
INSTANT = f"^{DAY}[Tt][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}([.][0-9]+)?([Zz]|[+-]({HOURS_AND_MINUTES}))$"
WHITESPACE = "".join(
    map(chr, (*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B)))
) + "".join(map(chr, (0x2028, 0x2029, 0x202F, 0x205F, 0x3000)))
"""Unicode's white space: what is taken off both ends of a text."""
INVISIBLE = (
    *((0x00, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x61C, 0x61C), (0x180E, 0x180E)),
    *((0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB)),
)
"""The first and last of the control and format characters, none of which an id may have."""
UNSEEN = re.compile("[" + "".join(f"\\u{a:04x}-\\u{b:04x}" for a, b in INVISIBLE) + "]")


def _without_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("text has no NUL characters")
    return value


def _visible(value: str) -> str:
    if UNSEEN.search(value):
        raise ValueError("an id has no invisible characters")
    return value


def _written_day(value: object) -> object:
    """Refuse what pydantic would take as well: seconds since 1970, and instants at midnight."""
    if not isinstance(value, date) and not (
        isinstance(value, str) and re.fullmatch(DAY, value, re.ASCII)
    ):
        raise ValueError("a day is written like 2026-01-31")
    return value


def _instant_schema(_source: object, _handler: object) -> CoreSchema:
    """Check the form before the value: pydantic alone takes numbers, and offsets of 99 hours."""
    bounds: dict[str, Any] = {"ge": FIRST_INSTANT, "le": LAST_INSTANT}
    return core_schema.chain_schema(
        [
            core_schema.str_schema(pattern=INSTANT, strict=True),
            core_schema.datetime_schema(strict=False, tz_constraint="aware", **bounds),
        ]
    )


WITHOUT_NUL = AfterValidator(_without_nul)
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=MAX_CHARACTERS), WITHOUT_NUL
]
Name = Annotated[Text, Field(min_length=1)]
Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_WORDS_CHARACTERS),
    WITHOUT_NUL,
]
TextId = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CHARACTERS),
    AfterValidator(_visible),
]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Day = Annotated[
    date,
    BeforeValidator(_written_day),
    Field(ge=FIRST_DAY, le=LAST_DAY),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Instant = Annotated[
    datetime,
    GetPydanticSchema(_instant_schema),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
