"""An engine that fails: the order gets no decision, which is no approval; state and journal stay one."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from schemas.codec import decode_body
from schemas.records import Body, DayRolled, Skip
from schemas.reference import Account, Instrument
from streams.journal import Input, Kind
from streams.processor import Outcome, Processor

DAY = DayRolled(account_id="acc", day=1, equity=1.0, event_time_ns=1)


class BrokenEngine:
    """Fails, or answers badly, where a test says so; remembers what became state."""

    def __init__(self, **answers: Any) -> None:
        self.answers, self.state = answers, list[Body]()

    def define(self, reference: Account | Instrument) -> tuple[Body, ...]:
        return self._answer("define")

    def events(self, now_ns: int, accounts: Iterable[str] | None = None) -> tuple[Body, ...]:
        return self._answer("events")

    def decide(self, event: Any, now_ns: int, wrong_partition: bool = False) -> tuple[Body, ...]:
        return self._answer("decide")

    def metrics(self, now_ns: int) -> Any:
        return self._answer("metrics")

    def apply(self, body: Body) -> None:
        self.state.append(body)

    def _answer(self, call: str) -> Any:
        answer = self.answers.get(call, ())
        if isinstance(answer, Exception):
            raise answer
        return answer


def take(engine: BrokenEngine) -> Outcome:
    payload = b'{"type":"timer","command_id":"t","event_time_ns":1}'
    record = SimpleNamespace(topic="risk.commands.v1", partition=0, offset=0, key=b"t", value=payload)
    return Processor(engine, 0, 1, lambda event_ns: event_ns).take(Input.COMMANDS, [record])


@pytest.mark.parametrize(("answer", "reason"), [
    (ValueError("boom"), "the engine failed: ValueError('boom')"),
    ((), "the engine had no answer"),
    ((DayRolled(account_id="acc", day=1, equity=1.0, event_time_ns=-1),), "the engine failed: ValidationError"),
])
def test_a_failure_becomes_a_dead_letter(answer: Any, reason: str) -> None:
    """An exception, no answer, or one that no reader could decode: the input is skipped, covered and buried, and what
    the market had changed before is journaled and applied all the same."""
    engine = BrokenEngine(events=(DAY,), decide=answer)
    outcome = take(engine)
    assert [record.kind for record in outcome.records] == [Kind.EVENT, Kind.SKIP]
    assert [source.first for source in (record.source for record in outcome.records) if source] == [0]
    assert outcome.letters[0].reason.startswith(reason)
    assert [decode_body(record.payload) for record in outcome.records] == engine.state
    assert isinstance(engine.state[-1], Skip)


def test_an_answer_that_nobody_could_read_changes_nothing() -> None:
    """Were it journaled, every later fold of the partition would end there."""
    unreadable = DayRolled(account_id="acc", day=1, equity=1.0, event_time_ns=-1)
    engine = BrokenEngine(decide=(DAY, unreadable))
    take(engine)
    assert [type(body) for body in engine.state] == [Skip]


def test_a_failing_sweep_or_metrics_stop_nobody() -> None:
    """Orders go on being decided, each by its own events; the failure is logged."""
    processor = Processor(BrokenEngine(events=ValueError("boom"), metrics=ValueError("boom")), 0, 1, lambda ns: ns)
    assert processor.sweep() == []
    assert processor.metrics() == []
