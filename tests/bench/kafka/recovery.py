"""How long nobody decides: after SIGTERM, after kill -9, and after a restart with a journal of some length.

With two workers on four partitions one is ended under load: the longest wait of an order is the takeover.
With one worker a journal is written, the worker is ended and started again: from process start to its first decision,
with snapshots and without, beside the same with an empty journal.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from typing import Any

import numpy as np

from tests.bench.kafka.load import Answers, Load
from tests.bench.kafka.run import Bench, running

RATE, BEFORE_S, AFTER_S = 200.0, 6.0, 14.0
NEVER = 10**9


def takeover(bench: Bench, how: signal.Signals) -> dict[str, Any]:
    """The longest wait of an order while one of two workers ends."""
    with bench.loaded("riskstream", "null") as (load, first), running("riskstream", "null", bench.settings, bench.log):
        answers: list[Answers] = []
        pace = threading.Thread(target=lambda: answers.append(load.paced(RATE, BEFORE_S + AFTER_S, 30)))
        pace.start()
        time.sleep(BEFORE_S)
        ended = time.perf_counter()
        first.send_signal(how)
        pace.join()
    waited = answers[0].read - answers[0].due
    after = answers[0].due >= ended
    return {
        "longest_wait_s": round(float(np.nanmax(waited[after])), 2),
        "p50_before_ms": round(float(np.nanmedian(waited[~after])) * 1e3, 2),
        "session_timeout_s": bench.settings.session_timeout_ms / 1e3,
        "missing": int(np.isnan(waited).sum()),
    }


def restart(bench: Bench, length: int, snapshots: bool) -> float:
    """Seconds from the start of a worker to its first decision, with so many decisions in the journal."""
    changes = {} if snapshots else {"snapshot_records": NEVER, "snapshot_ms": NEVER}
    with bench.loaded("riskstream", "null", **changes) as (load, first):
        if length:
            load.burst(length, patience_s=60 + length / 2000)
            load.paced(50, bench.settings.snapshot_ms / 1000 + 1 if snapshots and length < 100_000 else 1)
        first.send_signal(signal.SIGTERM)
        first.wait(20)
        return _first_decision_s(bench, load)


def _first_decision_s(bench: Bench, load: Load) -> float:
    answers = load.paced(1, 1.0, patience_s=0)
    assert not answers.decided, "somebody still decides"
    started = time.perf_counter()
    with running("riskstream", "null", bench.settings, bench.log):
        load.until_decided(240)
        return round(time.perf_counter() - started, 2)


def recover(bench: Bench, lengths: list[int]) -> dict[str, Any]:
    """All figures."""
    found: dict[str, Any] = {"SIGTERM": takeover(bench, signal.SIGTERM), "SIGKILL": takeover(bench, signal.SIGKILL)}
    for length in [0, *lengths]:
        found[f"restart, {length} decisions"] = {
            "snapshots_s": restart(bench, length, True),
            "none_s": restart(bench, length, False),
        }
        sys.stderr.write(json.dumps(found) + "\n")
    return found
