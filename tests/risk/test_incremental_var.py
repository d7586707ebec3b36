"""VaR and ES of an order, by what it moves, equal those of the whole book at once, whatever happened before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from risk.measures.var import normal_quantile
from risk.state import AccountState
from schemas.orders import CloseReason, OrderClosed
from schemas.presets import VarMethod
from tests.risk.world import NOW_NS, SYMBOLS, World, calm_market

Vector = NDArray[np.float64]
MARKET = calm_market()
#: What happens, in which symbol, to which side, of how many shares.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["order", "fill", "part", "cancel", "trade", "out", "flip"]),
        st.sampled_from(list(SYMBOLS)),
        st.sampled_from(["buy", "sell_short"]),
        st.integers(2, 2000),
    ),
    min_size=20,
    max_size=100,
)
ORDER = st.tuples(st.sampled_from(list(SYMBOLS)), st.sampled_from(["buy", "sell_short"]), st.integers(1, 2000))


def account_of(world: World) -> AccountState:
    return world.engine.state.accounts["acc"]


def cancel(world: World, order_id: str) -> None:
    world.send(OrderClosed(order_id=order_id, account_id="acc", reason=CloseReason.CANCELLED, event_time_ns=NOW_NS))


def step(world: World, kind: str, symbol: str, side: str, size: int) -> None:
    """An order that is approved and works; a fill of one that works, whole or in part; the end of one; a trade beside
    them; one that closes the position, or turns it round."""
    account = account_of(world)
    world.engine.book(account)  # so that there is one that can follow
    held, working = int(account.holding(symbol).quantity), list(account.working)
    if kind == "order":
        world.judge(world.order(symbol, side, size))
    elif kind == "trade":
        world.fill(symbol, side, size)
    elif kind in {"out", "flip"} and held:
        world.fill(symbol, "sell" if held > 0 else "buy", abs(held) * (1 if kind == "out" else 2))
    elif kind in {"fill", "part", "cancel"} and working:
        order_id = working[size % len(working)]
        left = account.working[order_id]
        quantity = left.remaining // (2 if kind == "part" and left.remaining > 1 else 1)
        cancel(world, order_id) if kind == "cancel" else world.fill(left.symbol, left.side, quantity, order_id=order_id)


def at_once(exposure: Vector, method: VarMethod) -> tuple[float, float, float]:
    """Normal VaR, and scenario VaR and ES at 99 % of exposures [N], from covariance and scenarios alone."""
    outcomes = np.sort((MARKET.filtered if method == "filtered_historical" else MARKET.returns) @ exposure)
    known = outcomes[~np.isnan(outcomes)]
    worst = known[: int(np.floor(len(known) * 0.01 + 1e-9)) + 1]
    normal = normal_quantile(0.99) * np.sqrt(float(exposure @ MARKET.covariance @ exposure))
    return float(normal), -float(worst[-1]), -float(worst.mean())


@pytest.mark.parametrize("method", ["historical", "filtered_historical"])
@settings(max_examples=60, deadline=None)
@given(steps=STEPS, order=ORDER)
def test_after_anything_an_order_measures_as_the_book_at_once(
    method: VarMethod, steps: list[tuple[str, str, str, int]], order: tuple[str, str, int]
) -> None:
    """20 to 100 orders, fills, cancellations, closed and turned positions; when no order works any more, normal VaR,
    scenario VaR and ES of one more equal those of the positions with it in one product: to 1e-9, or 1e-12 of equity."""
    world = World(market=MARKET)
    world.judge_by(var_method=method)
    for each in steps:
        step(world, *each)
    account = account_of(world)
    for order_id in list(account.working):
        cancel(world, order_id)
    held = {symbol: float(holding.quantity) for symbol, holding in account.holdings.items()}
    symbol, side, size = order
    held[symbol] = held.get(symbol, 0.0) + (size if side == "buy" else -size)
    exposure = np.array([100.0 * held.get(name, 0.0) for name in MARKET.symbols])
    decision = world.judge(world.order(symbol, side, size, dry_run=True))
    measures = {check.name: check.measure for check in decision.layers[4].checks}
    found = [measures[name] for name in ("var_parametric", f"var_{method}", "expected_shortfall")]
    expected = [figure / 1e6 for figure in at_once(exposure, method)]
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)
