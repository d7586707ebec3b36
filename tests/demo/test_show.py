"""What the demo says of itself at its end."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from typer.testing import CliRunner

from riskstream.cli import app
from riskstream.demo import script
from riskstream.demo.meter import Meter
from riskstream.demo.show import assumptions, closing, summary, summary_json
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
    for day in (3, 4, 28):
        meter.played(date(2020, 2, day))
    comparison = Comparison(1, 1, 0, 0, 0)
    told = json.loads(summary_json(meter, 5, comparison, complaints(meter, comparison)))
    assert told["rejected"] == {"SYMBOL_UNKNOWN": 1}
    assert (told["orders"], told["decided"], told["approved"], told["p50_ms"]) == (1, 1, 0, 250.0)
    assert (told["database_decisions"], told["journal_decisions"]) == (1, 1)
    assert told["complaints"] == ["none of 1 orders was approved"]
    assert (told["first_day"], told["last_day"]) == ("2020-02-03", "2020-02-28")
    text = summary(meter, 5, comparison)
    assert "1 orders in 5 s, 1 decided" in text
    assert "event time 2020-02-03 to 2020-02-28" in text
    assert "database: 1 decisions, journal: 1, equal" in text


def test_the_opening_names_the_window_of_history() -> None:
    """The days whose bars are published before play begins, first, last and how many."""
    market = script.cast().market
    days = [str(datetime.fromtimestamp(bars[0].event_time_ns // 10**9, UTC).date()) for bars in market.warm_up()]
    first = next(market.sessions()).date
    assert f"models: warmed with {len(days)} trading days, {days[0]} to {days[-1]}; " in assumptions(market.history)
    assert days[-1] < str(first) == "2020-02-03"


def test_what_was_stopped_says_what_it_did() -> None:
    """One line, also where nothing was played yet."""
    meter = Meter()
    assert closing(meter, 2.4) == (
        "stopped after 2 s, event time before the first day: 0 orders, 0 approved, 0 rejected, 0 waiting; "
        "breakers moved 0 times"
    )
    meter.played(date(2020, 2, 3))
    meter.sent("acc", "o", 1.0)
    meter.decided(judged(), 1.25)
    assert "event time 2020-02-03 to 2020-02-03: 1 orders, 0 approved, 1 rejected" in closing(meter, 9.0)


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
