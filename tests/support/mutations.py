"""Seeded damage: to values, to rows of named columns, and to bytes."""

from collections.abc import Callable, Mapping, Sequence
from random import Random

Values = Mapping[str, object]

DEEP = 100_000
"""More levels than any parser recurses into."""


class Verbatim(str):
    """Text that stands in JSON as it is, without quotes."""

    __slots__ = ()


VALUES: Sequence[object] = (
    None,
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\ud800",
        "\ufeffa",
        "\u200b",
        "\u2028",
        "\x1f",
        "é" * 150,
        "x" * 9_000,
    ),
    *(
        '"',
        '""',
        "'",
        ",",
        "\n",
        "\r\n",
        "a\rb",
        "\\",
        "=1+1",
        "%s",
        "{}",
        "../../a",
        "x" * 300_000,
    ),
    *(-1, 0, 1, 2**31, 2**63 - 1, 2**63, -(2**63), 10**400, 1.5, 1e308, float("inf"), float("nan")),
    *(
        True,
        [],
        {},
        [[1]],
        {"a": {"b": None}},
        "1e3",
        "0x10",
        "\uff11",
        "9" * 5_000,
        "+7",
        "7.",
        "7.0",
    ),
    *("0001-01-01", "0000-01-01", "9999-12-31T23:59:59Z", "10000-01-01", "294247-01-01", "-1-1-1"),
    *("2024-02-30", "2024-01-01T25:00:00Z", "2024-01-01T00:00:00+99:99", "2024-06-30T23:59:60Z"),
    *("infinity", "epoch", "now", "1714550400", "2024-01-01 10:30", "290000-12-31 (BC) 00:00:00"),
    *("ACTIVE", "active", "EUR", "eur", "DONE", "null", "NaN", "true"),
    *(
        Verbatim("[" * DEEP),
        Verbatim("[" * 500 + "]" * 500),
        Verbatim('{"a":' * 200 + "1" + "}" * 200),
    ),
    *(Verbatim("1e999"), Verbatim("-0"), Verbatim("01"), Verbatim("nul"), Verbatim('"\\ud800"')),
    *(Verbatim('"\\u0000"'), Verbatim('"\\q"'), Verbatim("9" * 5_000), Verbatim("")),
)
"""What some column does not take, or takes only at its edge."""

PIECES = (
    *(
        b"\0",
        b"\xff",
        b"\xfe\xff",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\xc0\x80",
        b"\xf4\x90\x80\x80",
    ),
    *(b'"', b'""', b"'", b",", b";", b"\t", b"\r", b"\n", b"\r\n", b"\n\n", b"\x1a", b"\\", b"\\u"),
    *(b"{", b"}", b"[", b"]", b":", b"{}", b"null", b"NaN", b"[" * 5_000, b"0" * 500, b"PAR1"),
)


def damaged_value(random: Random) -> object:
    """Return something that stands for a value."""
    return random.choice(VALUES)


def damaged_rows(random: Random, rows: Sequence[Values]) -> list[Values]:
    """Damage rows of the same columns: a value, a column, or the rows as such."""
    return random.choice(_OF_ROWS)(random, [dict(row) for row in rows])


def damaged_bytes(random: Random, content: bytes) -> bytes:
    """Damage some bytes."""
    return random.choice(_OF_BYTES)(random, content)


def _value_set(random: Random, rows: list[Values]) -> list[Values]:
    at = random.randrange(len(rows))
    name = random.choice(list(rows[at]))
    return [*rows[:at], {**rows[at], name: damaged_value(random)}, *rows[at + 1 :]]


def _column_set(random: Random, rows: list[Values]) -> list[Values]:
    name, value = random.choice(list(rows[0])), damaged_value(random)
    return [{**row, name: value} for row in rows]


def _column_removed(random: Random, rows: list[Values]) -> list[Values]:
    gone = random.choice(list(rows[0]))
    return [{name: value for name, value in row.items() if name != gone} for row in rows]


def _column_renamed(random: Random, rows: list[Values]) -> list[Values]:
    old = random.choice(list(rows[0]))
    new = random.choice(
        [old.upper(), f" {old} ", f"{old}\0", f'"{old}', "row", "", "fine", "x" * 999]
    )
    return [{new if name == old else name: value for name, value in row.items()} for row in rows]


def _column_added(random: Random, rows: list[Values]) -> list[Values]:
    name = random.choice(
        ["row", "fine", "given_id", "text_id", "ignored_0", "", "\ud800", "a,b", "a\nb"]
    )
    return [{**row, name: damaged_value(random)} for row in rows]


def _columns_shuffled(random: Random, rows: list[Values]) -> list[Values]:
    names = random.sample(list(rows[0]), len(rows[0]))
    return [{name: row[name] for name in names} for row in rows]


def _rows_repeated(random: Random, rows: list[Values]) -> list[Values]:
    return rows * random.randint(2, 50)


def _rows_removed(random: Random, rows: list[Values]) -> list[Values]:
    return random.sample(rows, random.randrange(len(rows)))


_OF_ROWS: Sequence[Callable[[Random, list[Values]], list[Values]]] = (
    *[_value_set] * 6,
    *[_column_set] * 2,
    _column_removed,
    _column_renamed,
    _column_added,
    _columns_shuffled,
    _rows_repeated,
    _rows_removed,
)


def _place(random: Random, content: bytes) -> int:
    return random.randrange(len(content) + 1)


def _bit_flipped(random: Random, content: bytes) -> bytes:
    if not content:
        return content
    at = random.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << random.randrange(8)]) + content[at + 1 :]


def _cut(random: Random, content: bytes) -> bytes:
    return content[: _place(random, content)]


def _piece_inserted(random: Random, content: bytes) -> bytes:
    at = random.choice([0, len(content), _place(random, content)])
    return content[:at] + random.choice(PIECES) + content[at:]


def _slice_removed(random: Random, content: bytes) -> bytes:
    first, last = sorted((_place(random, content), _place(random, content)))
    return content[:first] + content[last:]


def _slice_repeated(random: Random, content: bytes) -> bytes:
    first, last = sorted((_place(random, content), _place(random, content)))
    return content[:last] + content[first:last] * random.randint(1, 20) + content[last:]


def _slice_replaced(random: Random, content: bytes) -> bytes:
    at = _place(random, content)
    noise = random.randbytes(random.randint(1, 40))
    return content[:at] + noise + content[at + len(noise) :]


def _lines_ended_otherwise(random: Random, content: bytes) -> bytes:
    return content.replace(b"\n", random.choice([b"\r", b"\r\n", b"\n\r", b"\n\n", b"", b"\x0b"]))


def _recoded(random: Random, content: bytes) -> bytes:
    return content.decode("latin-1").encode(random.choice(["utf-16", "utf-8", "utf-32-be"]))


_OF_BYTES: Sequence[Callable[[Random, bytes], bytes]] = (
    *[_bit_flipped] * 4,
    *[_piece_inserted] * 3,
    _cut,
    _slice_removed,
    _slice_repeated,
    _slice_replaced,
    _lines_ended_otherwise,
    _recoded,
)
