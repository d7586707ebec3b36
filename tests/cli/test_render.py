"""A decision on a terminal, and the same times in its text."""

from __future__ import annotations

import msgspec
import pytest
from rich.console import Console, RenderableType

from riskstream.cli.explain import _print
from riskstream.cli.render import check_table, headline, layer_table
from riskstream.evidence import Evidence
from schemas.decisions import Check, Decision, LayerResult, Status, Verdict
from schemas.reasons import Reason
from tests.api.world import decisions
from tests.risk.world import World

FEED = Check(name="feed_age", measure=1_225_000_000.0, limit=5_000_000_000.0, unit="ns", headroom=0.755)
ORDER_VALUE = Check(name="order_value", measure=250_125.0, limit=1_000_000.0, unit="money", headroom=0.749875)


def rendered(what: RenderableType) -> str:
    """As it is printed where there is room."""
    console = Console(width=200)
    with console.capture() as captured:
        console.print(what)
    return captured.get()


def decided(status: Status) -> Decision:
    """A recorded decision, its first layer bound by the age of the feed."""
    found = next(each for each in decisions() if each.status is status and not each.repeat and not each.reducing)
    layer = LayerResult(
        layer=1,
        name="order_controls",
        measure=FEED.measure,
        limit=FEED.limit,
        unit="ns",
        headroom=FEED.headroom,
        input_age_ns=86_401_000_000_000,
        checks=(FEED, ORDER_VALUE),
    )
    return msgspec.structs.replace(found, layers=(layer,))


def test_ages_are_read_as_times() -> None:
    """A check in ns is printed in ms, seconds or days; others keep figures and unit."""
    decision = decided(Status.APPROVED)
    layers, checks = rendered(layer_table(decision)).splitlines()[1:], rendered(check_table(decision)).splitlines()[1:]
    assert layers[0].split() == ["1", "order_controls", "1.225", "s", "5", "s", "0.755", "1.00001", "d", "pass"]
    assert checks[0].split() == ["1", "feed_age", "1.225", "s", "5", "s", "0.755", "pass"]
    assert checks[1].split() == ["1", "order_value", "250,125", "1,000,000", "money", "0.7499", "pass"]


def test_an_unknown_age_is_nothing() -> None:
    """A check without a measure has an empty cell."""
    unknown = LayerResult(layer=9, name="black_swan", unit="ns", verdict=Verdict.UNAVAILABLE, reason=Reason.VIX_STALE)
    decision = msgspec.structs.replace(decided(Status.REJECTED), layers=(unknown,))
    assert rendered(layer_table(decision)).splitlines()[1].split() == ["9", "black_swan", "unavailable", "VIX_STALE"]


def test_the_headline_says_the_verdict_once() -> None:
    """An approval has no reason to name, a rejection has."""
    approved, rejected = decided(Status.APPROVED), decided(Status.REJECTED)
    assert str(headline(approved)).count("APPROVED") == 1
    assert str(headline(approved)).startswith(f"APPROVED {approved.order_id}  ")
    assert str(headline(rejected)).endswith(f"  {rejected.reason.value}")


@pytest.mark.parametrize("flag", ["dry_run", "repeat", "reducing"])
def test_the_headline_names_what_is_special(flag: str) -> None:
    """An order that was only asked about, asked again, or reduces is marked so."""
    assert str(headline(msgspec.structs.replace(decided(Status.APPROVED), **{flag: True}))).split()[-1] == flag


def test_text_says_ages_as_times() -> None:
    """The sentence of a refusal by an age has times a person reads, and so has that of a repeat."""
    world = World()
    world.now_ns += 6_000_000_000
    order = world.order()
    assert world.judge(order).text.endswith(": feed_age 6 s against 5 s")
    assert world.judge(order).text == "decided at 2017-05-14 00:00:07.000000+00:00"


def test_reports_of_the_venue_have_times(capsys: pytest.CaptureFixture[str]) -> None:
    """``explain`` says when a fill came as a time, not as a count of ns."""
    _print(Evidence(order_id="o", source="journal", reports=[{"fill_id": "f", "event_time_ns": 1_500_000_000}]))
    assert capsys.readouterr().out.splitlines()[-1] == "fill_id f  at 1970-01-01 00:00:01.500000+00:00"
