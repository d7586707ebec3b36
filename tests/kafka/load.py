"""What outsiders send while things break: orders, fills, commands and prices, with duplicates, disorder and poison."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer

from schemas.base import Event, Side
from schemas.codec import encode
from schemas.commands import BreakerKind, BreakerLevel, Kill, ResetBreaker, Scope, SetLimits, Timer, TripBreaker, Unkill
from schemas.market import IndexLevel, Quote, Trade
from schemas.orders import CloseReason, Fill, OrderCancel, OrderClosed, OrderRequest
from schemas.topics import INPUTS, Topic, concerns_all, key_of
from streams.partitioning import partition_of
from streams.settings import StreamSettings
from tests.kafka.checker import POISON
from tests.risk.world import LOOSE, NOW_NS, SYMBOLS

DUPLICATES, DISORDER, POISONOUS = 0.01, 0.01, 0.001
DISORDER_MAX_NS = 5_000_000_000
STEP_S, PRICES_S = 0.02, 0.2
#: A new day begins so often, for day rolls and backtests.
DAY_EVERY_S, DAY_NS = 40.0, 86_400_000_000_000
#: Longer than any outage: what was sent is sent again until the broker has it, in order and once.
PATIENCE_MS = 300_000
#: Breakers that small moves of the prices trip and release again.
TOUCHY = msgspec.structs.replace(LOOSE, daily_loss_warn_max=0.0005, daily_loss_restrict_max=0.001)
LETTERED = tuple(topic for topic in dict.fromkeys(INPUTS.values()) if topic.dead_letters)
_POISON = (b"", b"{not json", b"[]", b'{"type":"tick"}', b'{"type":"order_request","order_id":1}', b"x" * 70_000)


class Load:
    """A seeded stream of events at a rate, a hundred orders to twenty outcomes and three commands."""

    def __init__(self, settings: StreamSettings, accounts: list[str], orders_per_s: float, random: Random) -> None:
        self._settings, self._accounts = settings, accounts
        self._rate, self._random = orders_per_s, random
        self._numbers = count()
        self._recent: deque[OrderRequest] = deque(maxlen=200)
        self._prices = dict.fromkeys(SYMBOLS, 100.0)
        self._began_s = 0.0
        self._latest: deque[Event] = deque(maxlen=200)
        self._producer: Any = None
        self.sent = 0
        #: Events and times that were given, and how many of them were sent again, poison, or out of order.
        self.counts: Counter[str] = Counter()

    async def run(self) -> None:
        """Send until cancelled; what was sent before is with the broker then."""
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.bootstrap_servers,
            enable_idempotence=True,
            acks="all",
            linger_ms=5,
            request_timeout_ms=PATIENCE_MS,
            max_batch_size=1_000_000,
        )
        await self._producer.start()
        try:
            await self._open_positions()
            await self._send_forever()
        finally:
            await self._producer.stop()

    async def _open_positions(self) -> None:
        for account_id in self._accounts:
            await self._send(
                Fill(
                    fill_id=f"f{next(self._numbers)}",
                    order_id="before",
                    account_id=account_id,
                    symbol="AAA",
                    side=Side.BUY,
                    quantity=Decimal(4000),
                    price=Decimal(100),
                    event_time_ns=NOW_NS,
                )
            )

    async def _send_forever(self) -> None:
        loop = asyncio.get_running_loop()
        self._began_s, prices_at = loop.time(), 0.0
        while True:
            elapsed_s = loop.time() - self._began_s
            if elapsed_s >= prices_at:
                prices_at = elapsed_s + PRICES_S
                await self._move_prices()
            due = min(elapsed_s * self._rate, self.sent + self._rate)  # after an outage: at most a second's worth
            while self.sent < due:
                await self._send_some()
            await asyncio.sleep(STEP_S)

    async def _send_some(self) -> None:
        """One order, and now and then something else."""
        chance = self._random.random
        order = self._order()
        await self._send(order)
        self.sent += 1
        if chance() < 0.2:
            await self._send(self._outcome(self._random.choice(self._recent)))
        if chance() < 0.03:
            await self._send(self._command(order.account_id))

    def _order(self) -> OrderRequest:
        order = OrderRequest(
            order_id=f"o{next(self._numbers)}",
            account_id=self._random.choice(self._accounts),
            symbol=self._random.choice(list(SYMBOLS)),
            side=self._random.choice((Side.BUY, Side.SELL)),
            quantity=Decimal(self._random.randint(1, 20)),
            event_time_ns=self._now_ns(),
        )
        self._recent.append(order)
        return order

    def _outcome(self, order: OrderRequest) -> Event:
        """What the venue or the trader does with an order."""
        what = self._random.random()
        number, now_ns = next(self._numbers), self._now_ns()
        if what < 0.8:
            price = Decimal(str(round(self._prices[order.symbol], 4)))
            return Fill(
                fill_id=f"f{number}",
                order_id=order.order_id,
                account_id=order.account_id,
                side=order.side,
                symbol=order.symbol,
                quantity=order.quantity,
                price=price,
                event_time_ns=now_ns,
            )
        if what < 0.9:
            return OrderCancel(
                order_id=f"c{number}",
                original_order_id=order.order_id,
                account_id=order.account_id,
                event_time_ns=now_ns,
            )
        return OrderClosed(
            order_id=order.order_id, account_id=order.account_id, reason=CloseReason.CANCELLED, event_time_ns=now_ns
        )

    def _command(self, account_id: str) -> Event:
        common: Any = {"command_id": f"k{next(self._numbers)}", "event_time_ns": self._now_ns()}
        by: Any = common | {"author": "desk"}
        drawdown: Any = by | {"account_id": account_id, "breaker": BreakerKind.DRAWDOWN}
        whole: Any = by | {"scope": Scope.ACCOUNT, "scope_id": account_id}
        commands: tuple[Event, ...] = (
            TripBreaker(level=BreakerLevel.RESTRICTED, **drawdown),
            ResetBreaker(**drawdown),
            Kill(**whole),
            Unkill(**whole),
            SetLimits(changes={"order_quantity_max": 15.0}, **whole),
            Timer(**common),
        )
        return self._random.choice(commands)

    async def _move_prices(self) -> None:
        now_ns = self._now_ns()
        for symbol, price in self._prices.items():
            moved = self._prices[symbol] = min(max(price * (1 + self._random.gauss(0, 0.0005)), 90.0), 110.0)
            exact = Decimal(str(round(moved, 4)))
            await self._send(Quote(symbol=symbol, bid=exact, ask=exact, event_time_ns=now_ns))
            await self._send(Trade(symbol=symbol, price=exact, quantity=Decimal(1), event_time_ns=now_ns))
        await self._send(IndexLevel(symbol="VIX", level=Decimal(15), event_time_ns=now_ns))

    def _now_ns(self) -> int:
        elapsed_s = asyncio.get_running_loop().time() - self._began_s
        now_ns = NOW_NS + int(elapsed_s * 1e9) + int(elapsed_s // DAY_EVERY_S) * DAY_NS
        late = self._random.random() < DISORDER
        self.counts.update(times=1, disordered=int(late))
        return max(NOW_NS, now_ns - self._random.randrange(DISORDER_MAX_NS)) if late else now_ns

    async def _send(self, event: Event) -> None:
        """An event; now and then one of the latest once more, of whatever kind, and poison on one of the topics."""
        await self._deliver(event)
        self._latest.append(event)
        self.counts["events"] += 1
        if self._random.random() < DUPLICATES:
            again = self._random.choice(self._latest)
            await self._deliver(again)
            self.counts.update(["duplicates", f"{INPUTS[type(again)].name}_duplicated"])
        if self._random.random() < POISONOUS:
            topic = self._random.choice(LETTERED)
            await self._put(topic, self._random.choice(self._accounts), self._random.choice(_POISON), [(POISON, b"")])
            self.counts.update(["poisoned", f"{topic.name}_poisoned"])

    async def _deliver(self, event: Event) -> None:
        topic = INPUTS[type(event)]
        partitions = range(self._settings.partitions) if concerns_all(event) else (None,)
        for partition in partitions:
            await self._put(topic, key_of(topic, event), encode(event), [], partition)

    async def _put(
        self, topic: Topic, key: str, payload: bytes, headers: list[tuple[str, bytes]], partition: int | None = None
    ) -> None:
        if partition is None:
            partition = partition_of(key, self._settings.partitions_of(topic))
        await self._producer.send(
            self._settings.topic(topic), payload, key=key.encode(), partition=partition, headers=headers
        )
