"""A replace as an order: what it states, and of the rest what the order that it replaces was approved with."""

from __future__ import annotations

from decimal import Decimal

from risk.state import Working
from schemas.base import Side
from schemas.decisions import Terms
from schemas.orders import OrderReplace, OrderRequest

_UNKNOWN = Working(symbol="-", side=Side.BUY, remaining=Decimal(0))


def replacing_order(replaced: OrderReplace, original: Working | None) -> OrderRequest:
    """The order that works once the replace is taken."""
    original = original or _UNKNOWN
    terms = original.terms
    return OrderRequest(
        order_id=replaced.order_id,
        account_id=replaced.account_id,
        symbol=original.symbol,
        side=original.side,
        quantity=replaced.quantity,
        order_type=terms.order_type,
        limit_price=terms.limit_price if replaced.limit_price is None else replaced.limit_price,
        stop_price=terms.stop_price if replaced.stop_price is None else replaced.stop_price,
        time_in_force=terms.time_in_force,
        strategy_id=replaced.strategy_id or terms.strategy_id,
        trader_id=replaced.trader_id or terms.trader_id,
        reduce_only=terms.reduce_only,
        event_time_ns=replaced.event_time_ns,
    )


def terms_of(order: OrderRequest) -> Terms:
    """What a replace of the order keeps unless it states otherwise."""
    return Terms(
        order_type=order.order_type,
        limit_price=order.limit_price,
        stop_price=order.stop_price,
        time_in_force=order.time_in_force,
        strategy_id=order.strategy_id,
        trader_id=order.trader_id,
        reduce_only=order.reduce_only,
    )


def shrinks(order: OrderRequest, quantity: Decimal, original: Working) -> bool:
    """Whether less would be worked than the original works, at prices that are as hard to reach.

    A price where none was known before counts as easier.
    """
    limit, stop = original.terms.limit_price, original.terms.stop_price
    sign = order.side.sign
    return quantity < original.remaining and not (
        _grew(order.limit_price, limit, sign) or _grew(order.stop_price, stop, -sign)
    )


def _grew(price: Decimal | None, before: Decimal | None, sign: int) -> bool:
    if price is None or price == before:
        return False
    return before is None or (price > before) == (sign > 0)
