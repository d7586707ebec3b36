"""Risk metrics of an account at one moment, from its book."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import msgspec
import numpy as np

from risk.book import Book, stress_outcomes
from risk.book_shape import known, shape_of
from risk.breaker import loss
from risk.limits import limits_at
from risk.market import MarketState
from risk.measures.var import normal_es, normal_quantile, observations_needed
from risk.state import AccountState
from risk.tail_risk import book_tail
from risk.var_comparison import applied_scale
from schemas.commands import BreakerKind
from schemas.outputs import Exposure, RiskMetrics, StressResult, VarResult
from schemas.reference import Instrument


def account_metrics(
    account: AccountState, book: Book, market: MarketState, instruments: Mapping[str, Instrument], now_ns: int
) -> Iterator[RiskMetrics | VarResult | StressResult]:
    """One :class:`RiskMetrics`, a VaR result a method and a stress result a scenario; nothing if it can't be valued."""
    if book.unvalued:
        return
    account_id = account.definition.account_id
    var_results = list(_var_results(account, book, now_ns))
    summary = _summary(account, book, market, var_results, now_ns)
    yield msgspec.structs.replace(summary, **shape_of(account, book, market, instruments))
    yield from var_results
    for name, pnl in _stress(account, book, market):
        yield StressResult(account_id=account_id, scenario=name, pnl=pnl, event_time_ns=now_ns)


def _stress(account: AccountState, book: Book, market: MarketState) -> list[tuple[str, float]]:
    """Each scenario with the P&L of a book that is exposed and can be stressed; without those that have no figure."""
    if book.unstressed or not (book.gross or book.stress.any()):
        return []
    outcomes = stress_outcomes(book, market, account.limits.var_confidence_min).tolist()
    return [(name, pnl) for name, pnl in zip(market.stresses.names, outcomes, strict=True) if not math.isnan(pnl)]


def _var_results(account: AccountState, book: Book, now_ns: int) -> Iterator[VarResult]:
    confidence, account_id = account.limits.var_confidence_min, account.definition.account_id
    if not book.unmodelled and not math.isnan(book.variance_max):
        sigma = math.sqrt(book.variance_max)
        yield VarResult(
            account_id=account_id,
            method="parametric_normal",
            confidence=confidence,
            horizon_days=1,
            value_at_risk=normal_quantile(confidence) * sigma,
            expected_shortfall=normal_es(confidence) * sigma,
            observations=len(book.history),
            event_time_ns=now_ns,
        )
    observations = int(np.count_nonzero(~np.isnan(book.history)))
    enough = observations >= max(account.limits.history_min, observations_needed(confidence))
    tail = book_tail(book, book.preset, confidence) if enough else None
    if tail is not None:
        yield VarResult(
            account_id=account_id,
            method=book.preset.var_method,
            confidence=confidence,
            horizon_days=1,
            value_at_risk=tail.var,
            expected_shortfall=tail.shortfall,
            observations=observations,
            event_time_ns=now_ns,
        )


def _summary(
    account: AccountState, book: Book, market: MarketState, var_results: list[VarResult], now_ns: int
) -> RiskMetrics:
    limits, by_method = account.limits, {result.method: result for result in var_results}
    parametric = by_method.get("parametric_normal")
    historical = by_method.get(book.preset.var_method)
    worst = min(_stress(account, book, market), key=lambda outcome: outcome[1], default=None)
    pairs = book.weighted_volatility**2 - book.own_variance
    equity = book.equity
    return RiskMetrics(
        account_id=account.definition.account_id,
        equity=equity,
        cash=book.cash,
        gross_exposure=book.gross,
        net_exposure=book.net,
        leverage=book.assets / equity if equity > 0 else 0.0,
        realised_pnl=book.realised,
        unrealised_pnl=book.unrealised,
        start_of_day_equity=account.start_of_day_equity,
        peak_equity=account.peak_equity,
        daily_loss=loss(account.breakers[BreakerKind.DAILY_LOSS], equity) or 0.0,
        drawdown=loss(account.breakers[BreakerKind.DRAWDOWN], equity) or 0.0,
        var_parametric=parametric.value_at_risk if parametric else None,
        var_historical=historical.value_at_risk if historical else None,
        expected_shortfall=historical.expected_shortfall if historical else None,
        var_limit=_var_limit(account, book, market) if equity > 0 else None,
        confidence=limits.var_confidence_min,
        stress_loss=max(0.0, -worst[1]) if worst is not None else None,
        stress_scenario=worst[0] if worst is not None else "",
        volatility=math.sqrt(book.variance * market.config.periods_per_year) / equity
        if parametric and equity > 0
        else None,
        average_correlation=(book.variance - book.own_variance) / pairs if parametric and pairs > 0 else None,
        turbulence=known(market.turbulence),
        vix=known(market.vix),
        breakers={kind.value: breaker.level for kind, breaker in account.breakers.items()},
        exposures=tuple(_exposures(account, book, market)),
        limits_version=account.limits_version,
        event_time_ns=now_ns,
    )


def _var_limit(account: AccountState, book: Book, market: MarketState) -> float:
    """What orders are held to now: the limit of a crisis, and what the backtest leaves of it, included."""
    limits, _ = limits_at(account, book.preset, market.vix)
    return limits.var_max * applied_scale(account.backtest, book.preset) * book.equity


def _exposures(account: AccountState, book: Book, market: MarketState) -> Iterator[Exposure]:
    for symbol, holding in account.holdings.items():
        index = market.index_of(symbol)
        if index is None or not (holding.quantity or holding.working_buy or holding.working_sell):
            continue
        quantity, price = float(holding.quantity), float(market.price[index])
        value = math.copysign(1.0, price) * float(book.held[index]) if index < len(book.held) else 0.0
        cost = float(holding.cost) * (value / (quantity * price)) if quantity and price else 0.0
        yield Exposure(
            symbol=symbol,
            quantity=quantity,
            value=value,
            unrealised_pnl=value - cost,
            working_buy=float(holding.working_buy),
            working_sell=float(holding.working_sell),
        )
