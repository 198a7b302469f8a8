"""The checks of a column as expressions of DuckDB; every name in them is one of ours."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from app.kit.values import (
    FIRST_INSTANT,
    HOURS_AND_MINUTES,
    INVISIBLE,
    LAST_INSTANT,
    WHITESPACE,
)
from app.sources.imports.columns import DUCKDB_TYPES, Column

UNSEEN_PATTERN_SQL = "'[" + "".join(f"\\x{{{a:x}}}-\\x{{{b:x}}}" for a, b in INVISIBLE) + "]'"
"""As `app.kit.values` has it, in the words of DuckDB's expressions."""
OFFSET = f"Z|[+-]({HOURS_AND_MINUTES}|0[0-9]|1[0-4])"
TIME_OF_DAY = f"[T ][0-9]{{1,2}}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]+)?)? ?({OFFSET})?"
WRITTEN = f"'[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}({TIME_OF_DAY})?'"
WHOLE = "'[+-]?[0-9]+([.]0*)?'"
MINUTE_AND_OFFSET = "'^([0-9-]{8,10}[T ][0-9]{2}:[0-9]{2})([Z+-])'"


def typed(columns: Sequence[Column], types: Mapping[str, str]) -> str:
    """Return the select list of the values, and of `given_<name>` (was there anything).

    `types` names the DuckDB type of each column that the file has.
    """
    return ", ".join(
        f'{_value(column, types.get(column.name))} AS "{column.name}", '
        f'{_given(column, types.get(column.name))} AS "given_{column.name}"'
        for column in columns
    )


def checked(columns: Sequence[Column], now: datetime) -> str:
    """Return the select list of the values, and of `fine` (the row is without fault)."""
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f"{names}, {' AND '.join(sound(column, now) for column in columns)} AS fine"


def found(columns: Sequence[Column], now: datetime) -> str:
    """Return the select list of the row's number, and of what was found where it is wrong.

    `found_<name>` is NULL where the value is sound, and empty where it is missing.
    """
    wrong = (
        f"CASE WHEN NOT {sound(column, now)} "
        f'THEN coalesce("text_{column.name}", \'\') END AS "found_{column.name}"'
        for column in columns
    )
    return f"row, {', '.join(wrong)}"


def texts(columns: Sequence[Column], types: Mapping[str, str]) -> str:
    """Return the select list of what stands in the file, as `text_<name>`."""
    return ", ".join(
        f'{_text(column) if column.name in types else "NULL"} AS "text_{column.name}"'
        for column in columns
    )


def sound(column: Column, now: datetime) -> str:
    """Return the condition under which a value is taken: it is never NULL."""
    name = f'"{column.name}"'
    conditions = [f"{name} IS NOT NULL"]
    if column.choices:
        choices = ", ".join(f"'{choice}'" for choice in column.choices)
        conditions.append(f"{name} IN ({choices})")
    if column.letters is not None:
        conditions.append(f"regexp_full_match({name}, '[A-Z]{{{column.letters}}}')")
    if column.minimum is not None:
        conditions.append(f"{name} >= {column.minimum}")
    if column.maximum is not None:
        conditions.append(f"{name} <= {column.maximum}")
    conditions += _kind_conditions(column, now)
    valid = f"coalesce({' AND '.join(conditions)}, false)"
    return valid if column.needs_value else f'(NOT "given_{column.name}" OR {valid})'


def _kind_conditions(column: Column, now: datetime) -> Sequence[str]:
    name = f'"{column.name}"'
    match column.kind:
        case "float64":
            return [f"isfinite({name})"]
        case "string":
            unseen = (
                f"regexp_matches({name}, {UNSEEN_PATTERN_SQL})" if column.is_id else _has_nul(name)
            )
            return [f"length({name}) <= {column.characters}", f"NOT {unseen}"]
        case "timestamp":
            latest = now if column.not_future else LAST_INSTANT
            bounds = (f"TIMESTAMPTZ '{bound.isoformat()}'" for bound in (FIRST_INSTANT, latest))
            return [f"{name} BETWEEN {' AND '.join(bounds)}"]
        case "int64":
            return []


def _has_nul(name: str) -> str:
    return f"contains({name}, chr(0))"


def _given(column: Column, source: str | None) -> str:
    if source is None:
        return "false"
    name = f'"{column.name}"' if source == DUCKDB_TYPES[column.kind] != "VARCHAR" else _text(column)
    return f"{name} IS NOT NULL"


def _value(column: Column, source: str | None) -> str:
    wanted = DUCKDB_TYPES[column.kind]
    if source is None:
        return f"CAST(NULL AS {wanted})"
    text = _text(column)
    if column.kind == "string":
        return text if column.letters is None else f"upper({text})"
    if source == wanted:
        return f'"{column.name}"'
    return _parsed(column, text)


def _parsed(column: Column, text: str) -> str:
    """Read a text: a cast alone would round 1.5, take the word 'epoch', and not take 10:30Z."""
    match column.kind:
        case "int64":
            whole = f"TRY_CAST(split_part({text}, '.', 1) AS BIGINT)"
            return f"CASE WHEN regexp_full_match({text}, {WHOLE}) THEN {whole} END"
        case "timestamp":
            seconds = f"regexp_replace({text}, {MINUTE_AND_OFFSET}, '\\1:00\\2')"
            instant = f"TRY_CAST({seconds} AS TIMESTAMPTZ)"
            return f"CASE WHEN regexp_full_match({text}, {WRITTEN}) THEN {instant} END"
        case "float64" | "string":
            return f"TRY_CAST({text} AS DOUBLE)"


def _text(column: Column) -> str:
    return f"nullif(trim(CAST(\"{column.name}\" AS VARCHAR), '{WHITESPACE}'), '')"
