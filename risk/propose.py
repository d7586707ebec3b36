"""Making a proposal of an order or a replace: what it adds at its worst, and whether it can only reduce."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np

from risk.book import Book, worst
from risk.exact import ZERO, add, subtract
from risk.limits import known_preset, limits_at, preset_of
from risk.market import MarketState
from risk.proposal import Proposal, oldest
from risk.replacing import replacing_order, shrinks
from risk.spread import UNKNOWN, spread_of
from risk.state import AccountState, Holding, PartitionState, Working
from risk.unit_value import Unit, average_volume, unit_value
from risk.working import works
from schemas.base import Side
from schemas.orders import OrderReplace, OrderRequest

FLAT = Holding()


def propose(
    order: OrderRequest, state: PartitionState, market: MarketState, book: Book | None, now_ns: int
) -> Proposal:
    """A new order as the layers see it."""
    return _proposal(order, None, None, order.quantity, state, market, book, now_ns)


def propose_replace(
    replaced: OrderReplace, state: PartitionState, market: MarketState, book: Book | None, now_ns: int
) -> Proposal:
    """A replace as the layers see it: an order of the new size, of which only the increase needs new room."""
    account = state.accounts.get(replaced.account_id)
    original = account.working.get(replaced.original_order_id) if account is not None else None
    order = replacing_order(replaced, original)
    added = max(ZERO, subtract(replaced.quantity, original.reserved)) if original else replaced.quantity
    made = _proposal(order, replaced, original, added, state, market, book, now_ns)
    return made if original else replace(made, unknown_original=True)


def resized(proposal: Proposal, quantity: Decimal) -> Proposal:
    """The same order with another quantity."""
    added = max(ZERO, subtract(proposal.added, subtract(proposal.quantity, quantity)))
    before, after, reduces = _exposures(proposal.account, proposal.order, added, proposal.unit)
    filled = _filled(proposal.order, added, proposal.unit)
    return replace(
        proposal,
        quantity=quantity,
        added=added,
        before=before,
        after=after,
        filled=filled,
        variance=_variance(proposal.book, proposal.index, filled, proposal.market),
        reducing=reduces or _shrinks(proposal.order, quantity, proposal.original),
    )


def _proposal(
    order: OrderRequest,
    replaced: OrderReplace | None,
    original: Working | None,
    added: Decimal,
    state: PartitionState,
    market: MarketState,
    book: Book | None,
    now_ns: int,
) -> Proposal:
    account, instrument = state.accounts.get(order.account_id), state.instruments.get(order.symbol)
    unit = unit_value(instrument, account, market) if account is not None and instrument is not None else None
    before, after, reduces = _exposures(account, order, added, unit)
    index, filled = market.index_of(order.symbol), _filled(order, added, unit)
    preset = preset_of(state, account)
    limits, crisis = limits_at(account, preset, market.vix)
    bar_ns = int(market.bar_time_ns[index]) if index is not None else None
    return Proposal(
        order=order,
        replaced=replaced,
        original=original,
        quantity=order.quantity,
        added=added,
        account=account,
        instrument=instrument,
        preset=preset,
        limits=limits,
        crisis=crisis,
        book=book,
        market=market,
        index=index,
        unit=unit,
        before=before,
        after=after,
        filled=filled,
        variance=_variance(book, index, filled, market),
        reducing=reduces or _shrinks(order, order.quantity, original),
        now_ns=now_ns,
        preset_known=account is None or known_preset(state, account.definition.preset) is not None,
        reused=account is not None and works(account, order.order_id),
        spread=spread_of(instrument, market, now_ns, limits.price_age_max_ns) if instrument is not None else UNKNOWN,
        marks_ns=oldest(book.oldest_ns if book is not None else None, unit.oldest_ns if unit is not None else None),
        bar_ns=bar_ns,
        bars_ns=oldest(book.bars_ns if book is not None else None, bar_ns),
        daily_volume=average_volume(instrument, market) if instrument is not None else np.nan,
    )


def _filled(order: OrderRequest, added: Decimal, unit: Unit | None) -> float:
    return order.side.sign * float(added) * unit.size if unit is not None else np.nan


def _variance(book: Book | None, index: int | None, filled: float, market: MarketState) -> float:
    if book is None or index is None or index >= len(book.held_covered):
        return np.nan
    return book.variance_with(filled, index, market.covariance)


def _exposures(
    account: AccountState | None, order: OrderRequest, added: Decimal, unit: Unit | None
) -> tuple[float, float, bool]:
    """Worst-case exposure before and after, and whether the order can only reduce the position."""
    holding = account.holdings.get(order.symbol, FLAT) if account is not None else FLAT
    buy, sell = holding.working_buy, holding.working_sell
    all_buy, all_sell = (add(buy, added), sell) if order.side is Side.BUY else (buy, add(sell, added))
    quantity = float(holding.quantity)
    before = worst(quantity, float(buy), float(sell))
    after = worst(quantity, float(all_buy), float(all_sell))
    value = unit.size if unit is not None else np.nan
    return before * value, after * value, _reduces(holding.quantity, all_buy, all_sell, order.side)


def _shrinks(order: OrderRequest, quantity: Decimal, original: Working | None) -> bool:
    return original is not None and shrinks(order, quantity, original)


def _reduces(quantity: Decimal, buy: Decimal, sell: Decimal, side: Side) -> bool:
    """Whether a sale leaves a long position long or flat, or a buy a short one short or flat, all sales or all buys
    of the symbol that are working filled with it."""
    if side is Side.BUY:
        return quantity < 0 and add(quantity, buy) <= 0
    return quantity > 0 and subtract(quantity, sell) >= 0
