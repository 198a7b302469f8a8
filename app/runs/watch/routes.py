"""`/healthz`, `/readyz` and `/metrics`: nothing in them is of an academy or a person."""

from datetime import timedelta
from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from pydantic import BaseModel, ConfigDict, Field

from app.kit.days import ONE_DAY
from app.kit.errors import AppError, Fault, SourceDown
from app.kit.problems import answers
from app.runs import examples, health, reading
from app.runs.job import BEATS_UNTIL_STALE
from app.runs.metrics import standing
from app.runs.opened import Opened, OpenedDep
from app.runs.registry import reports
from app.sources import migrations

NO_STORE = {"Cache-Control": "no-store"}

router = APIRouter(tags=["service"])


class Healthy(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """The service can answer; the warnings are what somebody should look at."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"status": "ready", "warnings": ["churn: 2026-03-10 is missing"]}]
        }
    )

    status: Literal["ready"] = "ready"
    warnings: list[str] = Field(description="Days that are overdue, held or failed.")


@router.get("/healthz", summary="Whether the process lives")
async def get_health() -> Healthy:
    """Answer as long as the process does, whatever it needs."""
    return Healthy()


@router.get("/readyz", summary="Whether the service can work", responses=answers(503))
async def get_readiness(opened: OpenedDep, response: Response) -> Ready:
    """Look at the database, its tables and the warehouse; 503 `not_ready` names what is wrong."""
    response.headers.update(NO_STORE)
    faults = await _faults(opened)
    if faults:
        raise SourceDown("The service cannot work.", code="not_ready", faults=faults)
    return Ready(warnings=await _warnings(opened))


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/plain": {"example": examples.METRICS}}}},
)
async def get_metrics(opened: OpenedDep) -> Response:
    """Count from the tables, and add what this process measured itself."""
    heartbeat = timedelta(seconds=opened.settings.heartbeat_seconds)
    stale_after = BEATS_UNTIL_STALE * heartbeat
    found = await standing(opened.session, opened.sources, opened.now, stale_after=stale_after)
    registry = CollectorRegistry()
    registry.register(found)
    text = generate_latest(registry) + generate_latest(REGISTRY)
    return Response(text, media_type=CONTENT_TYPE_LATEST, headers=NO_STORE)


async def _faults(opened: Opened) -> list[Fault]:
    faults = []
    if not await migrations.is_current(opened.sources.database.url):
        faults.append(Fault(pointer="/database", message="run `headsup migrate`"))
    try:
        await opened.sources.warehouse.extent()
    except AppError as error:
        faults.append(Fault(pointer="/warehouse", message=error.message))
    return faults


async def _warnings(opened: Opened) -> list[str]:
    yesterday, warnings = opened.today - ONE_DAY, []
    for report_type in reports():
        newest = await health.newest_published(opened.session, report_type)
        if newest is None:
            warnings.append(f"{report_type}: nothing is published")
        elif newest < yesterday:
            warnings.append(f"{report_type}: {yesterday} is missing, {newest} is the newest day")
        for day, state in await reading.pending(opened.session, report_type, yesterday):
            warnings.append(f"{report_type}: {day} is {state.lower()}")
    return warnings
