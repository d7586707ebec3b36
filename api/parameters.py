"""Query parameters that a route does not have are refused: a filter that was mistyped is no filter."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.exceptions import ValidationException
from litestar.params import QueryParameter

from api.errors import blame


async def refuse_unknown(request: Request[Any, Any, Any]) -> None:
    """Hook before every handler.

    :raises ValidationException: the query names a parameter that the route does not have, with those that it has.
    """
    if request.method == "OPTIONS":  # asks what methods there are, of a route with any query
        return
    fields = request.route_handler.parsed_fn_signature.parameters
    known = [name for name, field in fields.items() if isinstance(field.kwarg_definition, QueryParameter)]
    for name, value in request.query_params.multi_items():
        if name not in known:
            expected = f"one of the parameters {', '.join(known)}" if known else "no parameter"
            raise ValidationException(**blame(name, value, expected))
