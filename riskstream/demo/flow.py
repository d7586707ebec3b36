"""The demo's order flow: seeded, and a function of the market, the fills and the decisions it is told of."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec
import numpy as np

from riskstream.demo.book import Book
from riskstream.demo.drafts import CENT, Draft, View
from riskstream.demo.exchange import Report
from riskstream.demo.market import Session, Step
from riskstream.demo.strategies import STRATEGIES, liquidate
from schemas.base import Event
from schemas.decisions import Decision, Status
from schemas.market import Bar
from schemas.orders import Fill, OrderCancel, OrderReplace, OrderRequest
from schemas.reasons import EXPLANATIONS
from schemas.reference import Account

Order = OrderRequest | OrderReplace | OrderCancel
#: Orders begin this long after a step's prices and end within the span, well before the prices count as stale.
FIRST_ORDER_NS = 100_000_000
SPAN_NS = 1_500_000_000
REPORTS_NS = 2_000_000_000
_MOMENTUM_DAYS = 20
_BREAKER_LAYER = 7
_SMALLER_MAX = 2


class Flow:
    """Orders of all accounts, step by step. The same seed and the same answers give the same orders."""

    def __init__(self, accounts: Iterable[Account], seed: int = 1) -> None:
        self.seed = seed
        self.books = {account.account_id: Book(account) for account in accounts}
        self._stopped: set[str] = set()
        self._smaller: dict[str, list[Draft]] = {}
        self._closes: dict[str, deque[float]] = {}

    def close(self, bars: Iterable[Event]) -> None:
        """Take the closing bars of a day; momentum is measured on them."""
        for bar in bars:
            if isinstance(bar, Bar):
                self._closes.setdefault(bar.symbol, deque(maxlen=_MOMENTUM_DAYS + 1)).append(float(bar.close))

    def decided(self, decisions: Iterable[Decision]) -> None:
        """Learn from a step's decisions: who a breaker stops liquidates in the next step, and an order that was too
        large comes again as large as it may be."""
        refused = [decision for decision in decisions if decision.status is Status.REJECTED and not decision.dry_run]
        self._stopped = {each.account_id for each in refused if EXPLANATIONS[each.reason].layer == _BREAKER_LAYER}
        self._smaller = {}
        for decision in refused:
            if decision.max_quantity and isinstance(decision.order, OrderRequest):
                self._smaller.setdefault(decision.account_id, []).append(_resized(decision, decision.order))

    def reported(self, reports: Iterable[Report]) -> None:
        """Book a step's fills."""
        for report in reports:
            if isinstance(report, Fill):
                self.books[report.account_id].fill(report)

    def orders(self, session: Session, index: int, resting: Iterable[OrderRequest]) -> list[Order]:
        """All orders of one step in event-time order."""
        step, waiting = session.steps[index], tuple(resting)
        made = [
            order
            for number, account_id in enumerate(self.books)
            for order in self._of_account(account_id, (number, session, index, step), waiting)
        ]
        return sorted(made, key=lambda order: order.event_time_ns)

    def _of_account(
        self, account_id: str, where: tuple[int, Session, int, Step], resting: tuple[OrderRequest, ...]
    ) -> Iterator[Order]:
        number, session, index, step = where
        random = np.random.default_rng((self.seed, session.date.toordinal(), index, number))
        drafts = self._drafts(account_id, self._view(account_id, index, step, random))
        prefix = f"{account_id}-{session.date:%Y%m%d}-{index}"
        times = _times(drafts, step.time_ns + FIRST_ORDER_NS + number * 7_000_000)
        for position, (draft, time_ns) in enumerate(zip(drafts, times, strict=True)):
            yield _order(account_id, f"{prefix}-{position:02d}", draft, time_ns)
        end = step.time_ns + FIRST_ORDER_NS + SPAN_NS + number * 7_000_000
        yield from self._second_thoughts(account_id, f"{prefix}-x", resting, random, end)
        if drafts:
            yield from self._sent_again(_order(account_id, f"{prefix}-00", drafts[0], times[0]), random, end)

    def _drafts(self, account_id: str, view: View) -> list[Draft]:
        strategy = STRATEGIES[account_id][2]
        if account_id in self._stopped:
            return list(liquidate(view))
        return self._smaller.get(account_id, [])[:_SMALLER_MAX] + list(strategy(view))

    def _view(self, account_id: str, index: int, step: Step, random: np.random.Generator) -> View:
        book = self.books[account_id]
        momentum = {symbol: closes[-1] / closes[0] - 1 for symbol, closes in self._closes.items()}
        return View(index, step.prices, book.positions, book.equity(step.prices), momentum, random)

    def _sent_again(self, order: OrderRequest, random: np.random.Generator, time_ns: int) -> Iterator[Order]:
        """A gateway's retry of the same order, and another order under a used id."""
        if random.random() < 0.03:
            yield order
        if random.random() < 0.02:
            yield msgspec.structs.replace(order, quantity=order.quantity + 1, event_time_ns=time_ns + 1_000_000)

    def _second_thoughts(
        self, account_id: str, prefix: str, resting: tuple[OrderRequest, ...], random: np.random.Generator, time_ns: int
    ) -> Iterator[Order]:
        """Cancels and replaces of resting orders, one of them of an order that nobody knows."""
        mine = [order for order in resting if order.account_id == account_id][:2]
        for position, order in enumerate(mine):
            new_id, at = f"{prefix}{position}", time_ns + position
            if random.random() < 0.3:
                yield OrderCancel(
                    order_id=new_id, original_order_id=order.order_id, account_id=account_id, event_time_ns=at
                )
            elif random.random() < 0.5:
                original = f"{order.order_id}-gone" if random.random() < 0.2 else order.order_id
                price = order.limit_price and (order.limit_price * Decimal("1.001")).quantize(CENT)
                yield OrderReplace(
                    order_id=new_id,
                    original_order_id=original,
                    account_id=account_id,
                    quantity=order.quantity,
                    limit_price=price,
                    event_time_ns=at,
                )


def _times(drafts: list[Draft], start_ns: int) -> list[int]:
    even = SPAN_NS // max(1, sum(draft.gap_ns is None for draft in drafts))
    times, now = [], start_ns
    for draft in drafts:
        times.append(now)
        now += even if draft.gap_ns is None else draft.gap_ns
    return times


def _order(account_id: str, order_id: str, draft: Draft, time_ns: int) -> OrderRequest:
    strategy_id, trader_id, _ = STRATEGIES[account_id]
    fields = {"account_id": account_id, "strategy_id": strategy_id, "trader_id": trader_id} | draft.fields
    return OrderRequest(
        order_id=order_id,
        symbol=draft.symbol,
        side=draft.side,
        quantity=draft.quantity,
        event_time_ns=time_ns,
        **fields,
    )


def _resized(decision: Decision, order: OrderRequest) -> Draft:
    fields = {"order_type": order.order_type, "limit_price": order.limit_price, "parent_order_id": order.order_id}
    return Draft(order.symbol, order.side, decision.max_quantity, fields)
