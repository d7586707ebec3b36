"""The read model, event by event."""

from __future__ import annotations

import msgspec

from api.breakers import Breakers, KillSwitches
from api.dashboard import dashboard, summary
from api.feed import ReadModel
from api.settings import ApiSettings
from api.views import HealthState
from schemas.codec import decode_body
from schemas.commands import BreakerKind, BreakerLevel, Kill, Scope, Unkill
from schemas.decisions import Decision, Status
from schemas.outputs import Alert, RiskMetrics, Severity
from schemas.records import AccountDefined, BreakerMoved
from tests.api.world import NOW_MS, decisions, entry, feed, full_model, journal, recorded


def test_counts_equal_those_of_the_journal() -> None:
    """Approved, rejected, checks and repeats add up to the decisions read, each counted once."""
    tally = full_model().tally
    counted = [each for each in decisions() if not each.repeat and not each.dry_run]
    assert tally.approved == sum(each.status is Status.APPROVED for each in counted) > 0
    assert tally.rejected == sum(each.status is Status.REJECTED for each in counted) > 0
    assert tally.checks > 0
    assert tally.repeats > 0
    assert tally.approved + tally.rejected + tally.checks + tally.repeats == len(decisions())


def test_rejections_by_reason_are_sorted_and_complete() -> None:
    """The reasons come with the most frequent first and sum up to all rejections."""
    tally = full_model().tally
    counts = [each.count for each in tally.refusals()]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == tally.rejected


def test_latest_metrics_win() -> None:
    """Of each account the last recorded metrics are shown."""
    last = {event.account_id: event for _, event in recorded() if isinstance(event, RiskMetrics)}
    assert full_model().metrics == last


def test_memory_is_bounded() -> None:
    """Whatever the number of decisions, metrics and messages, no more than the settings allow is kept."""
    model = full_model(recent=20, history=16, window=10)
    feed(model, recorded(), first_seq=10_000)
    assert len(model.recent.lines(1000)) == 20
    assert max(len(history.points().time_ns) for history in model.histories.values()) <= 16
    assert len(model.window.after(model.window.last - 10) or []) == 10
    assert model.window.after(model.window.last - 11) is None


def test_an_order_that_memory_let_go_is_not_found() -> None:
    """Only the last decisions are found by their order id, and those with the journaled evidence."""
    model = full_model(recent=20)
    assert model.recent.find(decisions()[0].order_id) is None
    newest = decisions()[-1]
    assert model.recent.find(newest.order_id) == newest
    assert model.recent.find(newest.order_id, "somebody else") is None


def test_a_decision_is_found_before_its_repeat() -> None:
    """The same answer given again hides neither the evidence nor its layers."""
    model = ReadModel(ApiSettings())
    first = decisions()[-1]
    again = msgspec.structs.replace(first, repeat=True, layers=())
    model.journal([entry(first, 0), entry(again, 1)], NOW_MS)
    assert model.recent.find(first.order_id) == first


def test_breakers_follow_the_journal() -> None:
    """The level shown of a breaker is that of its last move."""
    moves = [body for body in journal() if isinstance(body, BreakerMoved)]
    last = {(move.account_id, move.breaker): move.level_to for move in moves}
    shown = {(state.account_id, state.breaker): state.level for state in full_model().breakers.states()}
    assert {key: shown[key] for key in last} == last


def moved(level: BreakerLevel, time_ns: int) -> BreakerMoved:
    """A move of the daily loss breaker of ``a``."""
    return BreakerMoved(
        account_id="a",
        breaker=BreakerKind.DAILY_LOSS,
        level_from=BreakerLevel.NORMAL,
        level_to=level,
        trigger="loss",
        measure=0.1,
        limit=0.08,
        equity=1.0,
        event_time_ns=time_ns,
    )


def test_old_news_of_a_breaker_changes_nothing() -> None:
    """A move that is known, or older than the known one, is ignored."""
    breakers = Breakers()
    assert breakers.moved(moved(BreakerLevel.HALTED, 5)) is not None
    assert breakers.moved(moved(BreakerLevel.HALTED, 5)) is None
    assert breakers.moved(moved(BreakerLevel.WARNING, 4)) is None
    assert breakers.worst() is BreakerLevel.HALTED


def test_kill_switches_are_on_until_they_are_taken_back() -> None:
    """Copies of a command count once, and an unkill of the same scope ends it."""
    kill = Kill(command_id="1", scope=Scope.DESK, scope_id="d", author="me", event_time_ns=1)
    unkill = Unkill(command_id="2", scope=Scope.DESK, scope_id="d", author="me", event_time_ns=2)
    switches = KillSwitches()
    assert switches.take([kill])
    assert not switches.take([kill])
    assert [switch.scope_id for switch in switches.states()] == ["d"]
    assert switches.take([unkill])
    assert switches.states() == []


def test_pace_is_that_of_the_last_whole_seconds() -> None:
    """Ten decisions within the five seconds before now are two a second, and none ten seconds later."""
    model = ReadModel(ApiSettings())
    decision = decisions()[-1]
    model.journal([entry(decision, seq, NOW_MS - 1000 - 100 * seq) for seq in range(10)], NOW_MS)
    assert summary(model, NOW_MS).orders_per_s == 2.0
    assert summary(model, NOW_MS + 10_000).orders_per_s == 0.0


def test_latency_needs_both_records_in_whatever_order() -> None:
    """Latency runs from the order's record to its decision's, whichever is read first."""
    model = ReadModel(ApiSettings())
    one, other = decisions()[-1], msgspec.structs.replace(decisions()[-1], order_id="other")
    model.ordered(one.order, NOW_MS)
    model.journal([entry(one, 0, NOW_MS + 7), entry(other, 1, NOW_MS + 9)], NOW_MS)
    assert model.latency.percentile(0.99) == 7.0
    model.ordered(msgspec.structs.replace(one.order, order_id="other"), NOW_MS)
    assert model.latency.percentile(0.99) == 9.0


def test_the_past_is_no_news() -> None:
    """While the journal's past is read nothing goes to the stream; from then on everything does."""
    model = ReadModel(ApiSettings())
    model.journal([entry(decisions()[0], 0)], NOW_MS)
    assert model.window.last == 0
    model.state.caught_up = True
    model.journal([entry(decisions()[1], 1)], NOW_MS)
    assert [message.kind for message in model.window.after(0) or []] == ["decisions"]


def test_a_new_account_is_news() -> None:
    """An account that is defined while the page is open comes with its desk, preset and currency."""
    model = ReadModel(ApiSettings())
    model.state.caught_up = True
    defined = next(body for body in journal() if isinstance(body, AccountDefined))
    model.journal([entry(defined, 0)], NOW_MS)
    (message,) = model.window.after(0) or []
    assert (message.kind, message.key) == ("accounts", defined.account.account_id)
    assert msgspec.json.decode(message.data)["desk_id"] == defined.account.desk_id


def test_silence_and_lag_degrade_the_health() -> None:
    """A silent worker is degraded, then down; a feed that reads the past is degraded; each with its reason."""
    model = full_model()
    heard_ms = model.state.heard_ms or 0
    assert summary(model, heard_ms).health.status is HealthState.OK
    assert summary(model, heard_ms + 6_000).health.status is HealthState.DEGRADED
    down = summary(model, heard_ms + 31_000).health
    assert down.status is HealthState.DOWN
    assert down.reasons == ["no worker was heard of for 31 s"]
    model.state.lag = 5001
    assert summary(model, heard_ms).health.reasons == ["the feed is 5001 records behind"]
    model.state.faults["journal"] = "gone"
    assert summary(model, heard_ms).health.status is HealthState.DOWN


def test_a_new_model_is_down() -> None:
    """Before anything was heard the health is down: unknown is not ok."""
    assert summary(ReadModel(ApiSettings()), NOW_MS).health.status is HealthState.DOWN


def test_an_alert_is_shown_once() -> None:
    """Of a kill switch every partition sends the same alert, and a projector may send one again: the page has one."""
    model = ReadModel(ApiSettings())
    alert = Alert(
        alert_id="kill-k",
        account_id="firm",
        severity=Severity.CRITICAL,
        category="kill_switch",
        text="jo stopped firm",
        event_time_ns=1,
    )
    other = msgspec.structs.replace(alert, alert_id="kill-k2")
    for each in (alert, alert, other, alert):
        model.event(each, NOW_MS, NOW_MS)
    assert list(model.alerts) == [other, alert]


def test_old_records_are_no_sign_of_life() -> None:
    """A record that was written a minute ago does not make the worker alive now."""
    model = ReadModel(ApiSettings())
    model.state.caught_up = True
    model.journal([entry(decisions()[0], 0, NOW_MS - 60_000)], NOW_MS)
    assert summary(model, NOW_MS).health.status is HealthState.DOWN


def test_dashboard_shows_every_account() -> None:
    """All defined accounts are there with metrics, and the charts of the one that was asked for."""
    picture = dashboard(full_model(), "quant", NOW_MS)
    assert [each.account_id for each in picture.accounts] == ["algo", "energy", "pension", "quant", "retail"]
    assert all(each.metrics and each.stress for each in picture.accounts)
    assert len(picture.history.time_ns) == len(picture.history.equity) > 10
    assert picture.history.equity[-1] == next(m for m in picture.accounts if m.account_id == "quant").metrics.equity  # type: ignore[union-attr]


def test_recording_round_trips() -> None:
    """What the tests call recorded decisions are such: decoded from the journal's own bytes, with ten layers."""
    evidence = [each for each in decisions() if not each.repeat and each.layers]
    assert all(len(each.layers) == 10 for each in evidence)
    body = msgspec.json.encode(evidence[0])
    assert isinstance(decode_body(body), Decision)
