"""The stream on a real broker beside its baselines, all in one run.

    python -m tests.bench.kafka.run [--seconds 5] [--engines null,full] [--only paces|rates|recovery]

Prints JSON: orders a second of a burst by batch size, order-to-decision latency at a pace (open loop), CPU seconds of
system and broker, takeover and recovery times. Starts a broker of its own (Java and Maven) unless ``--bootstrap`` names
one. Load, broker and system share the cores: read figures as ratios to ``raw`` of the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from riskstream.settings import Settings, environment
from streams.producer import EventProducer
from streams.settings import Clock, StreamSettings
from streams.topics import create_topics
from tests.bench.kafka.engines import PARTITIONS, accounts, instruments
from tests.bench.kafka.load import Load
from tests.kafka.broker import KafkaBroker

ROOT = Path(__file__).parents[3]
PACES = (1000, 5000, 10_000)
BURSTS = {"null": 40_000, "full": 8000, "faust": 8000}
BATCHES = (25, 500)


@contextmanager
def running(system: str, engine: str, settings: StreamSettings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One system as a process."""
    env = os.environ | environment(Settings(stream=settings))
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.kafka.systems", system, engine],
            env=env,
            stdout=out,
            stderr=out,
            cwd=ROOT,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Bench:
    """Runs against one broker; each run has topics of its own."""

    def __init__(self, bootstrap_servers: str, broker_pid: int | None, seconds: float) -> None:
        self._bootstrap, self._broker, self._seconds = bootstrap_servers, broker_pid, seconds
        self._runs = 0
        #: Of the latest run.
        self.settings = StreamSettings()
        self.log = Path(tempfile.mkdtemp(prefix="riskstream-bench-")) / "systems.log"

    @contextmanager
    def loaded(self, system: str, engine: str, **changes: Any) -> Iterator[tuple[Load, subprocess.Popen[bytes]]]:
        """A system that has decided its first order, and the load for it."""
        self._runs += 1
        settings = self.settings = msgspec.structs.replace(
            StreamSettings(
                bootstrap_servers=self._bootstrap,
                prefix=f"bench{os.getpid()}-{self._runs}",
                clock=Clock.EVENT,
                application=f"bench{os.getpid()}-{self._runs}",
                partitions=PARTITIONS,
                latency_budget_ms=0,
            ),
            **changes,
        )
        asyncio.run(_prepare(settings))
        with ExitStack() as stack:
            process = stack.enter_context(running(system, engine, settings, self.log))
            load = stack.enter_context(Load(settings))
            try:
                load.until_decided()
            except TimeoutError:
                sys.stderr.write(self.log.read_text()[-4000:])
                raise
            load.paced(500, 1.0)
            yield load, process

    def rate(self, system: str, engine: str, batch: int) -> dict[str, Any]:
        """A burst: orders a second, and what of the CPU it took."""
        count = BURSTS["faust" if system == "faust" else engine]
        with self.loaded(system, engine, batch_max=batch) as (load, process):
            before = self._cpu(process)
            answers = load.burst(count)
            return {"orders_per_s": round(answers.rate), "decided": answers.decided, **self._spent(process, before)}

    def paces(self, system: str, engine: str, rates: tuple[int, ...], **changes: Any) -> dict[str, Any]:
        """Open loop at each rate; a system that falls behind by much is not asked for more."""
        found: dict[str, Any] = {}
        with self.loaded(system, engine, **changes) as (load, process):
            for rate in rates:
                before = self._cpu(process)
                answers = load.paced(rate, self._seconds)
                missing = int(rate * self._seconds) - answers.decided
                found[f"{rate}/s"] = answers.percentiles_ms | {"missing": missing, **self._spent(process, before)}
                if missing or answers.percentiles_ms["p50"] > 1000:
                    break
        return found

    def _cpu(self, process: subprocess.Popen[bytes]) -> tuple[float, float]:
        return cpu_seconds(process.pid), cpu_seconds(self._broker) if self._broker else 0.0

    def _spent(self, process: subprocess.Popen[bytes], before: tuple[float, float]) -> dict[str, float]:
        after = self._cpu(process)
        return {"cpu_system_s": round(after[0] - before[0], 2), "cpu_broker_s": round(after[1] - before[1], 2)}


async def _prepare(settings: StreamSettings) -> None:
    await create_topics(settings)
    async with EventProducer(settings) as producer:
        for reference in [*instruments(), *accounts()]:
            await producer.send(reference)


def main() -> None:
    """Run all, print JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap")
    parser.add_argument("--broker-pid", type=int)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--engines", default="null,full")
    parser.add_argument("--systems", default="faust,raw,riskstream")
    parser.add_argument("--lengths", default="10000,100000,1000000", help="journals to recover from, in decisions")
    parser.add_argument("--only", choices=("rates", "paces", "recovery"))
    args = parser.parse_args()
    with ExitStack() as stack:
        if args.bootstrap is None:
            broker = stack.enter_context(KafkaBroker(java_options=""))
            args.bootstrap, args.broker_pid = broker.bootstrap_servers, broker.pid
        bench = Bench(args.bootstrap, args.broker_pid, args.seconds)
        results: dict[str, Any] = {"cores": os.cpu_count()}
        if args.only != "recovery":
            results |= measure(bench, args.engines.split(","), args.systems.split(","), args.only)
        if args.only in (None, "recovery"):
            from tests.bench.kafka.recovery import recover

            results |= recover(bench, [int(each) for each in args.lengths.split(",")])
    sys.stdout.write(json.dumps(results, indent=2) + "\n")


def measure(bench: Bench, engines: list[str], systems: list[str], only: str | None) -> dict[str, Any]:
    """Bursts and paces of each system with each engine."""
    results: dict[str, Any] = {}
    for engine, system in itertools.product(engines, systems):
        name = f"{system}, {engine} engine"
        if only != "paces":
            for batch in BATCHES if system != "faust" else BATCHES[:1]:
                results[f"{name}, burst, batches of {batch}"] = bench.rate(system, engine, batch)
        if only != "rates":
            results[name] = bench.paces(system, engine, PACES)
        sys.stderr.write(f"{name}: {json.dumps({k: v for k, v in results.items() if k.startswith(name)})}\n")
    return results


if __name__ == "__main__":
    main()
