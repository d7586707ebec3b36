"""The workers of a campaign: an orchestrator that starts again what ended, and remembers why."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from random import Random

from tests.kafka.probe import health, owned
from tests.kafka.stage import KafkaStage

#: What a worker ends with that found no broker when it started.
UNREACHABLE = 3
#: A worker that ends with one of these lost the broker, and is started over; every other end breaks a promise.
AWAY = (
    "KafkaConnectionError",
    "KafkaTimeoutError",
    "NodeNotReadyError",
    "RequestTimedOutError",
    "CoordinatorNotAvailableError",
    "NotLeaderForPartitionError",
)
#: So much is shown of what a worker wrote that should not have ended.
LOG_MAX = 20_000
Worker = subprocess.Popen[bytes]


class Fleet:
    """Some worker processes."""

    def __init__(self, stage: KafkaStage, random: Random) -> None:
        self._stage, self._random = stage, random
        self.workers: list[Worker] = []
        #: Ends that nobody asked for, for the broker's absence and for anything else.
        self.crashes: list[str] = []
        self.violations: list[str] = []
        self.counts: Counter[str] = Counter()

    def add(self) -> Worker:
        """Start one more."""
        worker = self._stage.start_worker()
        self.workers.append(worker)
        return worker

    def add_faulty(self, fault_at: str) -> Worker:
        """Start one that will stop at a named point, and is not started over."""
        return self._stage.start_worker(fault_at)

    def adopt(self, worker: Worker) -> None:
        """From now on it is one like the others."""
        self.workers.append(worker)

    def fill(self, count: int) -> None:
        """At least so many."""
        while len(self.workers) < count:
            self.add()

    def any(self) -> Worker:
        """One of them."""
        return self._random.choice(self.workers)

    def owned(self, worker: Worker) -> set[int]:
        """The partitions that it says it owns; none while it does not answer."""
        return owned(self._stage.ports[worker])

    def words(self, but: Worker | None = None) -> str:
        """What all of them say of themselves, or all but one; one that does not answer has nothing to say."""
        said = {worker.pid: health(self._stage.ports[worker]) for worker in self.workers if worker is not but}
        return ", ".join(f"{pid} says {word or 'nothing'}" for pid, word in said.items())

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
        log = self._stage.log_of(worker)
        last = [line for line in log.splitlines() if "the worker ended" in line]
        why = f"worker {worker.pid} ended with {worker.returncode}: {last[-1] if last else 'no word of why'}"
        if any(name in why for name in AWAY):
            self.crashes.append(why)
        else:
            self.violations.append(why)
            sys.stderr.write(f"{why}\n{log[-LOG_MAX:]}\n")

    def stop_politely(self, worker: Worker) -> None:
        """SIGTERM, without waiting."""
        self.remove(worker)
        worker.send_signal(signal.SIGTERM)
