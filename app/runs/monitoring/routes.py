"""`/healthz`, `/readyz` and `/metrics`: nothing in them is of an academy or a person."""

from datetime import timedelta
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from pydantic import BaseModel, ConfigDict, Field

from app.kit.errors import SourceDown
from app.kit.http.problems import answers
from app.kit.http.secured_route import SecuredRoute
from app.runs.api import examples
from app.runs.api.dependencies import OpenedDep
from app.runs.execution.context import BEATS_UNTIL_STALE
from app.runs.monitoring.metrics import owed_by, standing
from app.runs.monitoring.readiness import Readiness

NO_STORE = {"Cache-Control": "no-store"}

router = APIRouter(tags=["service"], route_class=SecuredRoute)


class Healthy(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """The service can answer; the warnings are what somebody should look at."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "ready",
                    "warnings": ["churn: 2026-03-10 is missing"],
                    "age_seconds": 2.4,
                }
            ]
        }
    )

    status: Literal["ready"] = "ready"
    warnings: list[str] = Field(
        description="Days that are overdue, held or failed, and what is owed for others."
    )
    age_seconds: float = Field(description="How long ago the oldest part of this was found.")


@router.get("/healthz", summary="Whether the process lives", responses=answers(503))
async def get_health(request: Request) -> Healthy:
    """Answer as long as the process does, whatever it needs.

    503 `restart_needed` when the embedded database has died and cannot be started again.
    """
    hopeless: str | None = request.app.state.sources.database.hopeless
    if hopeless is not None:
        raise SourceDown(hopeless, code="restart_needed")
    return Healthy()


@router.get("/readyz", summary="Whether the service can work", responses=answers(503))
async def get_readiness(request: Request) -> Ready:
    """Answer what was last found of the database, its tables and the warehouse.

    They are looked at in the background. 503 `not_ready` names what is wrong.
    """
    readiness: Readiness = request.app.state.readiness
    found = await readiness.known()
    age = round(found.age_seconds, 1)
    if found.faults:
        message = f"The service cannot work, as of {age} s ago."
        raise SourceDown(message, code="not_ready", faults=found.faults)
    return Ready(warnings=list(found.warnings), age_seconds=age)


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
    registry.register(await owed_by(opened.session, opened.hooks, opened.now))
    text = generate_latest(registry) + generate_latest(REGISTRY)
    return Response(text, media_type=CONTENT_TYPE_LATEST, headers=NO_STORE)
