"""Addresses of PostgreSQL databases in the form of libpq, and what the drivers take of them."""

import re
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.kit.errors import Unusable

FORM = "postgresql://user:password@host:port/name"
_WORD = r"(?:[^\s:/?#@%]|%[0-9A-Fa-f]{2})*"
_WORDS = r"(?:[^\s/?#@%]|%[0-9A-Fa-f]{2})*"
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/?#@\[\]]*)(?::\d+)?"
UNAMBIGUOUS = re.compile(
    rf"postgres(?:ql)?://(?:{_WORD}(?::{_WORDS})?@)?{_HOST}(?:/[^\s?#@]*)?(?:\?[^\s#@]*)?"
)
"""What every library that reads an address takes apart in the same way.

Of one whose password holds an `@`, a `/`, a `?` or a `#` as it is, one library or the other takes a
part of the password for the host, which its errors name.
"""


CONNECT_SECONDS = 60.0
DRIVER_OPTIONS = re.compile(
    "host|port|dbname|user|password|passfile|service|options|target_session_attrs"
    "|ssl(mode|cert|key|rootcert|crl|password|negotiation)|ssl_(min|max)_protocol_version"
)
"""The options of an address that asyncpg knows; it would take others for settings of the server."""


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """Where a database is; made by `parse`."""

    url: URL = field(repr=False)

    @classmethod
    def parse(cls, address: str, variable: str) -> Self:
        """Take an address apart; raise `Unusable`, naming `variable`, without showing it."""
        refusal = f"{variable} must read {FORM}, with %40 for @ and %2F for / in the password."
        if UNAMBIGUOUS.fullmatch(address) is None:
            raise Unusable(refusal)
        try:
            return cls(make_url(address.partition("?")[0]).set(query=_options_of(address)))
        except (ArgumentError, ValueError):
            raise Unusable(refusal) from None

    @property
    def place(self) -> str:
        """Name the database without its user and password."""
        port = f":{self.url.port}" if self.url.port else ""
        host = self.url.host or self.url.query.get("host", "localhost")
        return f"{host}{port}/{self.url.database or ''}"

    def words(self, **defaults: str) -> str:
        """Return the address as libpq's keywords, each value quoted; it overrides `defaults`."""
        words = {
            **defaults,
            "host": self.url.host,
            "port": self.url.port,
            "user": self.url.username,
            "password": self.url.password,
            "dbname": self.url.database,
            **self.url.query,
        }
        return " ".join(f"{name}={_quoted(word)}" for name, word in words.items() if word)

    def without_secrets(self, said: str) -> str:
        """Return what a library said, without the password."""
        for password in (self.url.password, self.url.query.get("password")):
            said = said.replace(str(password), "***") if password else said
        return said


def driver_address(address: str) -> tuple[str, float]:
    """Return the address with the options that asyncpg knows, and its `connect_timeout`."""
    options = _options_of(address)
    kept = {name: value for name, value in options.items() if DRIVER_OPTIONS.fullmatch(name)}
    seconds = options.get("connect_timeout", "")
    timeout = float(seconds) if seconds.isdigit() and int(seconds) else CONNECT_SECONDS
    return urlunsplit(urlsplit(address)._replace(query=urlencode(kept))), timeout


def _options_of(address: str) -> dict[str, str]:
    """Return the options after the `?`; a `+` is itself, as for libpq, and not a space."""
    return dict(parse_qsl(urlsplit(address).query.replace("+", "%2B")))


def _quoted(word: object) -> str:
    text = str(word).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"
