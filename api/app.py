"""The ASGI application: endpoints, page, OpenAPI document, headers."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from litestar import HttpMethod, Litestar, MediaType, Response, get, route
from litestar.di import NamedDependency, Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.static_files import create_static_files_router

from api.archive import Archive
from api.context import Context
from api.errors import HANDLERS
from api.feed import ReadModel
from api.gateway import Gateway
from api.headers import secure
from api.parameters import refuse_unknown
from api.routes import RiskController
from api.settings import ApiSettings
from api.telemetry import CONTENT_TYPE, Measured, Telemetry
from schemas.codec import PAYLOAD_MAX_BYTES

STATIC = Path(__file__).parent / "static"
VERSION = "v1"
Background = Callable[[], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


@route("/", http_method=[HttpMethod.GET, HttpMethod.HEAD], media_type=MediaType.HTML, include_in_schema=False)
async def page() -> bytes:
    """The live page."""
    return _INDEX


@get("/metrics", tags=["operations"], summary="Prometheus metrics of the API")
async def prometheus(context: NamedDependency[Context]) -> Response[bytes]:
    """Requests, stream clients, decisions seen, state of the feed."""
    return Response(context.telemetry.text(), media_type=CONTENT_TYPE)


_INDEX = (STATIC / "index.html").read_bytes()


def create_app(
    feed: ReadModel,
    gateway: Gateway,
    settings: ApiSettings,
    *,
    archive: Archive | None = None,
    clock: Callable[[], int] = time.time_ns,
    background: Background = _nothing,
) -> Litestar:
    """The application over a read model.

    :param feed: what is shown; whoever follows the topics feeds it.
    :param gateway: how a pre-trade check gets its decision.
    :param archive: where decisions are looked up that memory has let go.
    :param clock: the time in ns that a checked order gets when it names none.
    :param background: runs from the start of the application to its end, such as the following of topics.
    """
    context = Context(model=feed, gateway=gateway, telemetry=Telemetry(feed), archive=archive, clock=clock)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with background():
            yield
        feed.window.close()

    return Litestar(
        route_handlers=[
            page,
            prometheus,
            RiskController,
            create_static_files_router("/static", [STATIC], include_in_schema=False),
        ],
        dependencies={"context": Provide(lambda: context, sync_to_thread=False)},
        middleware=[Measured(context.telemetry)],
        exception_handlers=HANDLERS,
        before_request=refuse_unknown,
        before_send=[secure],
        request_max_body_size=PAYLOAD_MAX_BYTES,
        lifespan=[lifespan],
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title=settings.title,
            version=VERSION,
            path="/schema",
            render_plugins=[JsonRenderPlugin(path="/")],
            description="Every order explained, decided once, and closed when in doubt.",
        ),
    )
