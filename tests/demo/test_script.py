"""The whole demo offline: what February to April 2020 does to five accounts."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from riskstream.demo import reference
from riskstream.demo.script import Outcome, play
from riskstream.offline import Offline
from schemas.codec import encode
from schemas.commands import BreakerLevel
from schemas.decisions import Decision, Status
from schemas.orders import OrderCancel, OrderReplace, OrderRequest
from schemas.reasons import EXPLANATIONS
from schemas.records import BreakerMoved
from schemas.reference import Account, Instrument

SESSIONS = 62


@pytest.fixture(scope="module")
def window() -> list[Outcome]:
    """Every event from the warm-up to the end of April 2020 with what it led to."""
    return list(play(sessions=SESSIONS))


def decisions(window: list[Outcome]) -> list[Decision]:
    """All decisions."""
    return [body for _, bodies in window for body in bodies if isinstance(body, Decision)]


def moves(window: list[Outcome]) -> list[BreakerMoved]:
    """All moves of breakers."""
    return [body for _, bodies in window for body in bodies if isinstance(body, BreakerMoved)]


def test_same_seed_same_events_and_decisions() -> None:
    """Two runs of a seed give the same bytes, events and decisions alike; another seed gives others."""

    def written(seed: int) -> list[bytes]:
        return [encode(each) for event, bodies in play(seed=seed, sessions=1) for each in (event, *bodies)]

    first = written(1)
    assert first == written(1)
    assert first != written(2)


def test_events_alone_lead_to_the_same_decisions() -> None:
    """What ``--export`` writes and ``check`` reads again is decided in the same way."""
    run = list(play(sessions=2))
    again = Offline()
    assert [again.feed(event) for event, _ in run] == [bodies for _, bodies in run]


def test_event_time_order(window: list[Outcome]) -> None:
    """The events of the whole run are in event-time order, reference data aside."""
    times = [
        event.event_time_ns
        for event, _ in window  # type: ignore[attr-defined]
        if not isinstance(event, Account | Instrument)
    ]
    assert times == sorted(times)


def test_every_order_is_decided_once(window: list[Outcome]) -> None:
    """Each order, replace and cancel leads to exactly one decision."""
    for event, bodies in window:
        if isinstance(event, OrderRequest | OrderReplace | OrderCancel):
            assert sum(isinstance(body, Decision) for body in bodies) == 1


@pytest.mark.parametrize("layer", range(1, 11))
def test_every_layer_rejects_something(window: list[Outcome], layer: int) -> None:
    """Each of the ten layers is the reason of at least one rejection."""
    rejected = Counter(decision.reason for decision in decisions(window) if decision.status is Status.REJECTED)
    assert sum(count for reason, count in rejected.items() if EXPLANATIONS[reason].layer == layer) > 0, rejected


def test_every_account_gets_approvals_and_rejections(window: list[Outcome]) -> None:
    """No account is shut out, and none is let through with everything."""
    seen = {(decision.account_id, decision.status) for decision in decisions(window)}
    for account in reference.accounts():
        assert {(account.account_id, status) for status in Status} <= seen


def test_accounts_are_named_by_their_presets(window: list[Outcome]) -> None:
    """Also after the risk managers gave them the demo's ages of inputs: two presets, and limits of their own."""
    named = {decision.account_id: decision.preset for decision in decisions(window)}
    assert named.pop("retial") == "", "nobody"
    assert named == {each.account_id: "custom" if each.limits else each.preset for each in reference.accounts()}
    assert set(named.values()) == {"standard", "conservative", "custom"}


def test_crash_trips_breakers(window: list[Outcome]) -> None:
    """Breakers reach each of their four levels, and an account that was halted trades again after a reset."""
    levels = {move.level_to for move in moves(window)}
    assert levels >= {BreakerLevel.WARNING, BreakerLevel.RESTRICTED, BreakerLevel.REDUCE_ONLY, BreakerLevel.HALTED}
    ends = {(move.level_from, move.level_to) for move in moves(window)}
    assert (BreakerLevel.HALTED, BreakerLevel.NORMAL) in ends


def test_stopped_accounts_may_reduce(window: list[Outcome]) -> None:
    """Reducing orders are approved although a breaker stops the account's other orders."""
    approved = [decision for decision in decisions(window) if decision.status is Status.APPROVED and decision.reducing]
    exempt = [decision for decision in approved if any(layer.verdict == "exempt" for layer in decision.layers)]
    assert exempt


def test_inputs_are_known_before_the_first_order(window: list[Outcome]) -> None:
    """No order of the real symbols is refused for a missing or stale input."""
    symbols = {instrument.symbol for instrument in islice(reference.instruments(), 20)}
    reasons = {
        decision.reason.value
        for decision in decisions(window)
        if isinstance(decision.order, OrderRequest) and decision.order.symbol in symbols
    }
    assert not [reason for reason in reasons if reason.endswith(("STALE", "MISSING", "UNAVAILABLE", "TOO_SHORT"))]
