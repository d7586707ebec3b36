"""What the OpenAPI document can't see from a handler's signature."""

from __future__ import annotations

from dataclasses import dataclass, field

from litestar.openapi.spec import Example, OpenAPIMediaType, OpenAPIResponse, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType

from schemas.base import Side
from schemas.orders import OrderType, TimeInForce

_TEXT = Schema(type=OpenAPIType.STRING, min_length=1, max_length=64)
_DECIMAL = Schema(
    one_of=[Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.NUMBER)],
    description="exact; a string keeps all digits in every language",
)
_ORDER = Schema(
    type=OpenAPIType.OBJECT,
    title="OrderToCheck",
    required=["account_id", "symbol", "side", "quantity"],
    description="An OrderRequest. Without order_id one is made up, without event_time_ns it is now; dry_run is forced.",
    properties={
        "order_id": _TEXT,
        "account_id": _TEXT,
        "symbol": _TEXT,
        "quantity": _DECIMAL,
        "side": Schema(type=OpenAPIType.STRING, enum=[side.value for side in Side]),
        "order_type": Schema(type=OpenAPIType.STRING, enum=[kind.value for kind in OrderType], default="market"),
        "limit_price": _DECIMAL,
        "stop_price": _DECIMAL,
        "time_in_force": Schema(type=OpenAPIType.STRING, enum=[each.value for each in TimeInForce], default="day"),
        "strategy_id": _TEXT,
        "trader_id": _TEXT,
        "parent_order_id": _TEXT,
        "reduce_only": Schema(type=OpenAPIType.BOOLEAN, default=False),
        "event_time_ns": Schema(type=OpenAPIType.INTEGER, minimum=0, description="ns since 1970 UTC"),
    },
    additional_properties=False,
)
_EXAMPLE = {"account_id": "quant", "symbol": "AAPL", "side": "buy", "quantity": "100"}


def _order_body() -> RequestBody:
    media = OpenAPIMediaType(schema=_ORDER, examples={"market order": Example(value=_EXAMPLE)})
    return RequestBody(required=True, content={"application/json": media})


@dataclass
class CheckOperation(Operation):
    """The body is decoded by the handler, so that numbers keep their digits and errors name the field."""

    request_body: RequestBody | None = field(default_factory=_order_body)

    def __post_init__(self) -> None:
        self.request_body = _order_body()


@dataclass
class StreamOperation(Operation):
    """The response is an event stream."""

    def __post_init__(self) -> None:
        media = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
        self.responses = {"200": OpenAPIResponse(description="an event stream", content={"text/event-stream": media})}
