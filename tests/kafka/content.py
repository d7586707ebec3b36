"""What inputs and journal records say, as JSON: the same event or not, whatever way its numbers are written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

#: Fields whose numbers may be written as strings, and what a field is that is left out (null otherwise).
NUMBERS = {"quantity", "price", "commission", "limit_price", "stop_price"}
DEFAULTS: dict[str, Any] = {
    "order_type": "market",
    "time_in_force": "day",
    "reduce_only": False,
    "dry_run": False,
    "commission": Decimal(0),
    "level": "halted",
    "reason": "",
    "text": "",
}
NOTHING = msgspec.Raw(b"{}")


class Fact(msgspec.Struct):
    """A fill, a venue close or a command."""

    type: str
    fill_id: str = ""
    order_id: str = ""
    account_id: str = ""
    symbol: str = ""
    side: str = ""
    quantity: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    commission: Decimal = Decimal(0)
    reason: str = ""
    scope_id: str = ""
    command_id: str = ""


class Tested(msgspec.Struct):
    """What the checks need of a backtest in a day roll."""

    method: str
    exceeded: bool
    exceptions: int
    observations: int
    zone: str


class Body(msgspec.Struct):
    """What the checks need of any journal record; orders and facts stay as they are written."""

    type: str
    order_id: str = ""
    account_id: str = ""
    repeat: bool = False
    status: str = ""
    reason: str = ""
    order: msgspec.Raw = NOTHING
    facts: tuple[msgspec.Raw, ...] = ()
    breaker: str = ""
    level_from: str = ""
    level_to: str = ""
    active: bool = False
    backtests: tuple[Tested, ...] = ()


def body_of(payload: bytes) -> Body:
    """Decoded; a part that stays as it is written is copied out, or it would keep the whole payload in memory."""
    body = msgspec.json.decode(payload, type=Body)
    body.order, body.facts = body.order.copy(), tuple(fact.copy() for fact in body.facts)
    return body


class Given(NamedTuple):
    """An input as it lies in its topic; ``poison`` was sent on purpose."""

    poison: bool
    payload: bytes


def unlike(sent: bytes, taken: bytes) -> str:
    """How an event that was journaled differs from the one that was sent; empty if it does not."""
    if sent == taken:
        return ""
    one, other = _plain(json.loads(sent, **_EXACT)), _plain(json.loads(taken, **_EXACT))
    names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    return ", ".join(f"{name} was {one.get(name)!s}, is {other.get(name)!s}" for name in names)


_EXACT: Any = {"parse_float": Decimal, "parse_int": Decimal}


def _plain(event: dict[str, Any]) -> dict[str, Any]:
    """Without what is left out or may be, numbers as decimals."""
    exact = {name: Decimal(value) if name in NUMBERS and value is not None else value for name, value in event.items()}
    return {name: value for name, value in exact.items() if value != DEFAULTS.get(name)}


def wrong_decision(body: Body, given: Sequence[Given]) -> str:
    """Why a decision is not the answer to this input; empty if it is."""
    if len(given) != 1:
        return f"one decision on {len(given)} inputs"
    order = msgspec.json.decode(body.order, type=Fact)
    if (order.account_id, order.order_id) != (body.account_id, body.order_id):
        return f"it decides {body.account_id}/{body.order_id}, its order is {order.account_id}/{order.order_id}"
    return unlike(given[0].payload, bytes(body.order))


def wrong_facts(body: Body, given: Sequence[Given]) -> str:
    """Why facts are not these inputs; empty if they are."""
    if len(given) != len(body.facts):
        return f"{len(body.facts)} facts out of {len(given)} inputs"
    found = (unlike(each.payload, bytes(fact)) for each, fact in zip(given, body.facts, strict=True))
    return "; ".join(filter(None, found))
