"""What is too slow for an order: measures of the whole market, computed beside the decisions and kept with their time.

A :class:`Measure` says when it is due and hands out a :class:`Job`; a driver runs the job, at once (:class:`Inline`) or
in another process (``streams/background.py``), and the measure puts the result into the market. A job that fails is
counted, reported and tried again later; what it would have renewed grows old until a layer refuses it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

from risk.market import MarketState

BACK_OFF_NS = 1_000_000_000
BACK_OFF_MAX_NS = 600 * BACK_OFF_NS


class Job(NamedTuple):
    """A function of a module and plain arrays and numbers, so that it can be sent to another process."""

    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]

    def run(self) -> Any:
        """What the function gives."""
        return self.function(*self.arguments)


class Notice(NamedTuple):
    """Something a person should know of a measure; becomes an alert."""

    name: str
    text: str


class Measure(Protocol):
    """A measure of the whole market; it knows nothing of accounts."""

    @property
    def name(self) -> str:
        """What it is called in counts and notices."""

    def due(self, market: MarketState, now_ns: int) -> Job | None:
        """The work to be done now, if there is any; the inputs are copied into the job."""

    def accept(self, market: MarketState, result: Any, now_ns: int) -> list[Notice]:
        """Put the result of the last job that was handed out into the market. :raises ValueError: it is of no use."""


class Turn(NamedTuple):
    """A job, and whose it is."""

    measure: Measure
    job: Job


class Schedule:
    """Whose turn it is. One job at a time, in turns; after a failure a measure waits 1 s, 2 s, 4 s, at most 10 minutes.

    ``counts`` has what ended by name: ``"<measure>"`` and ``"<measure> failed"``; ``times_ns`` when the newest result
    was asked for. ``clock_ns`` of the methods is that of the back-off; ``now_ns`` that of the market.
    """

    def __init__(self, measures: Iterable[Measure], market: MarketState) -> None:
        self._market = market
        self.measures = list(measures)
        self._failures: Counter[str] = Counter()
        self._not_before_ns: dict[str, int] = {}
        self._asked_ns: dict[str, int] = {}
        self.times_ns: dict[str, int] = {}
        self.counts: Counter[str] = Counter()

    def next(self, now_ns: int, clock_ns: int) -> tuple[Turn | None, list[Notice]]:
        """The next measure that is due with its job, if there is one; and what went wrong in asking."""
        notices: list[Notice] = []
        for measure in tuple(self.measures):
            job, wrong = self.ask(measure, now_ns, clock_ns)
            notices += wrong
            if job is not None:
                self.measures.remove(measure)
                self.measures.append(measure)
                return Turn(measure, job), notices
        return None, notices

    def ask(self, measure: Measure, now_ns: int, clock_ns: int) -> tuple[Job | None, list[Notice]]:
        """The measure's job if it is due and has not to wait; and what went wrong in asking."""
        if clock_ns < self._not_before_ns.get(measure.name, clock_ns):
            return None, []
        try:
            job = measure.due(self._market, now_ns)
        except Exception as error:  # noqa: BLE001 - a measure never ends what it serves
            return None, self.failed(measure, error, clock_ns)
        self._asked_ns[measure.name] = now_ns
        return job, []

    def done(self, measure: Measure, result: Any, now_ns: int, clock_ns: int) -> list[Notice]:
        """Hand the result over."""
        try:
            notices = measure.accept(self._market, result, now_ns)
        except Exception as error:  # noqa: BLE001
            return self.failed(measure, error, clock_ns)
        self.counts[measure.name] += 1
        self.times_ns[measure.name] = self._asked_ns[measure.name]
        del self._failures[measure.name]
        return notices

    def failed(self, measure: Measure, error: BaseException, clock_ns: int) -> list[Notice]:
        """The job gave no result: wait, longer each time."""
        name, failures = measure.name, self._failures[measure.name]
        self._failures[name] += 1
        self.counts[f"{name} failed"] += 1
        wait_ns = min(BACK_OFF_MAX_NS, BACK_OFF_NS << min(failures, 32))
        self._not_before_ns[name] = clock_ns + wait_ns
        return [Notice(name, f"{name} failed, next try in {wait_ns // BACK_OFF_NS} s: {type(error).__name__}: {error}")]


class Inline:
    """Runs what is due at once, by event time: the same inputs, the same results."""

    def __init__(self, measures: Iterable[Measure], market: MarketState) -> None:
        self.schedule = Schedule(measures, market)

    def run(self, now_ns: int) -> list[Notice]:
        """Each measure at most once."""
        notices: list[Notice] = []
        for measure in self.schedule.measures:
            job, wrong = self.schedule.ask(measure, now_ns, now_ns)
            notices += wrong if job is None else self._finish(Turn(measure, job), now_ns)
        return notices

    def _finish(self, turn: Turn, now_ns: int) -> list[Notice]:
        try:
            result = turn.job.run()
        except Exception as error:  # noqa: BLE001
            return self.schedule.failed(turn.measure, error, now_ns)
        return self.schedule.done(turn.measure, result, now_ns, now_ns)
