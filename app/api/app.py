"""Builds the FastAPI application: its lifespan, routers, error handlers and middleware."""

import importlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp
from typing_extensions import override

from app.access.authentication import KeyCache, KeyLimits
from app.alerts.hooks import CHORES
from app.api import docs, failures, openapi
from app.api.middleware import RequestMiddleware
from app.api.unknown_parameters import RefuseUnknown
from app.hooks import HOOKS
from app.kit.clock import Clock, utc_now
from app.kit.http.dependencies import Shell
from app.kit.http.streaming import Streams
from app.runs.execution.scheduler import at_work
from app.runs.monitoring.readiness import Readiness
from app.settings import Settings
from app.sources.sources import Sources
from app.sources.startup import open_sources

APP_FOLDER = Path(__file__).parents[1]
EXPOSED_HEADERS = (
    "ETag",
    "Link",
    "Location",
    "X-Request-ID",
    "X-Total-Count",
    "X-Row-Count",
    "Retry-After",
)
GZIP_LEVEL = 1
GZIP_FROM_BYTES = 1000

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class _Service(FastAPI):
    @override
    def build_middleware_stack(self) -> ASGIApp:
        """Wrap the framework's error handling, so that the 500 of a bug has our headers too."""
        return RequestMiddleware(super().build_middleware_stack())


def create_app(
    settings: Settings,
    *,
    sources: Sources | None = None,
    clock: Clock = utc_now,
    cors_origins: Sequence[str] = (),
) -> FastAPI:
    """Return the application; it opens its own sources at startup unless some are given."""
    app = _Service(
        title="Headsup",
        version="0.1.0",
        summary="Which subscribers are about to leave, and why.",
        description=openapi.DESCRIPTION,
        openapi_tags=openapi.TAGS,
        docs_url=None,
        redoc_url=None,
        swagger_ui_parameters={"persistAuthorization": True, "displayRequestDuration": True},
        generate_unique_id_function=openapi.operation_id,
        lifespan=_lifespan(settings, sources, clock),
        dependencies=[Depends(RefuseUnknown())],
        strict_content_type=True,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.hooks = HOOKS
    app.state.key_cache = KeyCache()
    app.state.key_limits = KeyLimits()
    if sources is not None:
        _set_state(app, sources, clock)
    app.state.routers = list(routers())
    for router in app.state.routers:
        app.include_router(router)
    openapi.add_openapi(app)
    docs.add_docs(app)
    _add_failures(app)
    _add_middleware(app, cors_origins)
    return app


def routers() -> Iterator[APIRouter]:
    """Yield the `router` of every module named `routes` in the service."""
    for path in sorted(APP_FOLDER.rglob("routes.py")):
        name = ".".join(path.relative_to(APP_FOLDER.parent).with_suffix("").parts)
        router: APIRouter = importlib.import_module(name).router
        yield router


def _lifespan(settings: Settings, sources: Sources | None, clock: Clock) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if sources is not None:
            yield
            return
        async with (
            open_sources(settings) as opened,
            at_work(opened, settings, clock=clock, chores=CHORES, hooks=HOOKS),
        ):
            _set_state(app, opened, clock)
            async with app.state.readiness.watching():
                yield

    return lifespan


def _set_state(app: FastAPI, sources: Sources, clock: Clock) -> None:
    app.state.sources = sources
    app.state.readiness = Readiness(sources, clock, HOOKS)
    settings: Settings = app.state.settings
    streams = Streams(
        sources.database, most=settings.max_streams, stall_seconds=settings.stream_stall_seconds
    )
    app.state.shell = Shell(
        database=sources.database, streams=streams, clock=clock, zone=sources.zone
    )


def _add_failures(app: FastAPI) -> None:
    app.exception_handlers.update(failures.HANDLERS)


def _add_middleware(app: FastAPI, cors_origins: Sequence[str]) -> None:
    """Add compression and CORS; the middleware that is added last is the outermost."""
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES, compresslevel=GZIP_LEVEL)
    if cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(cors_origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "If-Match",
                "If-None-Match",
                "Idempotency-Key",
                "X-Request-ID",
            ],
            expose_headers=list(EXPOSED_HEADERS),
        )
