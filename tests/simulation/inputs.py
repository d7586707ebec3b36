"""What comes in: orders, fills, closes, commands and poison on three topics, marks and bars beside; a venue answers."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any, NamedTuple

import msgspec

from risk.market import MarketState
from schemas.base import Side
from schemas.codec import encode
from schemas.commands import BreakerKind, Kill, ResetBreaker, Scope, SetLimits, Timer, TripBreaker, Unkill
from schemas.decisions import Decision, Status
from schemas.market import Bar, Mark, MarkKind
from schemas.orders import CloseReason, Fill, OrderCancel, OrderClosed, OrderReplace, OrderRequest
from schemas.reference import Account, Instrument
from streams.journal import Input
from tests.risk.world import LOOSE, NOW_NS, bar, calm_market, instrument, mark

ACCOUNTS = ("acc", "beta")
SYMBOLS = ("AAA", "BBB")
TOPICS = {Input.ORDERS: "risk.orders.v1", Input.FILLS: "risk.fills.v1", Input.COMMANDS: "risk.commands.v1"}
#: Room for some orders of some shares at about 100, so that the price decides; breakers move with some percent.
LIMITS = msgspec.structs.replace(
    LOOSE,
    position_value_max=2_000.0,
    order_quantity_max=15.0,
    gross_exposure_max=0.22,
    position_weight_max=0.16,
    price_age_max_ns=1e18,
    feed_age_max_ns=1e18,
    vix_crisis_max=50.0,
    daily_loss_warn_max=0.004,
    daily_loss_restrict_max=0.008,
    daily_loss_reduce_max=0.02,
    daily_loss_halt_max=0.04,
    drawdown_warn_max=0.005,
    drawdown_restrict_max=0.01,
    drawdown_reduce_max=0.03,
    drawdown_halt_max=0.05,
)
CASH = {"USD": Decimal(10_000)}
MARK = "the end of a transaction"
POISON = (b"{not json", b"", b'{"type":"order_request"}', b'{"type":"fill","quantity":"-1"}', b"\xff")


class Raw(NamedTuple):
    """A record as a consumer gives it; without a value: the end of a transaction, which it does not give."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


@cache
def _market() -> bytes:
    return pickle.dumps(calm_market())


def base_market() -> MarketState:
    """A copy of the market that everyone starts from."""
    copied: MarketState = pickle.loads(_market())  # noqa: S301 - made above
    return copied


def references() -> list[Account | Instrument]:
    """Two symbols; two accounts that live in partition 0 of two, with little cash, so that prices move breakers."""
    return [
        *(instrument(symbol) for symbol in SYMBOLS),
        *(Account(account_id=name, cash=CASH, limits=LIMITS) for name in ACCOUNTS),
    ]


def news(random: Random, now_ns: int, version: int) -> Mark | Bar | Account:
    """A mark some percent away; now and then a bar, other limits of an account, or another VIX."""
    symbol, kind = random.choice(SYMBOLS), random.random()
    price = round(random.choice((100, 100, 97, 104, 90, 111)) + random.random(), 2)
    if kind < 0.03:
        return bar(symbol, price, now_ns)
    if kind < 0.08:
        limits = msgspec.structs.replace(LIMITS, position_value_max=random.choice((500.0, 1_800.0, 4_000.0)))
        return Account(account_id=random.choice(ACCOUNTS), cash=CASH, limits=limits, version=version)
    if kind < 0.11:
        return mark("VIX", random.choice((15.0, 60.0)), now_ns, version, kind=MarkKind.INDEX)
    return mark(symbol, price, now_ns, version)


@dataclass
class Inputs:
    """The three input topics, as bytes and as the events that they hold, ``None`` for poison. Event times may go by
    faster than the clock, so that days end within a run."""

    random: Random
    time_s: Callable[[], float]
    topics: dict[Input, list[Raw]] = field(default_factory=lambda: {number: [] for number in TOPICS})
    _events: dict[tuple[int, int], Any] = field(default_factory=dict)
    _number: int = 0
    _commands: int = 0

    def __post_init__(self) -> None:
        self._marks = self.random.choice((0.0, 0.0, 0.1))
        self._speed = self.random.choice((1, 1, 30_000))

    def ends(self) -> dict[int, int]:
        """The next offset of each topic."""
        return {int(number): len(records) for number, records in self.topics.items()}

    def given(self, number: int, offset: int) -> Any:
        """The event at a place, ``None`` for poison, :data:`MARK` for the end of a transaction."""
        return self._events[number, offset]

    def put(self, number: Input, event: Any) -> None:
        """Append an event, or bytes that are none; before it, some transaction may have ended."""
        if self.random.random() < self._marks:
            self._events[number, len(self.topics[number])] = MARK
            self.topics[number].append(Raw(TOPICS[number], 0, len(self.topics[number]), 0, None, None))
        offset = len(self.topics[number])
        poison = isinstance(event, bytes)
        self._events[number, offset] = None if poison else event
        stamp_ms = (NOW_NS // 1_000_000) + int(self.time_s() * 1000)
        self.topics[number].append(Raw(TOPICS[number], 0, offset, stamp_ms, None, event if poison else encode(event)))

    def produce(self) -> None:
        """One more input, most often an order."""
        kind = self.random.random()
        if kind < 0.07:
            self.put(self.random.choice(list(TOPICS)), self.random.choice(POISON))
        elif kind < 0.2:
            self.put(Input.COMMANDS, self._command())
        else:
            self.put(Input.ORDERS, self._order())

    def _order(self) -> Any:
        random, earlier = self.random, self._number
        again = earlier and random.random() < 0.15
        number = random.randrange(earlier) if again else earlier
        self._number += not again
        order_id, account = f"o{number}", ACCOUNTS[number % 2] if random.random() < 0.95 else "nobody"
        common: dict[str, Any] = {"order_id": order_id, "account_id": account, "event_time_ns": self.now_ns()}
        kind = random.random()
        if earlier and kind < 0.08:
            return OrderCancel(original_order_id=f"o{random.randrange(earlier)}", **common)
        if earlier and kind < 0.16:
            return OrderReplace(
                original_order_id=f"o{random.randrange(earlier)}", quantity=Decimal(number % 9 + 1), **common
            )
        exact = Decimal(number * 7 % 13 + 3)
        side = (Side.BUY, Side.BUY, Side.SELL)[number % 3]
        return OrderRequest(symbol=SYMBOLS[number % 5 % 2], side=side, quantity=exact, dry_run=kind > 0.97, **common)

    def _command(self) -> Any:
        random, account = self.random, self.random.choice(ACCOUNTS)
        self._commands += 1
        common: dict[str, Any] = {"command_id": f"c{self._commands}", "event_time_ns": self.now_ns()}
        by_hand: dict[str, Any] = {"account_id": account, "breaker": random.choice(list(BreakerKind)), "author": "jo"}
        scope, scope_id = random.choice(((Scope.ACCOUNT, account), (Scope.FIRM, "firm")))
        return random.choice(
            (
                lambda: SetLimits(
                    scope=scope,
                    scope_id=scope_id,
                    author="jo",
                    **common,
                    changes={"position_value_max": random.choice((1_000.0, 1_500.0, 3_000.0))},
                ),
                lambda: TripBreaker(**by_hand, **common),
                lambda: ResetBreaker(**by_hand, **common),
                lambda: ResetBreaker(**by_hand, **common),
                lambda: Timer(**common),
                lambda: Kill(scope=Scope.ACCOUNT, scope_id=account, author="jo", **common),
                lambda: Unkill(scope=Scope.ACCOUNT, scope_id=account, author="jo", **common),
            )
        )()

    def answers_to(self, decision: Decision) -> list[tuple[float, Input, Any]]:
        """What the venue sends after an approved order, and how much later: fills, some twice, or a close."""
        if decision.status is not Status.APPROVED or decision.reservation is None or decision.repeat:
            return []
        random, held = self.random, decision.reservation
        answers: list[tuple[float, Input, Any]] = []
        common: dict[str, Any] = {
            "order_id": held.order_id,
            "account_id": decision.account_id,
            "event_time_ns": self.now_ns(),
        }
        part = held.quantity if random.random() < 0.5 else max(Decimal(1), held.quantity // 2)
        if random.random() < 0.7:
            fill = Fill(
                fill_id=f"f{held.order_id}",
                symbol=held.symbol,
                side=held.side,
                quantity=part,
                price=Decimal(random.choice(("100", "99.50", "1E+2"))),
                commission=Decimal("0.00"),
                **common,
            )
            answers += [(random.uniform(0.05, 2.0), Input.FILLS, fill)] * (1 + (random.random() < 0.2))
        if part != held.quantity or not answers:
            refused = held.replaces is not None and int(held.order_id[1:]) % 3
            closed = OrderClosed(reason=CloseReason.REJECTED if refused else CloseReason.CANCELLED, **common)
            answers.append((random.uniform(0.05, 3.0), Input.ORDERS, closed))
        return answers

    def now_ns(self) -> int:
        """The time of what happens now."""
        return NOW_NS + int(self.time_s() * 1e9) * self._speed
