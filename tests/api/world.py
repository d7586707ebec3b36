"""What the tests of the API start from: recorded events of a real run, and a read model that has read them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import msgspec

from api.feed import ReadModel
from api.gateway import NoAnswer
from api.settings import ApiSettings
from schemas.base import Event
from schemas.codec import decode, decode_body
from schemas.decisions import Decision, Status
from schemas.orders import OrderRequest
from schemas.topics import METRICS
from tests.api.record import FILE
from tests.waiting import until

NOW_MS = 1_700_000_000_000


class Recorded(NamedTuple):
    """A record as ``streams.reader`` gives it, as far as the read model looks."""

    partition: int
    seq: int
    timestamp_ms: int
    body: Any


class _Line(msgspec.Struct):
    on: str
    event: msgspec.Raw


@cache
def recorded() -> tuple[tuple[str, Event], ...]:
    """(topic, event) in their order."""
    decoder = msgspec.json.Decoder(_Line)
    lines = [decoder.decode(line) for line in gzip.decompress(FILE.read_bytes()).splitlines()]
    return tuple((line.on, _event(line.on, bytes(line.event))) for line in lines)


def _event(topic: str, payload: bytes) -> Any:
    return decode_body(payload) if topic == "journal" else decode(METRICS, payload)


def journal() -> list[Event]:
    """The recorded bodies of the journal."""
    return [event for topic, event in recorded() if topic == "journal"]


def decisions() -> list[Decision]:
    """The recorded decisions."""
    return [body for body in journal() if isinstance(body, Decision)]


def entry(body: Event, seq: int, timestamp_ms: int = NOW_MS, partition: int = 0) -> Recorded:
    """A record of the journal."""
    return Recorded(partition, seq, timestamp_ms, body)


def feed(model: ReadModel, events: tuple[tuple[str, Event], ...], first_seq: int = 0, now_ms: int = NOW_MS) -> None:
    """Let a model read events; a decision a millisecond, the last one now."""
    for place, (topic, event) in enumerate(events):
        at_ms = now_ms - len(events) + place
        if topic == "journal":
            model.journal([entry(event, first_seq + place, at_ms)], now_ms)
        else:
            model.event(event, at_ms, now_ms)


def full_model(now_ms: int = NOW_MS, **settings: Any) -> ReadModel:
    """A model that has read the whole recording and reached the present."""
    model = ReadModel(ApiSettings(**{"port": 0} | settings), boot="run")
    feed(model, recorded(), now_ms=now_ms)
    model.state.caught_up = True
    return model


class Answering:
    """A worker that refuses everything, with a recorded decision as its evidence; it remembers what it was asked."""

    def __init__(self, status: Status = Status.REJECTED) -> None:
        self.orders: list[OrderRequest] = []
        self.evidence = next(each for each in reversed(decisions()) if each.status is status and len(each.layers) == 10)

    async def check(self, order: OrderRequest) -> Decision:
        """Its decision."""
        self.orders.append(order)
        return msgspec.structs.replace(
            self.evidence, order=order, order_id=order.order_id, account_id=order.account_id, dry_run=True
        )


class Silent:
    """No worker at all."""

    async def check(self, order: OrderRequest) -> Decision:
        """Never a decision."""
        raise NoAnswer(f"no worker answered for {order.order_id}")


async def eventually(condition: Callable[[], object], what: str) -> None:
    """Wait until it holds, in the running loop."""

    async def holds() -> bool:
        return bool(condition())

    await until(holds, 5, what)
