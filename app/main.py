"""Builds the service from the environment; a server imports this module."""

from fastapi import FastAPI

from app.api.app import create_app
from app.runs.execution.scheduler import CronSchedule
from app.settings import Settings


def build() -> FastAPI:
    """Return the service; a server calls this once (`uvicorn --factory app.main:build`).

    Raises `Unusable` when a setting has a value that cannot be used.
    """
    settings = Settings.from_environment()
    CronSchedule(settings.schedule, settings.zone)
    return create_app(settings, cors_origins=settings.cors_origins)
