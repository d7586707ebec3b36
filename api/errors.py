"""Every error is the same JSON: ``{"error": {"status", "message", "field", "value", "expected"}}``."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException

from api.ticket import BadOrder
from schemas.decisions import Status

log = logging.getLogger(__name__)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong; ``field``, ``value`` and ``expected`` where one value is to blame."""

    status: int
    message: str
    field: str | None = None
    value: Any = None
    expected: str | None = None


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every answer from 400 on."""

    error: Problem


class Unanswered(ErrorBody, frozen=True, kw_only=True):
    """A check without a decision: its outcome is unknown, and what is unknown is rejected."""

    order_id: str
    status: Status = Status.REJECTED
    outcome: str = "unknown"


def answer(problem: Problem) -> Response[bytes]:
    """The HTTP response of a problem."""
    return Response(
        msgspec.json.encode(ErrorBody(error=problem)), status_code=problem.status, media_type=MediaType.JSON
    )


def bad_order(_: Request[Any, Any, Any], error: BadOrder) -> Response[bytes]:
    """400 with the field, its value and what was expected."""
    return answer(
        Problem(status=400, message=str(error), field=error.field, value=error.value, expected=error.expected)
    )


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the framework or a handler refused."""
    first = error.extra[0] if isinstance(error.extra, list) and error.extra else {}
    field, said = (first.get("key"), first.get("message")) if isinstance(first, dict) else (None, None)
    if field is None or said is None:
        return answer(Problem(status=error.status_code, message=error.detail))
    value = first["value"] if "value" in first else request.query_params.get(field)
    expected = str(said).removeprefix("Expected ")
    return answer(
        Problem(
            status=error.status_code,
            message=f"`{field}` is {value!r}, expected {expected}",
            field=field,
            value=value,
            expected=expected,
        )
    )


def blame(field: str, value: Any, expected: str) -> dict[str, Any]:
    """Arguments of an ``HTTPException`` that one value is to blame for."""
    return {"extra": [{"key": field, "value": value, "message": expected}]}


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A fault of ours: logged with its trace, told without it."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return answer(Problem(status=500, message="the request failed; the log of the API says why"))


HANDLERS: dict[int | type[Exception], Any] = {BadOrder: bad_order, HTTPException: http_error, Exception: unexpected}
