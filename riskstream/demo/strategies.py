"""What the demo's accounts want to trade: simple strategies and simple mistakes, all generated, none a model of anyone.

A strategy is a function of what it sees and of a seeded generator; it returns drafts that :mod:`flow` makes orders of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from riskstream.demo.drafts import CENT, Draft, View
from riskstream.demo.mistakes import MISTAKES
from schemas.base import Side
from schemas.orders import OrderType

PENNY_STOCK = "RRC"
RUNAWAY_MESSAGES = 50
RUNAWAY_GAP_NS = 5_000_000
_GAP_MIN = 0.1
Strategy = Callable[[View], Iterator[Draft]]


def toward(view: View, symbol: str, weight: float) -> Iterator[Draft]:
    """The order that brings a position to a weight of equity; none if it is nearly there."""
    price = float(view.prices[symbol])
    held = float(view.positions.get(symbol, 0))
    gap = round(weight * view.equity / price) - held
    if abs(gap) * price < _GAP_MIN * max(abs(weight), 0.01) * view.equity or view.equity <= 0:
        return
    side = Side.BUY if gap > 0 else Side.SELL_SHORT if held <= 0 else Side.SELL
    yield Draft(symbol, side, Decimal(round(abs(gap))))


def rebalance(view: View) -> Iterator[Draft]:
    """The pension fund: equal weights but for the penny stock, three looked at each time; now and then a question."""
    for symbol in _some(view, 3):
        yield from toward(view, symbol, 0.0 if symbol == PENNY_STOCK else 0.039)
    if view.random.random() < 0.2:
        (symbol,) = _some(view, 1)
        yield Draft(symbol, Side.BUY, _shares(view, symbol, 0.05), {"dry_run": True})


def momentum(view: View) -> Iterator[Draft]:
    """The quant: long the winners of 20 days, short the losers, geared 1.9 times; once a day all, then three."""
    known = set(view.prices) - {PENNY_STOCK}
    ranked = sorted(sorted(known), key=lambda symbol: view.momentum.get(symbol, 0.0))
    weights = dict.fromkeys(ranked, 0.0) | dict.fromkeys(ranked[-9:], 0.165) | dict.fromkeys(ranked[:3], -0.12)
    for symbol in ranked[::-1] if view.step == 0 else _some(view, 3):
        yield from toward(view, symbol, weights.get(symbol, 0.0))


def sector(view: View) -> Iterator[Draft]:
    """The energy desk: three stocks of one sector on margin, adding in pieces."""
    for symbol, weight in (("XOM", 0.75), ("CVX", 0.65), ("RRC", 0.12)):
        for draft in toward(view, symbol, weight):
            piece = min(draft.quantity, _shares(view, symbol, 0.25))
            yield draft._replace(quantity=max(piece, Decimal(1)))
    if view.random.random() < 0.15:
        yield Draft("RRC", Side.BUY, Decimal(int(view.random.integers(280_000, 450_000))))


def scalp(view: View) -> Iterator[Draft]:
    """The algorithm: small round trips with resting orders; sometimes it runs away and repeats itself."""
    for symbol in _some(view, 6):
        side = Side.SELL if view.positions.get(symbol, 0) > 0 else Side.BUY
        held = abs(view.positions.get(symbol, Decimal(0)))
        quantity = held if side is Side.SELL else _shares(view, symbol, 0.03)
        yield Draft(symbol, side, quantity, _resting(view, symbol, side) if view.random.random() < 0.3 else {})
    if view.random.random() < 0.1:
        (symbol,) = _some(view, 1)
        runaway = Draft(symbol, Side.BUY, _shares(view, symbol, 0.001), {}, RUNAWAY_GAP_NS)
        yield from [runaway] * RUNAWAY_MESSAGES


def trade_by_hand(view: View) -> Iterator[Draft]:
    """The retail trader: small orders in anything, one in four with a mistake."""
    for symbol in _some(view, 3):
        held = view.positions.get(symbol, Decimal(0))
        draft = Draft(symbol, Side.BUY, _shares(view, symbol, 0.02))
        if held > 0 and view.random.random() < 0.4:
            draft = Draft(symbol, Side.SELL, held)
        if view.random.random() < 0.25:
            draft = MISTAKES[int(view.random.integers(len(MISTAKES)))](view, draft)
        yield draft


def liquidate(view: View) -> Iterator[Draft]:
    """What an account does that a breaker stopped: sell a third of its three largest positions, reduce-only."""
    value = {symbol: abs(float(held * view.prices[symbol])) for symbol, held in view.positions.items() if held}
    for symbol in sorted(value, key=value.__getitem__)[-3:]:
        held = view.positions[symbol]
        yield Draft(
            symbol, Side.SELL if held > 0 else Side.BUY, Decimal(max(1, round(abs(held) / 3))), {"reduce_only": True}
        )


#: Account -> (strategy id, trader id, what it does).
STRATEGIES: dict[str, tuple[str, str, Strategy]] = {
    "pension": ("rebalance", "petra", rebalance),
    "quant": ("momentum", "quentin", momentum),
    "retail": ("by-hand", "rita", trade_by_hand),
    "algo": ("scalper", "alan", scalp),
    "energy": ("sector", "eve", sector),
}


def _some(view: View, count: int) -> list[str]:
    symbols = sorted(view.prices)
    return [symbols[index] for index in view.random.choice(len(symbols), size=count, replace=False)]


def _shares(view: View, symbol: str, weight: float) -> Decimal:
    return Decimal(max(1, round(weight * max(view.equity, 0.0) / float(view.prices[symbol]))))


def _resting(view: View, symbol: str, side: Side) -> dict[str, Any]:
    away = Decimal("0.99") if side is Side.BUY else Decimal("1.01")
    return {"order_type": OrderType.LIMIT, "limit_price": (view.prices[symbol] * away).quantize(CENT)}
