"""What the environment may say, and how it is refused."""

import os
from pathlib import Path

import pytest

from app.kit.errors import Unusable
from app.settings import Settings, unknown_variables


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HEADSUP_")]:  # noqa: TID251
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HOME", "", "HEADSUP_HOME: it is empty; name a folder"),
        ("HOME", "~nobody-at-all/x", "HEADSUP_HOME: ~nobody-at-all/x is nobody's folder"),
        ("QUERY_MEMORY", "banana", "HEADSUP_QUERY_MEMORY: 'banana' is no amount of memory; write"),
        ("QUERY_MEMORY", "512", "HEADSUP_QUERY_MEMORY: '512' is no amount of memory"),
        ("CORS_ORIGINS", "https://a.example.org", "HEADSUP_CORS_ORIGINS: 'https://a.example.org'"),
        ("CORS_ORIGINS", '"https://a.example.org"', "HEADSUP_CORS_ORIGINS: Input should be"),
        ("TIMEZONE", "", "HEADSUP_TIMEZONE: there is no time zone ''"),
        ("HEARTBEAT_SECONDS", "nan", "HEADSUP_HEARTBEAT_SECONDS: Input should be greater than 0"),
        ("DAILY_BYTES", "0", "HEADSUP_DAILY_BYTES: Input should be greater than 0"),
    ],
)
def test_what_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"HEADSUP_{name}", value)

    with pytest.raises(Unusable) as refused:
        Settings.from_environment()

    assert refused.value.message.startswith(f"The settings cannot be used: {said}")


@pytest.mark.parametrize("memory", ["512MB", "1.5 GiB", "80%", "2tb"])
def test_memory_is_written_as_duckdb_reads_it(monkeypatch: pytest.MonkeyPatch, memory: str) -> None:
    monkeypatch.setenv("HEADSUP_QUERY_MEMORY", memory)

    assert Settings.from_environment().query_memory == memory


def test_a_home_is_one_folder_wherever_it_is_looked_at_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))

    for written, meant in (("~/data", tmp_path / "me" / "data"), ("data", tmp_path / "data")):
        monkeypatch.setenv("HEADSUP_HOME", written)
        assert Settings.from_environment().home == meant


def test_another_process_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADSUP_CORS_ORIGINS", '["https://a.example.org", "https://b.example.org"]')
    monkeypatch.setenv("HEADSUP_DATABASE_URL", "postgresql://me:secret@here/x")
    monkeypatch.setenv("HEADSUP_DAILY_BYTES", "7")
    settings = Settings.from_environment()

    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)

    assert Settings.from_environment() == settings


def test_a_variable_that_is_no_setting_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEADSUP_DATABSE_URL", "HEADSUP_SERVICE_HOST", "HEADSUP_PORT", "HEADSUP_HOME"):
        monkeypatch.setenv(name, "x")

    assert unknown_variables() == ["HEADSUP_DATABSE_URL"]
