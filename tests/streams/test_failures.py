"""An engine that fails: the order gets no decision, which is no approval; state and journal stay one."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from risk.decide import failed
from risk.state import PartitionState
from schemas.codec import decode_body, encode
from schemas.decisions import Decision
from schemas.reasons import Reason
from schemas.records import Body, DayRolled, Skip
from schemas.reference import Account, Instrument
from streams.journal import Input, Kind, Source
from streams.processor import Outcome, Pace, Processor
from tests.risk.world import World

DAY = DayRolled(account_id="acc", day=1, equity=1.0, event_time_ns=1)


class BrokenEngine:
    """Fails, or answers badly, where a test says so; remembers what became state."""

    state = PartitionState()

    def __init__(self, **answers: Any) -> None:
        self.answers, self.applied = answers, list[Body]()

    def define(self, reference: Account | Instrument) -> tuple[Body, ...]:
        return self._answer("define")

    def events(self, now_ns: int, accounts: Iterable[str] | None = None) -> tuple[Body, ...]:
        return self._answer("events")

    def decide(self, event: Any, now_ns: int, arrival: Any = None) -> tuple[Body, ...]:
        return self._answer("decide")

    def refuse(self, order: Any, now_ns: int, error: str) -> tuple[Body, ...]:
        return (failed(order, now_ns, error),)

    def digest(self) -> bytes:
        return bytes(8)

    def metrics(self, now_ns: int, accounts: Iterable[str] | None = None) -> Any:
        return self._answer("metrics")

    def apply(self, body: Body) -> None:
        self.applied.append(body)

    def _answer(self, call: str) -> Any:
        answer = self.answers.get(call, ())
        if isinstance(answer, Exception):
            raise answer
        return answer


def processor(engine: BrokenEngine) -> Processor:
    return Processor(engine, 0, Pace(1), lambda event_ns: event_ns, lambda: 0)


def take(engine: BrokenEngine) -> Outcome:
    payload = b'{"type":"timer","command_id":"t","event_time_ns":1}'
    record = SimpleNamespace(topic="risk.commands.v1", partition=0, offset=0, key=b"t", value=payload, timestamp=0)
    return processor(engine).take(Input.COMMANDS, [record])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ValueError("boom"), "the engine failed: ValueError('boom')"),
        ((), "the engine had no answer"),
        ((DayRolled(account_id="acc", day=1, equity=1.0, event_time_ns=-1),), "the engine failed: ValidationError"),
    ],
)
def test_a_failure_becomes_a_dead_letter(answer: Any, reason: str) -> None:
    """An exception, no answer, or one that no reader could decode: the input is skipped, covered and buried, and what
    the market had changed before is journaled and applied all the same."""
    engine = BrokenEngine(events=(DAY,), decide=answer)
    outcome = take(engine)
    assert [record.kind for record in outcome.records] == [Kind.EVENT, Kind.SKIP]
    assert [source.first for source in (record.source for record in outcome.records) if source] == [0]
    assert outcome.letters[0].reason.startswith(reason)
    assert [decode_body(record.payload) for record in outcome.records] == engine.applied
    assert isinstance(engine.applied[-1], Skip)


@pytest.mark.parametrize("failing", ["events", "decide"])
def test_an_order_that_the_engine_fails_on_is_refused(failing: str) -> None:
    """A gateway that waits gets its answer: refused, saying why; the offset is covered, nothing is reserved."""
    engine = BrokenEngine(**{"decide": (), failing: ValueError("boom")})
    payload = encode(World().order(order_id="o1"))
    record = SimpleNamespace(topic="risk.orders.v1", partition=0, offset=0, key=b"acc", value=payload, timestamp=0)
    outcome = processor(engine).take(Input.ORDERS, [record])
    assert outcome.letters == []
    (decision,) = engine.applied
    assert isinstance(decision, Decision)
    assert (decision.order_id, decision.status, decision.reason) == ("o1", "rejected", Reason.DECISION_FAILED)
    assert decision.text == "the risk engine failed on this order: the engine failed: ValueError('boom')"
    assert decision.reservation is None
    assert outcome.records[0].source == Source(Input.ORDERS, 0, 0)


def test_an_order_whose_answer_fits_into_no_record_is_refused() -> None:
    """Nothing of the answer becomes state: it could never be journaled, and the partition would end there."""
    world = World()
    approved = world.judge(world.order(order_id="o1"))
    assert isinstance(approved, Decision)
    prices = {f"S{number}": 1.0 for number in range(100_000)}
    engine = BrokenEngine(decide=(msgspec.structs.replace(approved, book_prices=prices),))
    record = SimpleNamespace(
        topic="risk.orders.v1", partition=0, offset=0, key=b"acc", value=encode(world.order(order_id="o1")), timestamp=0
    )
    outcome = processor(engine).take(Input.ORDERS, [record])
    (decision,) = engine.applied
    assert isinstance(decision, Decision)
    assert (decision.status, decision.reason, decision.reservation) == ("rejected", Reason.DECISION_FAILED, None)
    assert "bytes, expected at most 990000" in decision.text
    assert outcome.records[0].source == Source(Input.ORDERS, 0, 0)


def test_an_answer_that_nobody_could_read_changes_nothing() -> None:
    """Were it journaled, every later fold of the partition would end there."""
    unreadable = DayRolled(account_id="acc", day=1, equity=1.0, event_time_ns=-1)
    engine = BrokenEngine(decide=(DAY, unreadable))
    take(engine)
    assert [type(body) for body in engine.applied] == [Skip]


def test_a_failing_sweep_or_metrics_stop_nobody() -> None:
    """Orders go on being decided, each by its own events; the failure is logged."""
    made = processor(BrokenEngine(events=ValueError("boom"), metrics=ValueError("boom")))
    assert made.sweep() == []
    assert made.metrics("acc") == []
