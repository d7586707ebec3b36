"""How large a position each sizing method asks for, from the history of the portfolio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from risk.performance.returns import DAYS_A_YEAR
from risk.sizing.checks import Vector
from risk.sizing.fixed_risk import fixed_risk
from risk.sizing.kelly_binary import kelly_binary
from risk.sizing.kelly_continuous import kelly_continuous
from risk.sizing.kelly_multi_asset import kelly_multi_asset
from risk.sizing.quantity import quantity_of
from risk.sizing.risk_budget import risk_budget
from risk.sizing.volatility_target import volatility_target
from risk.var.covariance import CovarianceModel

#: Days that a covariance is estimated from, and the fewest that anything is.
WINDOW_DAYS, WINDOW_MIN_DAYS = 504, 60


@dataclass(frozen=True, eq=False, kw_only=True)
class Request:
    """What is to be sized: ``returns`` [T, N] of the universe; ``sign`` +1 to buy, -1 to sell; money as given."""

    symbol: str
    sign: int
    account_value: float
    entry_price: float
    multiplier: float
    returns: pd.DataFrame
    held: pd.Series[float]
    volatility_target: float

    def window(self, days: int | None) -> pd.DataFrame:
        """The last returns; ``None``: all.

        :raises ValueError: fewer than 60 asked for or there.
        """
        rows = self.returns.iloc[-(days or 0) :] if days is None or days > 0 else self.returns.iloc[:0]
        if len(rows) < WINDOW_MIN_DAYS:
            raise ValueError(f"`window` is {days} of {len(self.returns)} days, expected at least {WINDOW_MIN_DAYS}")
        return rows

    def sides(self, days: int | None) -> pd.DataFrame:
        """Returns of what is held and of the symbol, each as its side earns them."""
        names = [str(name) for name in self.returns if name == self.symbol or self.held[str(name)] != 0.0]
        signs = [self.sign if name == self.symbol else np.sign(self.held[name]) for name in names]
        return self.window(days)[names].mul(signs)

    def quantity(self, weight: float) -> float:
        """Units that make the weight in the account's value."""
        return quantity_of(weight, self.account_value, self.entry_price * self.multiplier)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The ``quantity`` of a method, of the whole position or (``order``) of this order; ``inputs`` as used."""

    quantity: float
    inputs: Mapping[str, float]
    order: bool = False


def kelly_criterion(
    request: Request, *, fraction: float = 0.5, risk_free: float = 0.0, window: int | None = None, shrink: bool = True
) -> Wanted:
    """Continuous Kelly on drift and volatility a year; half of it, shrunk by the drift's error, which is why by default
    it is estimated from the whole history."""
    returns = request.window(window)[request.symbol]
    drift = float(returns.mean()) * DAYS_A_YEAR
    volatility, years = float(returns.std()) * sqrt(DAYS_A_YEAR), len(returns) / DAYS_A_YEAR
    weight = kelly_continuous(request.sign * (drift - risk_free), 0.0, volatility, fraction, years if shrink else None)
    return Wanted(
        quantity=request.quantity(weight),
        inputs={
            "drift": drift,
            "risk_free": risk_free,
            "volatility": volatility,
            "years": years,
            "fraction": fraction,
            "weight": weight,
        },
    )


def kelly_bet(
    request: Request, *, win_probability: float, payoff: float, fraction: float = 0.5, observations: float | None = None
) -> Wanted:
    """Kelly for a bet that wins ``payoff`` a unit with that probability, else loses it."""
    weight = kelly_binary(win_probability, payoff, fraction, observations)
    return Wanted(
        quantity=request.quantity(weight),
        inputs={"win_probability": win_probability, "payoff": payoff, "fraction": fraction, "weight": weight},
    )


def kelly_portfolio(
    request: Request, *, fraction: float = 0.5, risk_free: float = 0.0, window: int | None = None, shrink: bool = True
) -> Wanted:
    """The symbol's weight in the Kelly portfolio of it and what is held, each on its side."""
    returns = request.sides(window)
    years = len(returns) / DAYS_A_YEAR
    drifts = returns.mean().to_numpy() * DAYS_A_YEAR
    weights = kelly_multi_asset(
        drifts, risk_free, returns.cov().to_numpy() * DAYS_A_YEAR, fraction, years if shrink else None
    )
    return _of_weights(request, returns, weights, {"fraction": fraction, "risk_free": risk_free, "years": years})


def to_volatility_target(request: Request, *, target: float | None = None) -> Wanted:
    """The position whose own EWMA volatility (decay 0.94) is the target a year, the preset's by default."""
    aim = request.volatility_target if target is None else target
    volatility = ewma_volatility(request.returns[request.symbol].to_numpy())
    weight = volatility_target(aim, volatility)
    return Wanted(quantity=request.quantity(weight), inputs={"target": aim, "volatility": volatility, "weight": weight})


def equal_risk(request: Request, *, window: int = WINDOW_DAYS) -> Wanted:
    """The symbol's weight where it and all that is held contribute the same risk, fully invested."""
    returns = request.sides(window)
    return _of_weights(request, returns, risk_budget(returns.cov().to_numpy(), np.ones(returns.shape[1])), {})


def budgeted_risk(request: Request, *, budgets: Mapping[str, float], window: int = WINDOW_DAYS) -> Wanted:
    """The symbol's weight where contributions to risk are as budgeted, by symbol held or sized; fully invested."""
    returns = request.sides(window)
    missing = sorted(set(returns.columns) ^ set(budgets))
    if missing:
        raise ValueError(f"`budgets` has {', '.join(budgets)}, expected {', '.join(returns.columns)}")
    shares = np.array([budgets[name] for name in returns.columns], dtype=float)
    return _of_weights(request, returns, risk_budget(returns.cov().to_numpy(), shares), {})


def risk_to_stop(request: Request, *, stop_price: float, risk: float = 0.01) -> Wanted:
    """The order that loses that share of the account if the stop fills.

    :raises ValueError: a stop on the wrong side of the entry.
    """
    if request.sign * (request.entry_price - stop_price) <= 0.0:
        where = "below" if request.sign > 0 else "above"
        raise ValueError(f"`stop_price` is {stop_price}, expected {where} the entry at {request.entry_price}")
    quantity = fixed_risk(request.account_value, risk, request.entry_price, stop_price, request.multiplier)
    return Wanted(quantity=quantity, inputs={"risk": risk, "stop_price": stop_price}, order=True)


def ewma_volatility(returns: Vector) -> float:
    """A year, decay 0.94, as :class:`risk.var.covariance.CovarianceModel` weighs."""
    return sqrt(float(CovarianceModel().forecast(returns[:, None]).matrix[0, 0]) * DAYS_A_YEAR)


def _of_weights(request: Request, returns: pd.DataFrame, weights: Vector, inputs: dict[str, float]) -> Wanted:
    weight = float(weights[list(returns.columns).index(request.symbol)])
    return Wanted(quantity=request.quantity(weight), inputs=inputs | {"assets": float(len(weights)), "weight": weight})


#: Every sizing method by name; its keyword arguments are the method's parameters.
SIZING_METHODS: Mapping[str, Callable[..., Wanted]] = MappingProxyType(
    {
        "kelly_criterion": kelly_criterion,
        "kelly_binary": kelly_bet,
        "kelly_multi_asset": kelly_portfolio,
        "volatility_target": to_volatility_target,
        "risk_parity": equal_risk,
        "risk_budget": budgeted_risk,
        "fixed_risk": risk_to_stop,
    }
)


def parameters_of(method: str) -> dict[str, Any]:
    """The parameters that a method takes, with ``...`` for those it must be given."""
    from inspect import Parameter, signature

    given = signature(SIZING_METHODS[method]).parameters.values()
    return {
        each.name: ... if each.default is Parameter.empty else each.default
        for each in given
        if each.kind is Parameter.KEYWORD_ONLY
    }
