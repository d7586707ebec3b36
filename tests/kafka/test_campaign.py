"""Workers, broker, network and database break again and again: every order is decided once, and nothing is lost."""

from __future__ import annotations

import os
import random

import pytest

from tests.kafka import campaign


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
    assert report.violations == []
    broken = {name: report.counts[f"{name}s"] for name in ("kill", "zombie", "rebalance")}
    assert broken == {
        "kill": plan["kill"] + plan["kill_at_point"],
        "zombie": plan["zombie"],
        "rebalance": plan["rebalance"],
    }
