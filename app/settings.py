"""Everything that the environment decides, read once."""

import os
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.kit.errors import Fault, Unusable

ROOT_HOME = Path("/var/lib/headsup")
USER_HOME = Path(".local/share/headsup")


def default_home() -> Path:
    """Return where the embedded parts keep their data when nothing is set."""
    return ROOT_HOME if os.geteuid() == 0 else Path.home() / USER_HOME


class Settings(BaseSettings):
    """The settings; each is the environment variable of its name with `HEADSUP_` before it."""

    model_config = SettingsConfigDict(env_prefix="HEADSUP_", frozen=True, extra="forbid")

    home: Annotated[
        Path, Field(default_factory=default_home, description="Where the embedded parts keep data.")
    ]
    database_url: Annotated[
        SecretStr | None,
        Field(description="postgresql://... of a server 15 or newer; unset: the embedded one."),
    ] = None
    platform_database_url: Annotated[
        SecretStr | None,
        Field(description="postgresql://... of the platform, which `headsup sync` only reads."),
    ] = None
    platform_timeout_seconds: Annotated[
        float, Field(gt=0, description="A statement there that takes longer is stopped.")
    ] = 300
    warehouse: Annotated[str, Field(description="lake, or bigquery://project/dataset[/table].")] = (
        "lake"
    )
    timezone: Annotated[str, Field(description="The zone whose days are reported.")] = "UTC"
    min_volume_ratio: Annotated[
        float, Field(ge=0, le=1, description="An academy's day below this share is held.")
    ] = 0.2
    schedule: Annotated[
        str, Field(description="When to look for days that are due, as cron, in the time zone.")
    ] = "0 2-12 * * *"
    heartbeat_seconds: Annotated[
        float, Field(gt=0, description="A worker silent for three of these is taken over.")
    ] = 10
    query_memory: Annotated[str, Field(description="The memory that DuckDB may use.")] = "512MB"
    query_threads: Annotated[int, Field(ge=1, description="The threads that DuckDB may use.")] = 2
    max_bytes_billed: Annotated[
        int, Field(gt=0, description="A warehouse query that would bill more bytes is refused.")
    ] = 1 << 40
    query_timeout_seconds: Annotated[
        float, Field(gt=0, description="A warehouse query that takes longer is stopped.")
    ] = 900
    daily_bytes: Annotated[
        int | None,
        Field(gt=0, description="What all queries of a UTC day may bill together; unset: no end."),
    ] = None
    price_per_tib: Annotated[
        float, Field(ge=0, description="What the warehouse asks for a TiB, in US dollars.")
    ] = 6.25
    bigquery_location: Annotated[
        str | None, Field(description="Where queries run; unset: where the table is.")
    ] = None
    bigquery_endpoint: Annotated[
        str | None, Field(description="A stand-in for BigQuery that asks for no credentials.")
    ] = None

    cors_origins: Annotated[
        tuple[str, ...],
        Field(description='Origins whose pages may ask, as JSON: ["https://dash.example.org"].'),
    ] = ()

    @field_validator("timezone")
    @classmethod
    def known_zone(cls, name: str) -> str:
        """Refuse a zone that the time zone database does not have."""
        if name not in available_timezones():
            raise ValueError(f"there is no time zone {name!r}; write one like Europe/Madrid")
        return name

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose days are reported."""
        return ZoneInfo(self.timezone)

    def environment(self) -> dict[str, str]:
        """Return the environment in which another process reads these settings."""
        ours = {
            f"HEADSUP_{name.upper()}": _plain(value)
            for name, value in self
            if value is not None and value != type(self).model_fields[name].default
        }
        others = {
            name: value
            for name, value in os.environ.items()  # noqa: TID251 - handed on, not read
            if not name.startswith("HEADSUP_")
        }
        return {**others, **ours}

    @classmethod
    def from_environment(cls) -> Self:
        """Read the settings; raise `Unusable` naming every variable that cannot be used."""
        try:
            return cls()
        except ValidationError as error:
            faults = [_fault(e["loc"][0], e["msg"]) for e in error.errors(include_input=False)]
            text = "; ".join(f"{fault.pointer}: {fault.message}" for fault in faults)
            raise Unusable(f"The settings cannot be used: {text}", faults=faults) from None


def _plain(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _fault(name: str | int, message: str) -> Fault:
    return Fault(pointer=f"HEADSUP_{name}".upper(), message=message)
