"""An account's book valued at the market: exposures, equity, and the vectors that make checks cheap.

A book is a cache of (positions, marks), never journaled: it says which revision of the account and which version of
the market it was built for. Exposures count working orders at their worst: in each symbol the side with the larger
absolute position, were its working orders filled and the other side's not. So two orders in flight never use the
same room, and an order that only reduces gives no room before it is filled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from risk.market import MarketState
from risk.measures.liquidity import relative_spread
from risk.measures.var import normal_quantile
from risk.state import AccountState, Holding, PartitionState
from schemas.presets import PRESETS
from schemas.reference import Instrument

Vector = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class Book:
    """Money in the account's base currency. N symbols, T return rows, K scenarios.

    ``exposure`` [N] worst-case exposures, ``covered`` [N] = Sigma @ exposure, ``history`` [T] and ``stress`` [K] P&L
    vectors (``history`` over the scenarios of the account's preset, ``stress`` without what changes in volatility or
    correlation costs, nan where selling a position has no known cost); ``simulated`` is that over simulated returns.
    ``cost`` is half the spread on every exposure, nan if one's is not known; ``sector_members`` and ``class_members``
    are the indices of what is in the book. ``unvalued`` names what has no price or rate; ``unmodelled`` what has no
    covariance; ``unstressed`` what has no shocks; ``unsimulated`` what is in no simulation. ``oldest_ns`` is the time
    of the oldest price or rate used, ``prices`` are those used.
    """

    revision: int
    market_version: int
    equity: float
    cash: float
    unrealised: float
    realised: float
    exposure: Vector
    held: Vector
    covered: Vector
    variance: float
    history: Vector
    stress: Vector
    simulated: Vector
    sectors: dict[str, float]
    oldest_ns: int | None = None
    prices: dict[str, float] = field(default_factory=dict)
    unvalued: list[str] = field(default_factory=list)
    unmodelled: list[str] = field(default_factory=list)
    unstressed: list[str] = field(default_factory=list)
    unsimulated: list[str] = field(default_factory=list)
    gross: float = 0.0
    net: float = 0.0
    long: float = 0.0
    squares: float = 0.0
    weighted_volatility: float = 0.0
    own_variance: float = 0.0
    cost: float = 0.0
    sector_members: dict[str, list[int]] = field(default_factory=dict)
    class_members: dict[str, list[int]] = field(default_factory=dict)

    def used(self, time_ns: int) -> None:
        """An input of this age is in the figures."""
        self.oldest_ns = time_ns if self.oldest_ns is None else min(self.oldest_ns, time_ns)

    def total(self, variances: Vector) -> None:
        """Sums over the exposures that the layers read; ``variances`` [N] is the diagonal of Sigma."""
        x = self.exposure
        size = np.abs(x)
        self.gross, self.net = float(size.sum()), float(x.sum())
        self.long, self.squares = float(x[x > 0].sum()), float(x @ x)
        known = np.where(np.isnan(variances), 0.0, variances)
        self.weighted_volatility = float(size @ np.sqrt(known))
        self.own_variance = float(x * x @ known)


def worst(quantity: float, working_buy: float, working_sell: float) -> float:
    """The larger of the two positions that working orders can lead to, by absolute size."""
    up, down = quantity + working_buy, quantity - working_sell
    return up if abs(up) >= abs(down) else down


class Unit(NamedTuple):
    """One unit of an instrument in base currency: at the market, per 1.0 of price, and the age of its inputs."""

    value: float
    per_price: float
    oldest_ns: int


def unit_value(instrument: Instrument, account: AccountState, market: MarketState) -> Unit | None:
    """What one unit is worth; ``None`` if its price or its exchange rate is missing."""
    index = market.index_of(instrument.symbol)
    base = account.definition.base_currency
    rate = market.fx(instrument.currency, base)
    if index is None or rate is None or np.isnan(market.price[index]):
        return None
    per_price = float(instrument.multiplier) * rate[0]
    price_time = int(market.price_time_ns[index])
    oldest = price_time if instrument.currency == base else min(price_time, rate[1])
    return Unit(float(market.price[index]) * per_price, per_price, oldest)


def half_spread(instrument: Instrument, market: MarketState) -> float:
    """Half the relative spread of the last quote, else of the instrument's assumed one; nan without either."""
    index = market.index_of(instrument.symbol)
    quoted = relative_spread(float(market.bid[index]), float(market.ask[index])) if index is not None else None
    if quoted is not None:
        return 0.5 * quoted
    return 0.5e-4 * instrument.spread_bps if instrument.spread_bps is not None else np.nan


def average_volume(instrument: Instrument, market: MarketState) -> float:
    """Units a day: the smaller of what reference data says and what was seen traded; nan if neither is known."""
    index = market.index_of(instrument.symbol)
    seen = float(market.mean_volume[index]) if index is not None else np.nan
    if instrument.adv is None:
        return seen if seen > 0 else np.nan
    told = float(instrument.adv)
    return seen if 0 < seen < told else told


def scenarios_of(account: AccountState, market: MarketState) -> Vector:
    """Return rows [T, N] that the account's preset takes scenario VaR over."""
    return market.scenarios(PRESETS[account.definition.preset].var_method)


def build_book(account: AccountState, state: PartitionState, market: MarketState) -> Book:
    """Value all positions and working orders of an account; O(positions * (N + T + K))."""
    count, covariance = len(market.symbols), market.covariance
    scenarios = scenarios_of(account, market)
    book = Book(
        revision=account.revision,
        market_version=market.version,
        equity=0.0,
        cash=0.0,
        unrealised=0.0,
        realised=0.0,
        exposure=np.zeros(count),
        held=np.zeros(count),
        covered=np.zeros(count),
        variance=0.0,
        history=np.zeros(len(scenarios)),
        stress=np.zeros(len(market.stresses)),
        simulated=np.zeros(0),
        sectors={},
    )
    _add_cash(book, account, market)
    for symbol, holding in account.holdings.items():
        _add_holding(book, symbol, holding, account, state, market)
    book.unvalued += [fill.symbol for fill in account.fills_pending]
    book.equity = book.cash + float(book.held.sum())
    used = np.flatnonzero(book.exposure)
    x = book.exposure[used]
    book.covered = covariance[:, used] @ x
    book.variance = max(0.0, float(book.covered[used] @ x))
    book.history = scenarios[:, used] @ x
    book.simulated = _simulated(book, used, x, market)
    book.unmodelled = [market.symbols[i] for i in used if np.isnan(covariance[i, used]).any()]
    book.total(np.diagonal(covariance))
    return book


def stress_outcomes(book: Book, market: MarketState, confidence: float) -> Vector:
    """P&L [K] of the book in each scenario, those of volatility and correlation included; nan where one has none."""
    outcomes = book.stress.copy()
    if book.unmodelled:
        market.stresses.take_tails(outcomes, np.nan, np.nan, np.nan)
    else:
        sigma, undiversified = float(np.sqrt(book.variance)), book.weighted_volatility
        market.stresses.take_tails(outcomes, normal_quantile(confidence), sigma, undiversified)
    return outcomes


def _add_cash(book: Book, account: AccountState, market: MarketState) -> None:
    base = account.definition.base_currency
    for currency, amount in account.cash.items():
        if not amount:
            continue
        rate = market.fx(currency, base)
        if rate is None:
            book.unvalued.append(currency)
            continue
        book.cash += float(amount) * rate[0]
        if currency != base:
            book.stress += float(amount) * rate[0] * market.stresses.currency_shocks(currency, base)
            book.used(rate[1])
            book.prices[f"{currency}/{base}"] = rate[0]


def _add_holding(
    book: Book, symbol: str, holding: Holding, account: AccountState, state: PartitionState, market: MarketState
) -> None:
    """Put one holding in."""
    quantity = float(holding.quantity)
    exposed = worst(quantity, float(holding.working_buy), float(holding.working_sell))
    if not quantity and not exposed and not holding.realised:
        return
    instrument = state.instruments.get(symbol)
    unit = unit_value(instrument, account, market) if instrument is not None else None
    if instrument is None or unit is None:
        book.unvalued.append(symbol)
        return
    book.realised += float(holding.realised) * unit.per_price / float(instrument.multiplier)
    book.unrealised += quantity * unit.value - float(holding.cost) * unit.per_price
    _expose(book, instrument, exposed * unit.value, quantity * unit.value, unit, market)
    _stress(book, instrument, account.definition.base_currency, exposed * unit.value, unit, market)


def _expose(book: Book, instrument: Instrument, exposed: float, held: float, unit: Unit, market: MarketState) -> None:
    if not exposed and not held:
        return
    index = market.index_of(instrument.symbol)
    assert index is not None, "what has a unit value has a price"
    book.used(unit.oldest_ns)
    book.held[index], book.exposure[index] = held, exposed
    book.prices[instrument.symbol] = float(market.price[index])
    book.sectors[instrument.sector] = book.sectors.get(instrument.sector, 0.0) + abs(exposed)
    book.sector_members.setdefault(instrument.sector, []).append(index)
    book.class_members.setdefault(instrument.asset_class, []).append(index)
    book.cost += abs(exposed) * half_spread(instrument, market)


def _stress(book: Book, instrument: Instrument, base: str, exposed: float, unit: Unit, market: MarketState) -> None:
    """Add one exposure's P&L over the scenarios."""
    if not exposed:
        return
    shocks = market.stresses.shocks(instrument, base)
    if shocks is None:
        book.unstressed.append(instrument.symbol)
        return
    book.stress += exposed * shocks
    daily_value = average_volume(instrument, market) * unit.value
    market.stresses.take_costs(book.stress, 0.0, exposed, half_spread(instrument, market), daily_value)


def _simulated(book: Book, used: NDArray[np.intp], exposure: Vector, market: MarketState) -> Vector:
    """P&L over the simulated returns of what has some; the rest is named."""
    simulated = market.simulated
    book.unsimulated = [market.symbols[i] for i in used if not simulated.knows(i)]
    known = used[used < len(simulated.known)]
    outcomes: Vector = simulated.returns[:, known] @ exposure[: len(known)]
    return outcomes
