"""How many shares: the smallest of what a method says and what every limit allows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from risk.measures.var import normal_quantile
from risk.performance.returns import DAYS_A_YEAR
from risk.sizing.maximum import maximum_by_limits, maximum_by_liquidity, maximum_by_var
from risk.sizing.recommend import Recommendation, recommend
from risk.var.covariance import CovarianceModel, Forecast
from riskstream.library.data import PortfolioData
from riskstream.library.sizing_methods import SIZING_METHODS, Request, Wanted, ewma_volatility, parameters_of

#: From symbol, side and quantity: the largest part of it that all ten layers would approve, and why no more.
Largest = Callable[[str, str, Decimal], tuple[Decimal, str]]


@dataclass(frozen=True, kw_only=True)
class PositionSize:
    """``recommended_shares`` to trade now, in whole lots, given what is held.

    ``risk_percentage`` is what they put at risk in per cent of the account, as ``risk_basis`` says: the loss at the
    stop where there is one, else their own one-day VaR. ``binding`` names the method or limit that gave the quantity;
    ``candidates`` has what each would allow, in units. ``weight`` is their value as a share of the account,
    ``warnings`` what is to be known of the covariance behind ``var_max``, and of the prices.
    """

    symbol: str
    side: str
    method: str
    recommended_shares: Decimal
    risk_percentage: float
    risk_basis: str
    weight: float
    value: float
    binding: str
    candidates: Mapping[str, float]
    inputs: Mapping[str, float]
    held: float
    warnings: tuple[str, ...] = ()


class PositionRisk:
    """Position sizes over one account's data.

    With ``largest`` the ten layers are the last limit, named ``layers:`` and their reason: so it is made by
    :class:`riskstream.library.RiskEngine` and :class:`riskstream.library.RiskLibrary`. Without it only the limits of
    order, position, exposure, liquidity and VaR hold.
    """

    def __init__(self, data: PortfolioData, largest: Largest | None = None) -> None:
        self.data = data
        self._largest = largest

    async def calculate_optimal_position_size(
        self,
        symbol: str,
        account_value: float,
        entry_price: float,
        method: str = "kelly_criterion",
        side: str = "buy",
        adv: float | None = None,
        layers: bool = True,
        **parameters: Any,
    ) -> PositionSize:
        """:meth:`calculate_optimal_position_size_sync` in a thread."""
        return await asyncio.to_thread(
            self.calculate_optimal_position_size_sync,
            symbol,
            account_value,
            entry_price,
            method,
            side,
            adv,
            layers,
            **parameters,
        )

    def calculate_optimal_position_size_sync(
        self,
        symbol: str,
        account_value: float,
        entry_price: float,
        method: str = "kelly_criterion",
        side: str = "buy",
        adv: float | None = None,
        layers: bool = True,
        **parameters: Any,
    ) -> PositionSize:
        """The smallest of what the method says and what every limit of the account allows now, in whole lots.

        ``method`` is one of :data:`riskstream.library.sizing_methods.SIZING_METHODS`, with its parameters, such as
        ``stop_price`` for ``fixed_risk``. Money is in the account's currency; ``adv`` in units a day replaces the
        instrument's. A method that sizes the whole position gives what is missing to it from what is held. ``layers``
        off leaves out the ten layers, which see what no limit alone does: stress, correlation, the score.

        :raises ValueError: an unknown symbol, method or parameter, a number out of range, too short a history, or an
            average daily volume that is not known: a limit that can't be checked is no limit.
        """
        request = self._request(symbol, account_value, entry_price, side)
        wanted = _wanted(method, request, parameters)
        caps = self._caps(request, adv)
        held = max(0.0, request.sign * float(request.held[symbol]))
        quantity = wanted.quantity if wanted.order else max(0.0, wanted.quantity - held)
        found = recommend(method, quantity, caps, self.data.instruments[symbol].lot_size)
        found = self._layered(request, found) if layers else found
        risk, basis = self._risk(request, parameters.get("stop_price"), float(found.quantity))
        value = float(found.quantity) * request.entry_price * request.multiplier
        return PositionSize(
            symbol=symbol,
            side=side,
            method=method,
            recommended_shares=found.quantity,
            risk_percentage=100.0 * risk / account_value,
            risk_basis=basis,
            weight=value / account_value,
            value=value,
            binding=found.binding,
            candidates=dict(found.candidates),
            inputs=wanted.inputs,
            held=float(request.held[symbol]),
            warnings=(*self._covariance.warnings, *self.data.warnings),
        )

    def _layered(self, request: Request, found: Recommendation) -> Recommendation:
        """What the ten layers leave of it."""
        if self._largest is None or not found.quantity:
            return found
        side = "buy" if request.sign > 0 else "sell"
        quantity, reason = self._largest(request.symbol, side, found.quantity)
        if quantity >= found.quantity:
            return found
        name, allowed = f"layers: {reason}", float(quantity)
        return Recommendation(
            quantity=quantity, binding=name, allowed=allowed, candidates=(*found.candidates, (name, allowed))
        )

    def _request(self, symbol: str, account_value: float, entry_price: float, side: str) -> Request:
        data = self.data
        if symbol not in data.prices.columns:
            raise ValueError(f"`symbol` is {symbol!r}, expected one of {', '.join(data.prices.columns)}")
        if side not in {"buy", "sell"}:
            raise ValueError(f"`side` is {side!r}, expected buy or sell")
        for name, value in {"account_value": account_value, "entry_price": entry_price}.items():
            if not 0.0 < value < float("inf"):
                raise ValueError(f"`{name}` is {value}, expected above 0 and finite")
        return Request(
            symbol=symbol,
            sign=1 if side == "buy" else -1,
            account_value=float(account_value),
            entry_price=float(entry_price),
            multiplier=float(data.multipliers[symbol]),
            returns=data.returns,
            held=data.positions,
            volatility_target=data.rules.volatility_target,
        )

    def _caps(self, request: Request, adv: float | None) -> dict[str, float]:
        data, limits, symbol = self.data, self.data.limits, request.symbol
        price, sign, held = request.entry_price * request.multiplier, request.sign, float(request.held[symbol])
        volume = adv if adv is not None else data.instruments[symbol].adv
        if volume is None:
            raise ValueError(f"`adv` of {symbol} is None, expected its average daily volume in units")
        covariance, index = self._covariance.matrix, list(data.prices.columns).index(symbol)
        x = data.exposures.to_numpy()
        covered = covariance @ x
        return {
            **maximum_by_limits(sign, price, held, request.account_value, float(np.abs(x).sum()), limits),
            "adv_share_max": limits.adv_share_max * float(volume),
            "liquidation_days_max": maximum_by_liquidity(
                sign, held, float(volume), limits.participation_max, limits.liquidation_days_max
            ),
            "var_max": maximum_by_var(
                sign,
                price,
                max(0.0, float(x @ covered)),
                float(covered[index]),
                float(covariance[index, index]),
                limits.var_max * request.account_value,
                limits.var_confidence_min,
            ),
        }

    @cached_property
    def _covariance(self) -> Forecast:
        """As the market view's."""
        return CovarianceModel().forecast(self.data.returns.to_numpy())

    def _risk(self, request: Request, stop_price: float | None, quantity: float) -> tuple[float, str]:
        if stop_price is not None:
            return quantity * abs(request.entry_price - stop_price) * request.multiplier, "loss if the stop fills"
        confidence = self.data.limits.var_confidence_min
        daily = ewma_volatility(self.data.returns[request.symbol].to_numpy()) / DAYS_A_YEAR**0.5
        value = quantity * request.entry_price * request.multiplier
        return value * daily * normal_quantile(confidence), f"one-day normal VaR at {confidence:.1%} of the order alone"


def _wanted(method: str, request: Request, parameters: dict[str, Any]) -> Wanted:
    if method not in SIZING_METHODS:
        raise ValueError(f"`method` is {method!r}, expected one of {', '.join(SIZING_METHODS)}")
    known = parameters_of(method)
    unknown = sorted(parameters.keys() - known.keys())
    if unknown:
        raise ValueError(f"`{unknown[0]}` is no parameter of {method}, expected {', '.join(known)}")
    missing = [name for name, default in known.items() if default is ... and name not in parameters]
    if missing:
        raise ValueError(f"`{missing[0]}` is missing, expected it for {method}")
    return SIZING_METHODS[method](request, **parameters)
