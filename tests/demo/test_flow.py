"""The generated order flow: what each actor does, told by what it sees."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice

import numpy as np
import pytest

from riskstream.demo import script
from riskstream.demo.control import Control
from riskstream.demo.drafts import View
from riskstream.demo.flow import SPAN_NS, Flow
from riskstream.demo.market import Market, Session
from riskstream.demo.strategies import RUNAWAY_MESSAGES, liquidate, momentum, scalp, toward
from schemas.base import Side
from schemas.commands import BreakerKind, BreakerLevel, Kill, ResetBreaker, Timer, Unkill
from schemas.decisions import Decision, Status
from schemas.orders import OrderRequest
from schemas.reasons import Reason
from schemas.records import BreakerMoved
from schemas.reference import Account

CAST = script.cast()
SESSIONS = list(islice(CAST.market.sessions(), 24))
ACCOUNTS = [each for each in CAST.reference if isinstance(each, Account)]
PRICES = SESSIONS[0].steps[0].prices


def view(**fields: object) -> View:
    """What a strategy with a million and no position sees."""
    defaults: dict[str, object] = {
        "step": 0,
        "prices": PRICES,
        "positions": {},
        "equity": 1e6,
        "momentum": {},
        "random": np.random.default_rng(1),
    }
    return View(**defaults | fields)  # type: ignore[arg-type]


def rejected(order: OrderRequest, reason: Reason, largest: int = 0) -> Decision:
    """A refusal."""
    return Decision(
        order_id=order.order_id,
        account_id=order.account_id,
        status=Status.REJECTED,
        reason=reason,
        max_quantity=Decimal(largest),
        order=order,
        decided_at_ns=1,
    )


def first_orders(flow: Flow, account_id: str, index: int = 0) -> list[OrderRequest]:
    """The account's order requests of one step of the first session."""
    return [
        order
        for order in flow.orders(SESSIONS[0], index, ())
        if isinstance(order, OrderRequest) and order.account_id == account_id
    ]


def test_same_seed_same_orders() -> None:
    """Flow is a function of the seed."""

    def orders(seed: int) -> list[object]:
        return list(Flow(ACCOUNTS, seed).orders(SESSIONS[0], 0, ()))

    assert orders(1) == orders(1)
    assert orders(1) != orders(2)


def test_orders_meet_fresh_prices() -> None:
    """Every order of a step comes after the step's prices, in order, and before they are 3 s old."""
    flow = Flow(ACCOUNTS)
    for session in SESSIONS[:5]:
        for index, step in enumerate(session.steps):
            times = [order.event_time_ns - step.time_ns for order in flow.orders(session, index, ())]
            assert times == sorted(times)
            assert all(0 < time < 2 * SPAN_NS for time in times)


def test_order_ids_are_unique_but_for_mistakes() -> None:
    """Order ids repeat only where a gateway sends an order again, which is rare."""
    flow = Flow(ACCOUNTS)
    ids = [order.order_id for session in SESSIONS for index in range(4) for order in flow.orders(session, index, ())]
    assert len(ids) * 0.97 < len(set(ids)) < len(ids)


def test_toward_a_weight() -> None:
    """The order closes the gap between a position and its weight; a small gap is left alone."""
    (draft,) = toward(view(), "AAPL", 0.1)
    assert (draft.side, draft.quantity) == (Side.BUY, round(Decimal(100_000) / PRICES["AAPL"]))
    assert not list(toward(view(positions={"AAPL": draft.quantity}), "AAPL", 0.101))


@pytest.mark.parametrize(("held", "side"), [(0, Side.SELL_SHORT), (100, Side.SELL)])
def test_sales_say_whether_they_are_short(held: int, side: Side) -> None:
    """A sale of what is not owned is marked as such."""
    (draft,) = toward(view(positions={"AAPL": Decimal(held)}), "AAPL", -0.1)
    assert draft.side is side


def test_momentum_buys_winners() -> None:
    """The momentum strategy is long what rose and short what fell."""
    ranks = {symbol: float(rank) for rank, symbol in enumerate(sorted(set(PRICES) - {"RRC"}))}
    drafts = {draft.symbol: draft.side for draft in momentum(view(momentum=ranks))}
    assert drafts[max(ranks, key=ranks.__getitem__)] is Side.BUY
    assert drafts[min(ranks, key=ranks.__getitem__)] is Side.SELL_SHORT


def test_algorithm_runs_away() -> None:
    """Sometimes, and not always, the algorithm sends the same order again and again within a second."""
    counts = [len(list(scalp(view(random=np.random.default_rng(seed))))) for seed in range(60)]
    assert min(counts) < 10
    assert max(counts) > RUNAWAY_MESSAGES


def test_liquidation_only_reduces() -> None:
    """A stopped account sells longs and buys shorts back, reduce-only and never more than it has."""
    positions = {"AAPL": Decimal(300), "XOM": Decimal(-200)}
    drafts = {draft.symbol: draft for draft in liquidate(view(positions=positions))}
    assert (drafts["AAPL"].side, drafts["XOM"].side) == (Side.SELL, Side.BUY)
    assert all(
        draft.fields["reduce_only"] and draft.quantity <= abs(positions[symbol]) for symbol, draft in drafts.items()
    )


def test_stopped_account_only_liquidates() -> None:
    """After a breaker's refusal the account's next orders are reduce-only, as long as it holds something."""
    flow = Flow(ACCOUNTS)
    flow.books["quant"].positions["AAPL"] = Decimal(1000)
    order = first_orders(flow, "quant")[0]
    flow.decided([rejected(order, Reason.BREAKER_REDUCE_ONLY)])
    assert {each.reduce_only for each in first_orders(flow, "quant", 1)} == {True}


def test_refused_order_comes_again_smaller() -> None:
    """An order that was too large comes again as large as it may be, and names the one it comes from."""
    flow = Flow(ACCOUNTS)
    order = first_orders(flow, "quant")[0]
    flow.decided([rejected(order, Reason.NET_EXPOSURE_EXCEEDED, largest=7)])
    again = first_orders(flow, "quant", 1)[0]
    assert (again.symbol, again.quantity, again.parent_order_id) == (order.symbol, 7, order.order_id)


def halt(level: BreakerLevel) -> BreakerMoved:
    """A breaker's move of the quant account."""
    return BreakerMoved(
        account_id="quant",
        breaker=BreakerKind.DRAWDOWN,
        level_from=BreakerLevel.NORMAL,
        level_to=level,
        trigger="test",
        measure=0.4,
        limit=0.3,
        equity=1.0,
        event_time_ns=1,
    )


def resets(control: Control, sessions: list[Session]) -> list[bool]:
    """For each session, whether its commands reset a breaker."""
    return [any(isinstance(command, ResetBreaker) for command in control.commands(each)) for each in sessions]


def test_halted_breaker_is_reset_after_three_days() -> None:
    """A halted breaker is reset at the start of the third session after, once; one that eased by itself is not."""
    control = Control()
    control.commands(SESSIONS[0])
    control.moved([halt(BreakerLevel.HALTED)])
    assert resets(control, SESSIONS[1:7]) == [False, False, True, False, False, False]
    control.moved([halt(BreakerLevel.HALTED), halt(BreakerLevel.NORMAL)])
    assert not any(resets(control, SESSIONS[7:12]))


def test_every_session_begins_with_a_timer() -> None:
    """The first command of a session is a timer at midnight; a kill switch is pulled once and released after a day."""
    control = Control()
    days = [control.commands(session) for session in SESSIONS]
    assert all(isinstance(day[0], Timer) for day in days)
    kinds = [type(command) for day in days for command in day if isinstance(command, Kill | Unkill)]
    assert kinds == [Kill, Unkill]


def test_market_is_that_of_the_demo() -> None:
    """The cast's market trades every instrument that has prices, and nothing else."""
    assert isinstance(CAST.market, Market)
    assert set(PRICES) == {instrument.symbol for instrument in CAST.market.instruments}
    assert not {"NEWCO", "RSTR"} & set(PRICES)
