"""The workers of a campaign: an orchestrator that starts again what ended, and remembers why."""

from __future__ import annotations

import signal
import subprocess
from collections import Counter
from random import Random

from tests.kafka.stage import KafkaStage

#: A worker that ends with one of these says that the rule was broken; any other end is started over.
BROKEN = (
    "InputHole",
    "JournalBroken",
    "JournalStartsLate",
    "DigestMismatch",
    "NotTogether",
    "UnknownRecord",
    "PartitionsChanged",
    "JournalGap",
    "AssertionError",
)
#: What a worker ends with that found no broker when it started.
UNREACHABLE = 3
Worker = subprocess.Popen[bytes]


class Fleet:
    """Between one and four worker processes."""

    def __init__(self, stage: KafkaStage, random: Random) -> None:
        self._stage, self._random = stage, random
        self.workers: list[Worker] = []
        #: Ends that nobody asked for.
        self.crashes: list[str] = []
        self.violations: list[str] = []
        self.counts: Counter[str] = Counter()

    def add(self, fault_at: str = "") -> Worker:
        """Start one more; with ``fault_at``, one that will end by itself, and is not started over."""
        worker = self._stage.start_worker(fault_at)
        if not fault_at:
            self.workers.append(worker)
        return worker

    def fill(self, count: int) -> None:
        """At least so many."""
        while len(self.workers) < count:
            self.add()

    def any(self) -> Worker:
        """One of them."""
        return self._random.choice(self.workers)

    def remove(self, worker: Worker) -> None:
        """It is about to end, and shall not be started over."""
        self.workers.remove(worker)

    def kill(self, worker: Worker) -> None:
        """SIGKILL."""
        self.remove(worker)
        worker.kill()
        worker.wait()

    def tend(self) -> None:
        """Start over what ended by itself."""
        for worker in [worker for worker in self.workers if worker.poll() is not None]:
            self.remove(worker)
            self.note_end(worker)
            self.add()

    def note_end(self, worker: Worker) -> None:
        """Remember an end that nobody asked for."""
        if worker.returncode == UNREACHABLE:
            self.counts["starts_without_broker"] += 1
            return
        last = [line for line in self._stage.log_of(worker).splitlines() if "the worker ended" in line]
        why = f"worker {worker.pid} ended with {worker.returncode}: {last[-1] if last else 'no word of why'}"
        self.crashes.append(why)
        if any(name in why for name in BROKEN):
            self.violations.append(why)

    def stop_politely(self, worker: Worker) -> None:
        """SIGTERM, without waiting."""
        self.remove(worker)
        worker.send_signal(signal.SIGTERM)
