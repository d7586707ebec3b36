"""Workers, broker, network and database break again and again: every order is decided once, and nothing is lost."""

from __future__ import annotations

import os
import random

import pytest

from streams.faults import POINTS
from tests.kafka import campaign
from tests.kafka.faults import BROKER_OUTAGES_S
from tests.kafka.load import DISORDER, DUPLICATES, POISONOUS
from tests.kafka.rule import INPUTS
from tests.kafka.scene import SETTINGS


async def test_whatever_breaks_an_order_is_decided_once(local_kafka: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Kills, zombies, rebalances, outages of broker, network and database under load: inputs, journal, projections and
    database agree. RISKSTREAM_CAMPAIGN=soak takes hours; RISKSTREAM_CAMPAIGN_SEED repeats a run."""
    seed = int(os.environ.get("RISKSTREAM_CAMPAIGN_SEED") or random.randrange(1_000_000))
    plan = campaign.SOAK if os.environ.get("RISKSTREAM_CAMPAIGN") == "soak" else campaign.CI
    with capsys.disabled():
        print(f"\nfaults of seed {seed}: {plan}", flush=True)
    report = await campaign.run(seed, plan)
    with capsys.disabled():
        print(report, flush=True)
    assert not report.violations, str(report)
    counts = report.counts
    assert {name: counts[name] for name in broken(plan)} == broken(plan)
    outages = {counts[f"broker_stops_of_{seconds}_s"] for seconds in BROKER_OUTAGES_S}
    assert outages == {plan["stop_broker"] // len(BROKER_OUTAGES_S)}
    points = [counts.get(f"at_{point}", 0) for point in POINTS]
    assert max(points) - min(points) <= 1
    shares = {"duplicates": DUPLICATES, "poisoned": POISONOUS}
    for name, share in shares.items():
        assert counts[name] / counts["events"] == pytest.approx(share, rel=0.6), name
    assert counts["disordered"] / counts["times"] == pytest.approx(DISORDER, rel=0.5)
    assert counts["poison"] == counts["poisoned"]
    assert counts["acknowledged_inputs"] == len(INPUTS) * SETTINGS.partitions
    for name in ("void_records", "repeats", "breakers_sent", "alerts_sent", "backtests_sent"):
        assert counts[name] > 0, name
    for topic in ("orders", "fills", "commands", "ticks"):
        assert counts[f"{topic}_duplicated"] > 0, topic


def broken(plan: dict[str, int]) -> dict[str, int]:
    """What the counts of a plan's faults have to be."""
    return {
        "kills": plan["kill"] + plan["kill_at_point"],
        "kills_at_points": plan["kill_at_point"],
        "zombies": plan["zombie"],
        "rebalances": plan["rebalance"],
        "broker_stops": plan["stop_broker"],
        "cuts": plan["cut"],
        "delays": plan["delay"],
        "refusals": plan["refuse"],
        "database_stops": plan["stop_database"],
    }
