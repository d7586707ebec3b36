"""An account's book valued at the market: exposures, equity, and the vectors that make checks cheap.

A book is a cache of (positions, marks), never journaled: it says which revision of the account and which version of
the market it was built for. Everything counts working orders at their worst: in each symbol the side with the larger
absolute position, in each sum and scenario the fills that hurt most. So two orders in flight never use the same room,
and an order gives no room before it is filled, whatever it reduces or hedges.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from risk.market import MarketState
from risk.measures.var import TailRisk, normal_quantile, quadratic_form, variance_after
from risk.spread import Spread, spread_of
from risk.state import Holding
from risk.unfilled import NONE, Unfilled, unfilled, worst_variance
from schemas.presets import Preset
from schemas.reference import Instrument

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class Book:
    """Money in the account's base currency. N symbols, T return rows, K scenarios.

    ``held`` [N] is what is held, ``buys`` and ``sells`` [N] how far working orders can raise and lower it, ``exposure``
    [N] the worst case; ``covered`` [N] = Sigma @ exposure and ``held_covered`` [N] = Sigma @ held, each with its
    variance, sum of own variances and weighted volatility.
    ``history`` [T], ``stress`` [K] and ``simulated`` are P&L vectors, working orders in each row at their worst
    (``history`` over the scenarios of the account's preset, ``stress`` without what changes in volatility or
    correlation costs, nan where selling a position has no known cost; ``simulated`` over simulated returns).
    ``up`` and ``down`` are the sums of exposures with all buys or all sales filled, ``long`` and ``short`` the
    largest sums of either sign; ``working`` and ``variance_max`` are of the variance at its worst. ``cost`` is half
    the spread on every exposure, nan if one's is not known; ``sector_members`` and ``class_members`` are the
    indices of what is in the book; ``tails`` is kept by :mod:`risk.tail_risk`. ``unvalued`` names what has no price
    or rate; ``unmodelled`` what has no covariance; ``unstressed`` what has no shocks; ``unsimulated`` what is in no
    simulation. ``oldest_ns``, ``quotes_ns`` and ``bars_ns`` are the times of the oldest price or rate, quote and
    last bar used; ``prices`` are those used. Quotes older than ``age_max_ns`` at ``built_ns`` were not. ``shifts``
    counts changes since it was built.
    """

    revision: int
    market_version: int
    preset: Preset
    equity: float
    cash: float
    unrealised: float
    realised: float
    exposure: Vector
    held: Vector
    buys: Vector
    sells: Vector
    covered: Vector
    variance: float
    history: Vector
    stress: Vector
    simulated: Vector
    sectors: dict[str, float]
    built_ns: int = 0
    age_max_ns: float = 0.0
    oldest_ns: int | None = None
    quotes_ns: int | None = None
    bars_ns: int | None = None
    prices: dict[str, float] = field(default_factory=dict)
    unvalued: list[str] = field(default_factory=list)
    unmodelled: list[str] = field(default_factory=list)
    unstressed: list[str] = field(default_factory=list)
    unsimulated: list[str] = field(default_factory=list)
    working: Unfilled = NONE
    held_covered: Vector = field(default_factory=lambda: np.zeros(0))
    held_variance: float = 0.0
    held_own_variance: float = 0.0
    held_weighted_volatility: float = 0.0
    variance_max: float = 0.0
    gross: float = 0.0
    up: float = 0.0
    down: float = 0.0
    long: float = 0.0
    short: float = 0.0
    squares: float = 0.0
    weighted_volatility: float = 0.0
    own_variance: float = 0.0
    cost: float = 0.0
    shifts: int = 0
    sector_members: dict[str, list[int]] = field(default_factory=dict)
    class_members: dict[str, list[int]] = field(default_factory=dict)
    tails: dict[tuple[str, float], TailRisk | None] = field(default_factory=dict)

    def used(self, time_ns: int) -> None:
        """An input of this age is in the figures."""
        self.oldest_ns = time_ns if self.oldest_ns is None else min(self.oldest_ns, time_ns)

    def spread(self, instrument: Instrument, market: MarketState) -> Spread:
        """As it was when the book was built."""
        return spread_of(instrument, market, self.built_ns, self.age_max_ns)

    def expired(self, now_ns: int) -> bool:
        """Whether a quote that costs rest on has become too old."""
        return self.quotes_ns is not None and now_ns - self.quotes_ns > self.age_max_ns

    def total(self, variances: Vector) -> None:
        """Sums over the exposures that the layers read; ``variances`` [N] is the diagonal of Sigma."""
        x, up, down = self.exposure, self.held + self.buys, self.held - self.sells
        size = np.abs(x)
        self.gross, self.squares = float(size.sum()), float(x @ x)
        self.up, self.down = float(up.sum()), float(down.sum())
        self.long, self.short = float(up[up > 0].sum()), -float(down[down < 0].sum())
        known = np.where(np.isnan(variances), 0.0, variances)
        volatilities = np.sqrt(known)
        self.weighted_volatility, self.own_variance = float(size @ volatilities), float(x * x @ known)
        self.held_weighted_volatility = float(np.abs(self.held) @ volatilities)
        self.held_own_variance = float(self.held * self.held @ known)

    def hold(self, covariance: Matrix) -> None:
        """Take the variance of what is held, and that of working orders at their worst."""
        if np.array_equal(self.held, self.exposure):
            self.held_covered, self.held_variance = self.covered.copy(), self.variance
        else:
            used = np.flatnonzero(self.held)
            x = self.held[used]
            self.held_covered = covariance[:, used] @ x
            self.held_variance = quadratic_form(x, self.held_covered[used])
        self.work(covariance)

    def work(self, covariance: Matrix) -> None:
        """Take the working orders' part of the variance anew."""
        self.working = unfilled(self.buys, self.sells, covariance)
        self.variance_max = worst_variance(self.held_variance, self.held_covered[self.working.symbols], self.working)

    def variance_with(self, filled: float, index: int, covariance: Matrix) -> float:
        """The largest variance once ``filled`` (money) of asset ``index`` is held too; nan if it is not known."""
        own = float(covariance[index, index])
        variance = variance_after(self.held_variance, filled, float(self.held_covered[index]), own)
        symbols = self.working.symbols
        if not len(symbols):
            return variance
        return worst_variance(variance, self.held_covered[symbols] + filled * covariance[symbols, index], self.working)

    def parts(self, index: int | None) -> tuple[float, float, float]:
        """Money held in an asset, and how far its working orders can raise and lower it."""
        if index is None or index >= len(self.held):
            return 0.0, 0.0, 0.0
        return float(self.held[index]), float(self.buys[index]), float(self.sells[index])

    @property
    def net(self) -> float:
        """The larger, by absolute size, of the two sums of exposures that working orders can lead to."""
        return self.up if abs(self.up) >= abs(self.down) else self.down

    @property
    def assets(self) -> float:
        """Largest sum of long positions and cash, the proceeds of short sales included."""
        return max(self.long, self.equity + self.short)


def worst(quantity: float, working_buy: float, working_sell: float) -> float:
    """The larger of the two positions that working orders can lead to, by absolute size."""
    up, down = quantity + working_buy, quantity - working_sell
    return up if abs(up) >= abs(down) else down


def working_value(holding: Holding, value: float) -> tuple[float, float]:
    """How far working orders can raise and lower the exposure of a holding whose unit is of size ``value``."""
    return float(holding.working_buy) * value, float(holding.working_sell) * value


def stress_outcomes(book: Book, market: MarketState, confidence: float) -> Vector:
    """P&L [K] of the book in each scenario, those of volatility and correlation included; nan where one has none."""
    outcomes = book.stress.copy()
    if book.unmodelled:
        market.stresses.take_tails(outcomes, np.nan, np.nan, np.nan)
    else:
        sigma, undiversified = float(np.sqrt(book.variance_max)), book.weighted_volatility
        market.stresses.take_tails(outcomes, normal_quantile(confidence), sigma, undiversified)
    return outcomes
