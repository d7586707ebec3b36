"""How long nobody decides: after SIGTERM, after kill -9, and after a restart with a journal of some length."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from tests.bench.kafka.load import Answers, Load
from tests.bench.kafka.stand import Stand, System, end
from tests.kafka.probe import owned
from tests.waiting import wait_until

RATE, BEFORE_S, AFTER_S = 200.0, 1.0, 2.0
PATIENCE_S, SHARE_TIMEOUT_S = 30.0, 60.0
#: So that the newest snapshot lies a little before the journal's end, whatever its length.
SNAPSHOT_MS = 5000
#: As long as a topic's retention allows.
SELDOM_MS, NEVER_RECORDS = 20_000_000, 10**9


def takeovers(stand: Stand, repeats: int) -> dict[str, Any]:
    """The longest wait of an order while one of two workers that share the partitions ends; then another one joins."""
    waits: dict[str, list[float]] = {signal.SIGTERM.name: [], signal.SIGKILL.name: []}
    with stand.loaded("riskstream", "null") as (load, first), ExitStack() as stack:
        workers = [first]
        for name in [*waits] * repeats:
            workers.append(stack.enter_context(stand.running("riskstream", "null")))
            wait_until(partial(_share, stand, workers), SHARE_TIMEOUT_S, "two workers that share the partitions")
            waits[name].append(_longest_wait_s(load, workers.pop(0), signal.Signals[name]))
            sys.stderr.write(f"takeover after {name}: {waits[name][-1]} s\n")
    found: dict[str, Any] = {
        name: {"median_s": median(each), "max_s": max(each), "each_s": each} for name, each in waits.items()
    }
    return found | {"session_timeout_s": stand.settings.session_timeout_ms / 1e3}


def _share(stand: Stand, workers: Sequence[System]) -> bool:
    """Whether each owns some of the partitions, and all of them together all."""
    shares = [owned(each.web_port) for each in workers]
    return all(shares) and set.union(*shares) == set(range(stand.settings.partitions))


def _longest_wait_s(load: Load, ended: System, how: signal.Signals) -> float:
    answers: list[Answers] = []
    pace = threading.Thread(target=lambda: answers.append(load.paced(RATE, BEFORE_S + AFTER_S, PATIENCE_S)))
    pace.start()
    time.sleep(BEFORE_S)
    assert owned(ended.web_port), "the worker that is to end has no partition"
    at = time.perf_counter()
    ended.process.send_signal(how)
    pace.join()
    (found,) = answers
    assert not found.missing, f"{found.missing} orders were never decided"
    return round(float(np.max((found.read - found.due)[found.read > at])), 2)


def restart_s(stand: Stand, length: int, snapshots: bool) -> float:
    """Seconds from the start of a worker's process to its first decision, with so many decisions in the journal."""
    often, seldom = {"snapshot_ms": SNAPSHOT_MS}, {"snapshot_records": NEVER_RECORDS, "snapshot_ms": SELDOM_MS}
    with stand.loaded("riskstream", "null", **(often if snapshots else seldom)) as (load, first):
        if length:
            load.burst(length, PATIENCE_S + length / 1000)
        load.paced(50, SNAPSHOT_MS / 1000 + 1 if snapshots else 1)
        end(first.process)
        waiting = load.put(1)
        assert load.answers(waiting, 1.0).missing, "somebody still decides"
        started = time.perf_counter()
        with stand.running("riskstream", "null"):
            answers = load.answers(waiting, 10 * PATIENCE_S)
    return round(float(answers.read[0]) - started, 2)


def recoveries(stand: Stand, lengths: list[int]) -> dict[str, Any]:
    """By length of the journal, with snapshots and without."""
    found: dict[str, Any] = {}
    for length in lengths:
        found[str(length)] = {
            "snapshots_s": restart_s(stand, length, snapshots=True),
            "none_s": restart_s(stand, length, snapshots=False),
        }
        sys.stderr.write(f"restart after {length} decisions: {found[str(length)]}\n")
    return found
