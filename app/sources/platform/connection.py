"""The address of the platform's database, and the time limit of its statements."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from app.kit.db.postgres_address import FORM, PostgresAddress
from app.kit.errors import Unusable
from app.settings import Settings

PLATFORM_VARIABLE = "HEADSUP_PLATFORM_DATABASE_URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """The platform's database. `timeout` is for each statement; rows wait in `spool`."""

    url: SecretStr
    timeout: timedelta
    spool: Path

    @property
    def address(self) -> PostgresAddress:
        """Take the address apart; raise `Unusable` for what is none."""
        return PostgresAddress.parse(self.url.get_secret_value(), PLATFORM_VARIABLE)


def platform_of(settings: Settings) -> Platform:
    """Return the platform that the settings name; raise `Unusable` if they name none."""
    if settings.platform_database_url is None:
        raise Unusable(
            f"{PLATFORM_VARIABLE} is not set: there is no platform to read. It reads {FORM}."
        )
    return Platform(
        url=settings.platform_database_url,
        timeout=timedelta(seconds=settings.platform_timeout_seconds),
        spool=settings.home / "spool",
    )
