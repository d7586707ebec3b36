"""Layer 1, order controls: who may send what, in which size, at which price, and how often."""

from __future__ import annotations

import math
from bisect import bisect_right
from decimal import Decimal

from risk.exact import is_multiple
from risk.layers.checks import at_most, excused, holds, missing, summarise
from risk.layers.sizing import sizing
from risk.proposal import Proposal
from risk.state import AccountState
from schemas.base import Side
from schemas.decisions import Check, LayerResult
from schemas.orders import OrderType
from schemas.reasons import Reason
from schemas.reference import Instrument

SECOND_NS = 1_000_000_000
MILLISECOND_NS = 1_000_000
_PRICES_NEEDED: dict[OrderType, tuple[bool, bool]] = {
    OrderType.MARKET: (False, False),
    OrderType.LIMIT: (True, False),
    OrderType.STOP: (False, True),
    OrderType.STOP_LIMIT: (True, True),
}


def order_controls(p: Proposal) -> LayerResult:
    """Permissions, form, rate, price and size of the order itself."""
    checks = [*_identity(p), *_budget(p), _time(p)]
    if p.account is not None:
        if p.instrument is not None:
            checks += [*_permissions(p, p.account, p.instrument), *_form(p, p.instrument)]
        checks.append(_message_rate(p, p.account))
        if p.instrument is not None:
            checks += [*_price(p), *_size(p), *sizing(p)]
    return summarise(1, "order_controls", checks, input_age_ns=p.age_ns(p.unit and p.unit.oldest_ns, p.bar_ns))


def _identity(p: Proposal) -> list[Check]:
    return [
        holds("order_id", not p.reused, Reason.ORDER_ID_REUSED),
        holds("partition", not p.arrival.wrong_partition, Reason.ORDER_WRONG_PARTITION),
        holds("account", p.account is not None, Reason.ACCOUNT_UNKNOWN),
        holds("preset", p.preset_known or p.reducing, Reason.PRESET_UNKNOWN),
        holds("kill_switch", p.killed_by is None, Reason.KILL_SWITCH_ACTIVE),
        holds("original_order", not p.unknown_original, Reason.ORDER_UNKNOWN),
        holds("symbol", p.instrument is not None, Reason.SYMBOL_UNKNOWN),
    ]


def _budget(p: Proposal) -> list[Check]:
    """An order that was on its way for too long was meant for another market; one that only reduces risk may pass."""
    waited_ns, budget_ns = p.arrival.waited_ns, p.arrival.budget_ns
    if waited_ns is None or budget_ns is None:
        return []
    check = at_most(
        "latency_budget", waited_ns / MILLISECOND_NS, budget_ns / MILLISECOND_NS, "ms", Reason.BUDGET_EXCEEDED
    )
    return [excused(check) if p.reducing else check]


def _time(p: Proposal) -> Check:
    """An order that says to come from the future says nothing of when it was meant; one that only reduces may pass."""
    ahead = (p.order.event_time_ns - p.now_ns) / MILLISECOND_NS
    future_max = p.market.config.future_max_ns / MILLISECOND_NS
    check = at_most("event_time_ahead", max(0.0, ahead), future_max, "ms", Reason.ORDER_TIME_INVALID)
    return excused(check) if p.reducing else check


def _permissions(p: Proposal, account: AccountState, instrument: Instrument) -> list[Check]:
    allowed = account.definition.symbols_allowed
    goes_short = p.order.side is Side.SELL_SHORT or (p.order.side is Side.SELL and not p.reducing)
    return [
        holds("restricted_list", not instrument.restricted, Reason.SYMBOL_RESTRICTED),
        holds("permission", allowed is None or instrument.symbol in allowed, Reason.SYMBOL_NOT_PERMITTED),
        holds("short_sale", account.definition.short_allowed or not goes_short, Reason.SHORT_NOT_PERMITTED),
    ]


def _form(p: Proposal, instrument: Instrument) -> list[Check]:
    prices = _stated(p)
    on_tick = all(is_multiple(price, instrument.tick_size) for price in prices)
    valid = instrument.negative_prices or all(price > 0 for price in prices)
    return [
        holds("prices", _has_prices(p) and valid, Reason.ORDER_PRICE_INVALID),
        holds("tick_size", on_tick, Reason.ORDER_TICK_INVALID),
        holds("lot_size", is_multiple(p.quantity, instrument.lot_size), Reason.ORDER_LOT_INVALID),
        holds("reduce_only", p.reducing or not p.order.reduce_only, Reason.ORDER_NOT_REDUCING),
    ]


def _stated(p: Proposal) -> list[Decimal]:
    """The prices that the message names; what a replace leaves as it was passed before."""
    stated = p.replaced or p.order
    return [price for price in (stated.limit_price, stated.stop_price) if price is not None]


def _has_prices(p: Proposal) -> bool:
    limit_needed, stop_needed = _PRICES_NEEDED[p.order.order_type]
    return not (limit_needed and p.order.limit_price is None) and not (stop_needed and p.order.stop_price is None)


def _message_rate(p: Proposal, account: AccountState) -> Check:
    times = account.message_times_ns
    recent = len(times) - bisect_right(times, p.now_ns - SECOND_NS)
    return at_most("message_rate", recent + 1.0, p.limits.message_rate_max, "1/s", Reason.MESSAGE_RATE_EXCEEDED)


def _price(p: Proposal) -> list[Check]:
    if p.unit is None or p.index is None:
        return [missing("price", _what_is_missing(p))]
    stale = Reason.PRICE_STALE if _mark_age_ns(p) > p.limits.price_age_max_ns else Reason.FX_RATE_STALE
    age = at_most("price_age", float(p.price_age_ns or 0), p.limits.price_age_max_ns, "ns", stale)
    feed = at_most(
        "feed_age", float(abs(p.now_ns - p.market.feed_time_ns)), p.limits.feed_age_max_ns, "ns", Reason.FEED_STALE
    )
    return [feed, age, *_collar(p, float(p.market.price[p.index]))]


def _what_is_missing(p: Proposal) -> Reason:
    price = p.market.price[p.index] if p.index is not None else math.nan
    return Reason.PRICE_MISSING if math.isnan(price) else Reason.FX_RATE_MISSING if price else Reason.PRICE_ZERO


def _mark_age_ns(p: Proposal) -> float:
    return float(abs(p.now_ns - int(p.market.price_time_ns[p.index]))) if p.index is not None else float("inf")


def _collar(p: Proposal, mark: float) -> list[Check]:
    prices = _stated(p)
    if not prices:
        return []
    away = max(abs(float(price) - mark) / abs(mark) for price in prices)
    return [at_most("price_collar", away, p.limits.price_collar_max, "fraction", Reason.PRICE_COLLAR_EXCEEDED)]


def _size(p: Proposal) -> list[Check]:
    quantity = at_most(
        "order_quantity", float(p.quantity), p.limits.order_quantity_max, "units", Reason.ORDER_QUANTITY_EXCEEDED
    )
    if p.unit is None:
        return [quantity]
    value = at_most("order_value", p.value, p.limits.order_value_max, "money", Reason.ORDER_VALUE_EXCEEDED)
    position = at_most(
        "position_value", abs(p.after), p.limits.position_value_max, "money", Reason.POSITION_VALUE_EXCEEDED
    )
    return [quantity, value, excused(position) if p.reducing else position]
