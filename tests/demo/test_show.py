"""What the demo says of itself at its end."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from riskstream.cli import app
from riskstream.demo.meter import Meter
from riskstream.demo.show import summary, summary_json
from riskstream.demo.verdict import Comparison, complaints
from schemas.decisions import Decision
from tests.risk.world import World


def judged() -> Decision:
    world = World()
    return world.judge(world.order("ZZZ", order_id="o"))


def test_both_forms_say_the_same() -> None:
    """The verdict as text and as JSON: orders, decisions, reasons, latency, the database beside the journal."""
    meter, decision = Meter(), judged()
    meter.sent("acc", "o", 1.0)
    meter.decided(decision, 1.25)
    comparison = Comparison(1, 1, 0, 0, 0)
    told = json.loads(summary_json(meter, 5, comparison, complaints(meter, comparison)))
    assert told["rejected"] == {"SYMBOL_UNKNOWN": 1}
    assert (told["orders"], told["decided"], told["approved"], told["p50_ms"]) == (1, 1, 0, 250.0)
    assert (told["database_decisions"], told["journal_decisions"], told["complaints"]) == (1, 1, [])
    text = summary(meter, 5, comparison)
    assert "1 orders in 5 s, 1 decided" in text
    assert "database: 1 decisions, journal: 1, equal" in text


def test_a_missing_decision_is_a_complaint() -> None:
    """An order without a decision, and a run without any, are both named."""
    meter = Meter()
    meter.sent("acc", "o", 1.0)
    told = json.loads(summary_json(meter, 5, None, complaints(meter, None)))
    assert told["complaints"] == ["no order was decided", "1 orders have no decision, such as ('acc', 'o')"]
    assert told["p50_ms"] is None


def test_json_needs_an_end() -> None:
    """A run until Ctrl-C has no verdict to print."""
    result = CliRunner().invoke(app, ["demo", "--json"])
    assert result.exit_code == 2
    assert "--seconds" in result.output
