"""What goes wrong, how often, and how long it takes: everything is drawn from one seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping

#: Chance of each fault, where it can happen. Each seed has its own mix: some kinds never, some often.
RATES = {
    # at each step of input or output of a worker
    "crash": 0.008,
    "pause": 0.008,
    # at each batch on its way into the journal
    "append_refused": 0.01,
    "append_unsure": 0.01,
    "append_dropped": 0.02,
    "append_delayed": 0.05,
    "append_split": 0.03,
    "append_twice": 0.06,
    "append_blocks": 0.01,
    "ack_lost": 0.02,
    "ack_failed": 0.02,
    "ack_nameless": 0.02,
    # at each read
    "end_stale": 0.2,
    "read_failed": 0.01,
    "read_parts": 0.5,
    "snapshots_slow": 0.3,
    "read_slow": 0.02,
    # at each input
    "engine_fails": 0.01,
    "events_fail": 0.002,
    # at each write beside the journal
    "snapshot_late": 0.1,
    "snapshot_failed": 0.12,
    "bury_failed": 0.1,
    "publish_failed": 0.06,
    "flush_failed": 0.03,
    "flush_unsure": 0.03,
    # of the group
    "reassign": 0.04,
    "rewind": 0.03,
    "commit_lost": 0.2,
    "zombie_commits": 0.5,
    "older": 0.2,
    "committed_lost": 0.1,
    "committed_beyond": 0.1,
    "gap": 0.004,
    "retention": 0.3,
}
MIX = (0.0, 0.3, 1.0, 1.0, 3.0)


class Chaos:
    """A dice for each kind of fault; once calm, nothing goes wrong any more."""

    def __init__(self, seed: int, rates: Mapping[str, float] = RATES) -> None:
        self.random = random.Random(seed)
        self.calm = False
        self.counts: Counter[str] = Counter()
        self._rates = {kind: rate * self.random.choice(MIX) for kind, rate in rates.items()}

    def happens(self, kind: str) -> bool:
        """Whether this fault happens here."""
        if self.calm or self.random.random() >= self._rates[kind]:
            return False
        self.counts[kind] += 1
        return True

    def at_step(self, number: int) -> str | None:
        """What happens to a worker at its I/O step: ``crash``, ``pause`` or nothing."""
        return next((kind for kind in ("crash", "pause") if self.happens(kind)), None)

    def latency_s(self) -> float:
        """Of one hop: often none, mostly some milliseconds."""
        return 0.0 if self.random.random() < 0.4 else self.random.uniform(0.0, 0.02)

    def between_s(self, low: float, high: float) -> float:
        """A time between two."""
        return self.random.uniform(low, high)


class Script(Chaos):
    """Nothing goes wrong but what is named: at a step of the workers, counted from 1, a crash or a pause."""

    def __init__(self, seed: int, at: Mapping[int, str]) -> None:
        super().__init__(seed, dict.fromkeys(RATES, 0.0))
        self._at = at

    def happens(self, kind: str) -> bool:
        """Never."""
        return False

    def at_step(self, number: int) -> str | None:
        """As written."""
        kind = None if self.calm else self._at.get(number)
        if kind is not None:
            self.counts[kind] += 1
        return kind
