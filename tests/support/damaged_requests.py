"""Requests for every described operation, with seeded damage, as bytes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

from tests.support.mutations import Verbatim, damaged_bytes, damaged_value
from tests.support.openapi_document import (
    OPERATIONS,
    Schema,
    body_of,
    fields,
    path_of,
    placed,
    resolved,
)

TYPES = ("application/json", "application/x-ndjson", "text/plain", "multipart/form-data", 'a/b;c="')
HEADERS = ("Accept", "If-None-Match", "If-Match", "Idempotency-Key", "Cookie", "Range", "Expect-CT")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "get")
Known = Mapping[str, list[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedRequest:
    """The bytes of a request, and which operation it was made from."""

    operation: str
    method: str
    raw: bytes


def damaged_request(random: Random, known: Known, keys: Sequence[str]) -> DamagedRequest:
    """Return a request for some operation with some key, with one damage or several."""
    name = random.choice(list(OPERATIONS))
    operation = OPERATIONS[name]
    method = operation["method"] if random.random() < 0.97 else random.choice(METHODS)
    body, body_type = _body(random, operation)
    headers = [
        ("Host", "x"),
        ("Connection", "close"),
        ("Authorization", f"Bearer {random.choice(keys)}"),
    ]
    headers += [
        (random.choice(HEADERS), _header(random)) for _ in range(random.choice([0, 0, 0, 1, 2]))
    ]
    if body is not None:
        headers += [("Content-Type", body_type), ("Content-Length", str(len(body)))]
    target = _path(random, operation, known) + _query(random, operation, known)
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if random.random() < 0.1:
        at = random.randrange(min(len(lines), 3))
        lines[at] = _damaged_line(random, lines[at])
    head = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogatepass")
    return DamagedRequest(operation=name, method=method, raw=head + (body or b""))


def _damaged_line(random: Random, line: str) -> str:
    """Damage a line of the head, but for its end: a head without an end is another test's."""
    damaged = damaged_bytes(random, line.encode("utf-8", "surrogatepass"))[:9_000]
    return damaged.replace(b"\r", b"r").replace(b"\n", b"n").decode("latin-1") or "x"


def _path(random: Random, operation: Schema, known: Known) -> str:
    """Return the path with names of what there is, or of what there cannot be."""
    path = operation["path"]
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path" and random.random() < 0.3:
            path = path.replace(f"{{{parameter['name']}}}", _quoted(random, damaged_value(random)))
    names = {name: random.sample(values, len(values)) for name, values in known.items()}
    return path_of({**operation, "path": path}, names)


def _query(random: Random, operation: Schema, known: Known) -> str:
    given = [
        p for p in operation.get("parameters", ()) if p["in"] == "query" and random.random() < 0.3
    ]
    pairs = [f"{p['name']}={_quoted(random, _parameter(random, p, known))}" for p in given]
    if random.random() < 0.1:
        pairs.append(f"{_quoted(random, damaged_value(random))}=1")
    if pairs and random.random() < 0.1:
        pairs *= random.randint(2, 200)
    return "?" + "&".join(pairs)[:30_000] if pairs else ""


def _parameter(random: Random, parameter: Schema, known: Known) -> object:
    """Return a value that the parameter takes, or one that it may not take."""
    if random.random() < 0.4:
        return damaged_value(random)
    name, schema = parameter["name"], resolved(parameter["schema"])
    schema = resolved(schema.get("items") or next(iter(schema.get("anyOf", ())), schema))
    if name in known or name.startswith("date"):
        return random.choice(known.get(name) or known["date"])
    if "enum" in schema:
        return random.choice(schema["enum"])
    return random.choice(known["date"]) if "format" in schema else random.randint(0, 3)


def _quoted(random: Random, value: object) -> str:
    """Write a value into an address, where it seldom stands as it is."""
    text = str(value)[:9_000]
    if random.random() < 0.05 and text.isprintable() and " " not in text:
        return text
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def _header(random: Random) -> str:
    """Return a value without line ends: with them it would be another request."""
    value = str(damaged_value(random))[:9_000]
    return value.replace("\r", " ").replace("\n", " ")


def _body(random: Random, operation: Schema) -> tuple[bytes | None, str]:
    """Return a body and its type; None where the operation takes none."""
    if "requestBody" not in operation:
        return (b"{}", TYPES[0]) if random.random() < 0.05 else (None, "")
    schema, example = body_of(operation)
    body = json.dumps(example)
    if random.random() < 0.7:
        place, _ = random.choice(list(fields(schema)))
        value = damaged_value(random)
        body = placed(example, place, value if isinstance(value, Verbatim) else json.dumps(value))
    body_type = TYPES[0] if random.random() < 0.9 else random.choice(TYPES)
    written = body.encode("utf-8", "surrogatepass")
    if "ndjson" in body_type and isinstance(example, list):
        written = (
            json.dumps(example[0]).encode() + b"\n" + written.removeprefix(b"[").removesuffix(b"]")
        )
    return (damaged_bytes(random, written) if random.random() < 0.2 else written), body_type
