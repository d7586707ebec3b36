"""What the ten layers look at: one order against one account, one book and one market, at one time."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from risk.arrival import AT_ONCE, Arrival
from risk.book import Book, Vector
from risk.market import MarketState
from risk.measures.var import observations_needed
from risk.spread import UNKNOWN, Spread
from risk.state import AccountState, Working
from risk.tail_risk import OrderTail, order_tail
from risk.unit_value import Unit
from schemas.limits import LimitSet
from schemas.orders import OrderReplace, OrderRequest
from schemas.presets import Preset
from schemas.reference import Instrument

#: No layer has asked for the tail yet.
NOT_ASKED = OrderTail(-1)


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
    _tail: OrderTail | None = field(init=False, default=NOT_ASKED)

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
    def observations_needed(self) -> float:
        """How many the preset's VaR method must have."""
        return max(self.limits.history_min, float(observations_needed(self.limits.var_confidence_min)))

    @property
    def tail(self) -> OrderTail | None:
        """Risk before and after the order by the preset's method, computed for the first layer that asks; ``None``
        where the book or the order has no scenarios."""
        if self._tail is NOT_ASKED:
            object.__setattr__(self, "_tail", self._tail_risk())  # it follows from what is frozen
        return self._tail

    def _tail_risk(self) -> OrderTail | None:
        book, index, returns = self.book, self.index, self.market.scenarios(self.preset.var_method)
        if book is None or index is None or self.unit is None:
            return None
        if len(returns) != len(book.history) or index >= returns.shape[1]:
            return None
        confidence, needed = self.limits.var_confidence_min, self.observations_needed
        return order_tail(book, self.preset, returns[:, index], self.filled, self.variance, confidence, needed)

    @property
    def quotes_ns(self) -> int | None:
        """Time of the oldest quote that costs of the book and of the order rest on."""
        return oldest(self.book.quotes_ns if self.book is not None else None, self.spread.quoted_ns)

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
        """P&L [K] over the scenarios for each unit of exposure that is bought, and paid for."""
        if self.instrument is None or self.account is None or self.unit is None:
            return None
        base = self.account.definition.base_currency
        return self.market.stresses.trade_shocks(self.instrument, base, self.unit.value < 0.0)


def oldest(one_ns: int | None, other_ns: int | None) -> int | None:
    """The earlier of two times, of which either may not be known (``None`` or 0)."""
    return min(one_ns, other_ns) if one_ns and other_ns else one_ns or other_ns
