"""What the ten layers look at: one order against one account, one book and one market, at one time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from risk.book import Book, Unit, Vector, average_volume, unit_value, worst
from risk.exact import ZERO, add, subtract
from risk.limits import known_preset, limits_at, preset_of
from risk.market import MarketState
from risk.replacing import replacing_order, shrinks
from risk.spread import UNKNOWN, Spread, spread_of
from risk.state import AccountState, Holding, PartitionState, Working
from risk.working import works
from schemas.base import Side
from schemas.limits import LimitSet
from schemas.orders import OrderReplace, OrderRequest
from schemas.presets import Preset
from schemas.reference import Instrument

_FLAT = Holding()


class Arrival(NamedTuple):
    """How an order came: to the right partition or not, when the broker took it and when the worker did (wall clock),
    and how long it may be on its way (``None``: for ever)."""

    wrong_partition: bool = False
    received_ns: int | None = None
    taken_ns: int = 0
    budget_ns: int | None = None

    @property
    def waited_ns(self) -> int | None:
        """Time between broker and decision; a broker's clock that is ahead is as suspicious as one that is behind."""
        return None if self.received_ns is None else abs(self.taken_ns - self.received_ns)

    @property
    def late(self) -> bool:
        """Whether it was longer on its way than it may be."""
        waited_ns = self.waited_ns
        return waited_ns is not None and self.budget_ns is not None and waited_ns > self.budget_ns

    @property
    def deadline_ns(self) -> int | None:
        """When the order is too old to be approved, on the wall clock."""
        return None if self.received_ns is None or self.budget_ns is None else self.received_ns + self.budget_ns


AT_ONCE = Arrival()


@dataclass(slots=True, frozen=True, eq=False)
class Proposal:
    """An order to be judged. Missing inputs are ``None``; each layer turns them into a rejection of its own.

    ``added`` is the quantity by which the order raises what is working (all of a new order, the increase of a
    replace). ``before`` and ``after`` are worst-case exposures in its symbol, ``shift`` the difference, in base
    currency. ``filled`` is what the order alone adds if it is filled whole, ``variance`` the largest of the book
    then, whatever of the working orders is filled with it (nan if unknown). ``spread`` and ``daily_volume`` (units)
    of the symbol are nan if unknown. ``marks_ns`` and ``bars_ns`` are the times of the oldest price or rate and of
    the oldest last bar of the book and the order, ``bar_ns`` that of the order alone. ``crisis``: the VIX is so
    high that the preset's tighter limits hold too. ``reducing``: whatever of the working orders and this one is
    filled, the position gets no larger, or it replaces its ``original`` by less. ``reused``: an order of this id
    may still be live.
    """

    order: OrderRequest
    replaced: OrderReplace | None
    original: Working | None
    quantity: Decimal
    added: Decimal
    account: AccountState | None
    instrument: Instrument | None
    preset: Preset
    limits: LimitSet
    crisis: bool
    book: Book | None
    market: MarketState
    index: int | None
    unit: Unit | None
    before: float
    after: float
    filled: float
    variance: float
    reducing: bool
    now_ns: int
    spread: Spread = UNKNOWN
    marks_ns: int | None = None
    bar_ns: int | None = None
    bars_ns: int | None = None
    daily_volume: float = np.nan
    preset_known: bool = True
    killed_by: str | None = None
    arrival: Arrival = AT_ONCE
    unknown_original: bool = False
    reused: bool = False

    @property
    def shift(self) -> float:
        """Change of worst-case exposure in the order's symbol, in base currency."""
        return self.after - self.before

    @property
    def value(self) -> float:
        """Absolute value of the order in base currency, at the highest of mark, limit and stop price; nan
        without a mark."""
        if self.unit is None:
            return float("nan")
        prices = (
            float(price) * self.unit.per_price for price in (self.order.limit_price, self.order.stop_price) if price
        )
        return float(self.quantity) * max(abs(self.unit.value), *map(abs, prices), 0.0)

    @property
    def equity(self) -> float | None:
        """Equity of the account in base currency; ``None`` unless all of it can be valued and some is left."""
        book = self.book
        return book.equity if book is not None and not book.unvalued and book.equity > 0 else None

    @property
    def price_age_ns(self) -> int | None:
        """How far the order's price is from now; one from the future is as useless as one from the past."""
        return abs(self.now_ns - self.unit.oldest_ns) if self.unit is not None else None

    def age_ns(self, *times_ns: int | None) -> int | None:
        """Of the oldest of these inputs, or of the one furthest in the future; ``None`` if there are none."""
        oldest_ns = -1
        for time_ns in times_ns:
            if time_ns:
                oldest_ns = max(oldest_ns, abs(self.now_ns - time_ns))
        return oldest_ns if oldest_ns >= 0 else None

    @property
    def quotes_ns(self) -> int | None:
        """Time of the oldest quote that costs of the book and of the order rest on."""
        return _oldest(self.book.quotes_ns if self.book is not None else None, self.spread.quoted_ns)

    @property
    def analysis_age_ns(self) -> int | None:
        """Of the market's analysis; ``None`` if there is none."""
        asked_ns = self.market.analysis.time_ns
        return abs(self.now_ns - asked_ns) if asked_ns else None

    @property
    def too_late(self) -> bool:
        """Whether nothing could approve the order any more."""
        return self.arrival.late and not self.reducing

    @property
    def shocks(self) -> Vector | None:
        """Scenario returns [K] of the instrument."""
        if self.instrument is None or self.account is None:
            return None
        return self.market.stresses.shocks(self.instrument, self.account.definition.base_currency)


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
        marks_ns=_oldest(book.oldest_ns if book is not None else None, unit.oldest_ns if unit is not None else None),
        bar_ns=bar_ns,
        bars_ns=_oldest(book.bars_ns if book is not None else None, bar_ns),
        daily_volume=average_volume(instrument, market) if instrument is not None else np.nan,
    )


def _oldest(one_ns: int | None, other_ns: int | None) -> int | None:
    return min(one_ns, other_ns) if one_ns and other_ns else one_ns or other_ns


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
    holding = account.holdings.get(order.symbol, _FLAT) if account is not None else _FLAT
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
