"""The measurement of the stream runs from its start to its table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SMALL = "--seconds 1 --repeats 1 --engines null --paces 200 --batches 500 --lengths 500"


def test_a_small_run_measures_everything(local_kafka: None, tmp_path: Path) -> None:
    """All systems decide all orders at small rates, workers are ended and started again, each aim that the run says
    something about has its row; CPU of system, broker and load is told apart."""
    path = tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.bench.kafka.run", *SMALL.split(), "--json", str(path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr[-4000:]
    figures = json.loads(path.read_text())
    rates = {system: sizes.popitem()[1] for system, sizes in figures["rates"]["null"].items()}
    assert rates.keys() == {"raw", "riskstream", "faust"}
    for section in (rates, figures["paces"]["null"]["200"], figures["one_partition"]["200"]):
        for each in section.values():
            assert each["missing"] == 0
            assert all(spent > 0 for spent in each["cpu_us"].values())
    assert figures["takeover"]["SIGTERM"]["max_s"] > 0
    assert figures["takeover"]["SIGKILL"]["max_s"] > figures["takeover"]["session_timeout_s"] / 2
    assert {name: seconds > 0 for name, seconds in figures["recovery"]["500"].items()} == {
        "snapshots_s": True,
        "none_s": True,
    }
    rows = [line for line in ran.stdout.splitlines() if line.rstrip().endswith(("held", "missed"))]
    assert len(rows) == 5
