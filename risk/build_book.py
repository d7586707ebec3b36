"""Valuing an account at the market: its cash, each holding with its working orders, and what the whole may lose."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from risk.book import Book, Matrix, Vector, working_value, worst
from risk.limits import limits_at, preset_of
from risk.market import MarketState
from risk.measures.var import quadratic_form
from risk.state import AccountState, Holding, PartitionState
from risk.unfilled import take_worst
from risk.unit_value import Unit, average_volume, unit_value
from schemas.reference import Instrument


def build_book(account: AccountState, state: PartitionState, market: MarketState, now_ns: int | None = None) -> Book:
    """Value all positions and working orders of an account at ``now_ns``, or at the market's own time; O(positions *
    (N + T + K))."""
    count, covariance = len(market.symbols), market.covariance
    preset = preset_of(state, account)
    scenarios = market.scenarios(preset.var_method)
    book = Book(
        revision=account.revision,
        market_version=market.version,
        built_ns=market.now_ns if now_ns is None else now_ns,
        age_max_ns=limits_at(account, preset, market.vix)[0].price_age_max_ns,
        preset=preset,
        equity=0.0,
        cash=0.0,
        unrealised=0.0,
        realised=0.0,
        exposure=np.zeros(count),
        held=np.zeros(count),
        buys=np.zeros(count),
        sells=np.zeros(count),
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
    if account.fills_lost:
        book.unvalued.append(f"{account.fills_lost} fills that were not kept")
    book.equity += book.cash
    used = np.flatnonzero(book.exposure)
    x = book.exposure[used]
    book.covered = covariance[:, used] @ x
    book.variance = quadratic_form(x, book.covered[used])
    book.history = _outcomes(book, used, scenarios)
    book.simulated = _simulated(book, used, market)
    book.unmodelled = _unmodelled(used, book.variance, market)
    book.bars_ns = int(market.bar_time_ns[used].min()) if len(used) else None
    book.total(np.diagonal(covariance))
    book.hold(covariance)
    return book


def _unmodelled(used: NDArray[np.intp], variance: float, market: MarketState) -> list[str]:
    """What has no covariance with all else; everything where the whole gives no variance."""
    if not np.isnan(variance):
        return []
    unknown = np.isnan(market.covariance[used[:, None], used]).any(axis=1)
    return [market.symbols[i] for i in (used[unknown] if unknown.any() else used)]


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
    book.equity += quantity * unit.value
    index = market.index_of(symbol)
    assert index is not None, "what has a unit value has a price"
    if not exposed:
        return
    book.held[index], book.exposure[index] = quantity * unit.size, exposed * unit.size
    book.buys[index], book.sells[index] = working_value(holding, unit.size)
    _expose(book, instrument, index, unit, market)
    _stress(book, instrument, index, account.definition.base_currency, unit, market)


def _expose(book: Book, instrument: Instrument, index: int, unit: Unit, market: MarketState) -> None:
    exposed = float(book.exposure[index])
    book.used(unit.oldest_ns)
    book.prices[instrument.symbol] = float(market.price[index])
    book.sectors[instrument.sector] = book.sectors.get(instrument.sector, 0.0) + abs(exposed)
    book.sector_members.setdefault(instrument.sector, []).append(index)
    book.class_members.setdefault(instrument.asset_class, []).append(index)
    spread = book.spread(instrument, market)
    book.cost += abs(exposed) * spread.half
    if spread.quoted_ns is not None:
        book.quotes_ns = min(spread.quoted_ns, book.quotes_ns or spread.quoted_ns)


def _stress(book: Book, instrument: Instrument, index: int, base: str, unit: Unit, market: MarketState) -> None:
    """Add one symbol's P&L over the scenarios; what its working orders will be paid with moves as well."""
    shocks = market.stresses.shocks(instrument, base)
    traded = market.stresses.trade_shocks(instrument, base, unit.value < 0.0)
    if shocks is None or traded is None:
        book.unstressed.append(instrument.symbol)
        return
    book.stress += float(book.held[index]) * shocks
    take_worst(book.stress, traded, float(book.buys[index]), float(book.sells[index]))
    daily_value = average_volume(instrument, market) * unit.size
    exposed = float(book.exposure[index])
    market.stresses.take_costs(book.stress, 0.0, exposed, book.spread(instrument, market).half, daily_value)


def _outcomes(book: Book, used: NDArray[np.intp], returns: Matrix) -> Vector:
    """P&L [T] over returns [T, N] of what is held, less what working orders may lose."""
    outcomes: Vector = returns[:, used] @ book.held[used]
    for i in used[book.buys[used] + book.sells[used] > 0.0]:
        take_worst(outcomes, returns[:, i], float(book.buys[i]), float(book.sells[i]))
    return outcomes


def _simulated(book: Book, used: NDArray[np.intp], market: MarketState) -> Vector:
    """P&L over the simulated returns of what has some; the rest is named."""
    simulated = market.simulated
    book.unsimulated = [market.symbols[i] for i in used if not simulated.knows(i)]
    return _outcomes(book, used[used < len(simulated.known)], simulated.returns)
