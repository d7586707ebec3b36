"""The endpoints under ``/api/v1/risk``."""

from __future__ import annotations

import time
from typing import Annotated, Any

from litestar import Controller, HttpMethod, MediaType, Request, Response, get, post, route
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, ServiceUnavailableException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter, QueryParameter
from litestar.types import ASGIApp, Receive, Scope, Send

from api.archive import Archive, ArchiveFault
from api.context import Context
from api.dashboard import account_ids, dashboard, history
from api.errors import ErrorBody, Problem, Unanswered, blame
from api.gateway import NoAnswer
from api.health import judge
from api.operations import CheckOperation, StreamOperation
from api.sse import EventStream
from api.ticket import parse_order
from api.views import Dashboard, DecisionLine, Health, HealthState, Points
from api.wire import full_json
from schemas.decisions import Decision, Status
from schemas.outputs import RiskMetrics

AccountId = Annotated[str | None, QueryParameter(max_length=64, description="Only this account.")]
Shared = NamedDependency[Context]
OrderId = Annotated[str, PathParameter(max_length=64)]
Cursor = Annotated[str, QueryParameter(max_length=64, description="The cursor of a dashboard.")]
StatusText = Annotated[str | None, QueryParameter(description="Only these.", schema_extra={"enum": [*Status]})]
Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="At most so many, the newest first.")]


def now_ms() -> int:
    """Wall-clock time."""
    return int(time.time() * 1000)


def full(value: Any, status: int = 200) -> Response[bytes]:
    """A JSON response that writes every field."""
    return Response(full_json(value), status_code=status, media_type=MediaType.JSON)


def spec(kind: Any, text: str) -> ResponseSpec:
    """What the OpenAPI document says of a response."""
    return ResponseSpec(data_container=kind, description=text, generate_examples=False)


class RiskController(Controller):
    """Reads from memory; only a check goes to the worker, only old evidence to the database."""

    path = "/api/v1/risk"
    tags = ["risk"]

    @post(
        "/check-pre-trade",
        status_code=200,
        operation_class=CheckOperation,
        summary="What would be decided",
        responses={
            200: spec(Decision, "The decision, approved or rejected, with its ten layers"),
            400: spec(ErrorBody, "The body is no order"),
            503: spec(Unanswered, "No worker answered: unknown, so not approved"),
        },
    )
    async def check(self, request: Request[Any, Any, Any], context: Shared) -> Response[bytes]:
        """Put an order through the ten layers as they stand now. Nothing is reserved, nothing is sent to the market."""
        order = parse_order(await request.body(), context.clock())
        try:
            return full(await context.gateway.check(order))
        except NoAnswer as error:
            problem = Problem(status=503, message=str(error), expected="a running worker")
            return full(Unanswered(order_id=order.order_id, error=problem), status=503)

    @get(
        "/metrics",
        summary="Latest risk metrics",
        responses={200: spec(list[RiskMetrics], "One entry an account"), 404: spec(ErrorBody, "No such account")},
    )
    async def metrics(self, context: Shared, account_id: AccountId = None) -> Response[bytes]:
        """Of one account, or of all."""
        known = context.model.metrics
        if account_id is not None and account_id not in known:
            raise NotFoundException(**blame("account_id", account_id, "an account that has metrics"))
        return full([known[each] for each in sorted(known) if account_id in {None, each}])

    @get("/dashboard", summary="Everything the page needs", responses={200: spec(Dashboard, "One picture")})
    async def dashboard(self, context: Shared, account_id: AccountId = None) -> Response[bytes]:
        """One consistent picture; its cursor is where the stream goes on. Charts are those of ``account_id``."""
        _require_account(context, account_id)
        return full(dashboard(context.model, account_id, now_ms()))

    @get("/history", summary="Chart columns of an account", responses={200: spec(Points, "Oldest first")})
    async def history(
        self, context: Shared, account_id: Annotated[str, QueryParameter(max_length=64)]
    ) -> Response[bytes]:
        """Equity, P&L and VaR over time: the recent past in full, what lies before it thinned out."""
        _require_account(context, account_id)
        return full(history(context.model, account_id))

    @route(
        "/health",
        http_method=[HttpMethod.GET, HttpMethod.HEAD],
        summary="Whether the figures can be relied on",
        responses={200: spec(Health, "ok or degraded"), 503: spec(Health, "down")},
    )
    async def health(self, context: Shared) -> Response[bytes]:
        """``degraded`` and ``down`` come with reasons."""
        fault = await context.archive.probe() if context.archive else ""
        health = judge(context.model.state, context.model.settings, now_ms(), fault)
        return full(health, status=503 if health.status is HealthState.DOWN else 200)

    @get("/decisions", summary="The last decisions", responses={200: spec(list[DecisionLine], "Newest first")})
    async def decisions(
        self, context: Shared, account_id: AccountId = None, status: StatusText = None, limit: Limit = 100
    ) -> Response[bytes]:
        """From memory; what is older is in the database."""
        return full(context.model.recent.lines(limit, account_id, _status(status)))

    @get(
        "/decisions/{order_id:str}",
        summary="One decision with all its evidence",
        responses={
            200: spec(Decision, "As it was journaled"),
            404: spec(ErrorBody, "No such decision"),
            503: spec(ErrorBody, "Not in memory, and the database can't be asked"),
        },
    )
    async def decision(self, context: Shared, order_id: OrderId, account_id: AccountId = None) -> Response[bytes]:
        """From memory, else from the database."""
        found = context.model.recent.find(order_id, account_id) or await _stored(context.archive, order_id, account_id)
        if found is None:
            raise NotFoundException(**blame("order_id", order_id, "the id of an order that was decided"))
        return full(found)

    @get(
        "/stream",
        operation_class=StreamOperation,
        summary="Live stream (server-sent events)",
        media_type="text/event-stream",
    )
    async def stream(self, request: Request[Any, Any, Any], context: Shared, after: Cursor = "") -> ASGIApp:
        """Decisions, metrics, breakers, alerts, status. Resumes after ``Last-Event-ID``, else after ``after``."""
        if context.streams >= context.model.settings.clients_max:
            raise ServiceUnavailableException("too many clients follow the stream")
        stream = EventStream(context.model, request.headers.get("last-event-id", after))

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            with context.streaming():
                await stream(scope, receive, send)

        return counted


def _require_account(context: Context, account_id: str | None) -> None:
    if account_id is not None and account_id not in account_ids(context.model):
        raise NotFoundException(**blame("account_id", account_id, "a known account"))


def _status(text: str | None) -> Status | None:
    if text is None or text in list(Status):
        return Status(text) if text else None
    raise ValidationException(**blame("status", text, " or ".join(Status)))


async def _stored(archive: Archive | None, order_id: str, account_id: str | None) -> Decision | None:
    try:
        return await archive.explain(order_id, account_id) if archive else None
    except ArchiveFault as error:
        raise ServiceUnavailableException(
            f"the decision is not in memory, and the database can't be read: {error}"
        ) from error
