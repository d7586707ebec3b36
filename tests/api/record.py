"""Writes ``recorded.jsonl.gz``: the end of the demo's offline run, as the journal and the metrics topic would hold it.

Run ``python -m tests.api.record`` from the project's root when the recording should show something new.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

from riskstream.demo.script import play
from riskstream.offline import Offline
from schemas.base import Event
from schemas.codec import encode
from schemas.decisions import Decision
from schemas.outputs import RiskMetrics, StressResult
from schemas.records import Facts

FILE = Path(__file__).with_name("recorded.jsonl.gz")
SESSIONS, SESSIONS_KEPT = 24, 3
DAY_NS = 86_400_000_000_000
EVENTS_A_SWEEP, EVENTS_A_SWEEP_BEFORE = 40, 160
PLAY_NS = 1_580_515_200_000_000_000  # 2020-02-01


def recording() -> Iterator[tuple[str, Event]]:
    """Topic and event: everything that defines accounts and breakers, decisions of the last days only."""
    outcomes = list(play(sessions=SESSIONS))
    last_ns = max(getattr(event, "event_time_ns", 0) for event, _ in outcomes)
    from_ns = last_ns // DAY_NS * DAY_NS - (SESSIONS_KEPT - 1) * DAY_NS
    offline = Offline()
    for number, (event, bodies) in enumerate(outcomes, 1):
        offline.feed(event)
        recent = offline.market.now_ns >= from_ns
        yield from (("journal", body) for body in bodies if recent or not isinstance(body, Decision | Facts))
        if number % (EVENTS_A_SWEEP if recent else EVENTS_A_SWEEP_BEFORE) == 0 and offline.market.now_ns > PLAY_NS:
            yield from _sweep(offline, RiskMetrics)
    yield from _sweep(offline, RiskMetrics, StressResult)


def _sweep(offline: Offline, *kinds: type[Event]) -> Iterator[tuple[str, Event]]:
    results = offline.engine.metrics(offline.market.now_ns)
    yield from (("metrics", result) for result in results if isinstance(result, kinds))


if __name__ == "__main__":
    with gzip.GzipFile(FILE, "wb", mtime=0) as file:
        for topic, event in recording():
            file.write(b'{"on":"%s","event":%s}\n' % (topic.encode(), encode(event)))
