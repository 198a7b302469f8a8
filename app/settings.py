"""Everything that the environment decides, read once."""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.kit.errors import Fault, Unusable

ROOT_HOME = Path("/var/lib/headsup")
TIB = 1 << 40
USER_HOME = Path(".local/share/headsup")
MEMORY = re.compile(r"[0-9]+([.][0-9]+)?\s*(%|[KMGT]i?B)", re.IGNORECASE)
ADDED = re.compile("HEADSUP_(SERVICE|PORT)(_|$)")


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
    keep_runs_days: Annotated[
        int,
        Field(ge=1, le=36_500, description="Runs that ended longer ago are forgotten."),
    ] = 400
    query_memory: Annotated[str, Field(description="The memory that DuckDB may use.")] = "512MB"
    query_threads: Annotated[int, Field(ge=1, description="The threads that DuckDB may use.")] = 2
    max_bytes_billed: Annotated[
        int, Field(gt=0, description="A warehouse query that would bill more bytes is refused.")
    ] = TIB
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

    max_streams: Annotated[
        int, Field(ge=1, description="So many lists are streamed at once by one process.")
    ] = 8
    stream_stall_seconds: Annotated[
        float, Field(gt=0, description="A stream that does not move for so long is cut.")
    ] = 60
    trusted_proxies: Annotated[
        str | None,
        Field(
            min_length=1,
            description="Addresses or networks, with commas, whose X-Forwarded-* are believed.",
        ),
    ] = None
    cors_origins: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description='Origins whose pages may ask, as JSON: ["https://dash.example.org"].'),
    ] = ()

    @field_validator("home", mode="before")
    @classmethod
    def named_home(cls, home: object) -> object:
        """Refuse an empty home: it would be whatever folder the command is called in."""
        if home == "":
            raise ValueError("it is empty; name a folder, or leave it unset")
        return home

    @field_validator("home")
    @classmethod
    def whole_path(cls, home: Path) -> Path:
        """Give every part the same folder, wherever it looks from."""
        try:
            return home.expanduser().absolute()
        except RuntimeError as error:
            raise ValueError(f"{home} is nobody's folder: {error}") from None

    @field_validator("cors_origins", mode="before")
    @classmethod
    def listed_origins(cls, origins: object) -> object:
        """Read the list, so that one that is none is refused as every other setting is."""
        if not isinstance(origins, str):
            return origins
        try:
            return json.loads(origins)
        except ValueError:
            raise ValueError(f"{origins!r} is no list in JSON") from None

    @field_validator("query_memory")
    @classmethod
    def readable_memory(cls, memory: str) -> str:
        """Refuse what DuckDB does not take for an amount of memory."""
        if MEMORY.fullmatch(memory) is None:
            raise ValueError(f"{memory!r} is no amount of memory; write one like 512MB")
        return memory

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


def unknown_variables() -> Sequence[str]:
    """Name the variables that look like settings and are none, as a misspelt one is.

    Those that Kubernetes adds for a service named headsup are left out.
    """
    known = {f"HEADSUP_{name}".upper() for name in Settings.model_fields}
    ours = (name for name in os.environ if name.startswith("HEADSUP_"))  # noqa: TID251 - names only
    return sorted(name for name in ours if name not in known and not ADDED.match(name))


def _plain(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return json.dumps(value) if isinstance(value, tuple) else str(value)


def _fault(name: str | int, message: str) -> Fault:
    return Fault(pointer=f"HEADSUP_{name}".upper(), message=message.removeprefix("Value error, "))
