"""Where the platform's database is, and how much of its time a sync may take."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.kit.errors import Unusable
from app.settings import Settings

VARIABLE = "HEADSUP_PLATFORM_DATABASE_URL"
FORM = "postgresql://user:password@host:port/name"
REFUSAL = f"{VARIABLE} must read {FORM}, with %40 for @ and %2F for / in the password."
CONNECT_SECONDS = "10"


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """The platform's database. `timeout` is for each statement; rows wait in `spool`."""

    url: SecretStr
    timeout: timedelta
    spool: Path

    def address(self) -> str:
        """Return the address in libpq's own words, each quoted; raise `Unusable` for what is none.

        Of an address that it reads itself, libpq could take a part of the password for the host,
        which an error names.
        """
        url = _parsed(self.url)
        words = {
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "headsup",
            "host": url.host,
            "port": url.port,
            "user": url.username,
            "password": url.password,
            "dbname": url.database,
            **url.query,
        }
        return " ".join(f"{name}={_quoted(word)}" for name, word in words.items() if word)

    def place(self) -> str:
        """Name the database without its user and password."""
        url = _parsed(self.url)
        port = f":{url.port}" if url.port else ""
        return f"{url.host or url.query.get('host', 'localhost')}{port}/{url.database or ''}"

    def without_secrets(self, said: str) -> str:
        """Return what a library said, without the password."""
        url = _parsed(self.url)
        for password in (url.password, url.query.get("password")):
            said = said.replace(str(password), "***") if password else said
        return said


def platform_of(settings: Settings) -> Platform:
    """Return the platform that the settings name; raise `Unusable` if they name none."""
    if settings.platform_database_url is None:
        raise Unusable(f"{VARIABLE} is not set: there is no platform to read. It reads {FORM}.")
    return Platform(
        url=settings.platform_database_url,
        timeout=timedelta(seconds=settings.platform_timeout_seconds),
        spool=settings.home / "spool",
    )


def _quoted(word: object) -> str:
    text = str(word).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


def _parsed(secret: SecretStr) -> URL:
    try:
        url = make_url(secret.get_secret_value())
    except (ArgumentError, ValueError):
        raise Unusable(REFUSAL) from None
    if url.drivername not in {"postgresql", "postgres"} or "@" in (url.host or ""):
        raise Unusable(REFUSAL)
    return url
