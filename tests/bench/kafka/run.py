"""The stream on a real broker beside its baselines, all in one run: JSON, tables, and the aims.

    python -m tests.bench.kafka.run [--seconds 3] [--repeats 3] [--only rates|paces|takeover|recovery] [--json FILE]

Orders a second of a burst by batch size, order-to-decision latency at a pace (open loop), CPU of system (with its
children), broker and load, takeover and recovery times: docs/speed.md says how. Starts a broker of its own (Java and
Maven) unless ``--bootstrap`` names one. Load, broker and system share the cores: read figures as ratios to ``raw`` of
the same run.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.bench.kafka.aims import ONE_PARTITION, judged, show
from tests.bench.kafka.figures import show_all
from tests.bench.kafka.measures import paces, rates
from tests.bench.kafka.recovery import recoveries, takeovers
from tests.bench.kafka.stand import Stand
from tests.kafka.broker import KafkaBroker

SECTIONS = ("rates", "paces", "takeover", "recovery")


def main() -> None:
    """Run all, print JSON and the table."""
    args = _arguments()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # new topics have no leader at first, and it says so
    began = time.monotonic()
    with ExitStack() as stack:
        if args.bootstrap is None:
            broker = stack.enter_context(KafkaBroker(java_options=""))
            args.bootstrap, args.broker_pid = broker.bootstrap_servers, broker.pid
        results = measured(Stand(args.bootstrap, args.broker_pid), args)
    results["took_s"] = round(time.monotonic() - began)
    text = json.dumps(results, indent=2) + "\n"
    if args.json:
        args.json.write_text(text)
    else:
        sys.stdout.write(text)
    show_all(results)
    show(judged(results))


def measured(stand: Stand, args: argparse.Namespace) -> dict[str, Any]:
    """All sections that are asked for."""
    results: dict[str, Any] = {"cores": os.cpu_count(), "seconds": args.seconds, "repeats": args.repeats}
    wanted = (args.only,) if args.only else SECTIONS
    if "rates" in wanted:
        results["rates"] = all_rates(stand, args)
    if "paces" in wanted:
        results |= all_paces(stand, args)
    if "takeover" in wanted:
        results["takeover"] = takeovers(stand, args.repeats)
    if "recovery" in wanted:
        results["recovery"] = recoveries(stand, args.lengths)
    return results


def all_rates(stand: Stand, args: argparse.Namespace) -> dict[str, Any]:
    """By engine, system and batch size; the full engine at the default size only, Faust has no batches."""
    found: dict[str, Any] = {}
    for engine in args.engines:
        sizes = args.batches if engine == "null" else [500]
        found[engine] = {
            system: {str(size): rates(stand, system, engine, size, args.repeats) for size in sizes}
            for system in ("raw", "riskstream")
        } | {"faust": {"1": rates(stand, "faust", engine, 1, args.repeats)}}
    return found


def all_paces(stand: Stand, args: argparse.Namespace) -> dict[str, Any]:
    """By engine, pace and system; the full engine at the lowest pace only. And the same with one partition.

    A broker that has just started compiles its code during the first minute: a burst warms it up for all alike.
    """
    rates(stand, "raw", "null", 500, 1)
    found = {
        engine: paces(stand, engine, args.paces if engine == "null" else args.paces[:1], args.seconds, args.repeats)
        for engine in args.engines
    }
    alone = [pace for pace in args.paces if str(pace) == ONE_PARTITION] or args.paces[:1]
    return {"paces": found, "one_partition": paces(stand, "null", alone, args.seconds, args.repeats, partitions=1)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap")
    parser.add_argument("--broker-pid", type=int)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each pace")
    parser.add_argument("--repeats", type=int, default=3, help="of each pace, burst and takeover")
    parser.add_argument("--engines", type=lambda text: text.split(","), default=["null", "full"])
    parser.add_argument("--paces", type=_numbers, default=[1000, 5000, 10_000], help="orders a second, rising")
    parser.add_argument("--batches", type=_numbers, default=[1, 25, 100, 500, 2000])
    parser.add_argument("--lengths", type=_numbers, default=[10_000, 100_000, 1_000_000], help="decisions")
    parser.add_argument("--only", choices=SECTIONS)
    parser.add_argument("--json", type=Path, help="instead of printing it")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


if __name__ == "__main__":
    main()
