"""Views of the read model at one moment."""

from __future__ import annotations

import msgspec

from api.feed import ReadModel
from api.health import judge
from api.history import History
from api.views import AccountPlace, AccountView, Dashboard, Health, Points, Summary

DECISIONS = 100


def summary(model: ReadModel, now_ms: int, health: Health | None = None) -> Summary:
    """The strip at the top. Market figures are those of the metrics with the latest event time."""
    latest = max(model.metrics.values(), key=lambda metrics: metrics.event_time_ns, default=None)
    tally, latency, state = model.tally, model.latency, model.state
    return Summary(
        now_ns=model.now_ns,
        heard_ms=state.heard_ms,
        orders_per_s=model.pace.per_second(now_ms),
        approved=tally.approved,
        rejected=tally.rejected,
        checks=tally.checks,
        repeats=tally.repeats,
        latency_p50_ms=latency.percentile(0.5),
        latency_p99_ms=latency.percentile(0.99),
        lag=state.lag,
        caught_up=state.caught_up,
        breaker_level=model.breakers.worst(),
        vix=latest.vix if latest else None,
        turbulence=latest.turbulence if latest else None,
        reasons=tally.refusals(),
        health=health or judge(state, model.settings, now_ms),
    )


def account_ids(model: ReadModel) -> list[str]:
    """Every account that was defined or measured."""
    return sorted({*model.accounts, *model.metrics})


def account_view(model: ReadModel, account_id: str) -> AccountView:
    """One account; reference data that has not been seen yet is empty."""
    place = model.accounts.get(account_id) or AccountPlace(account_id=account_id)
    return AccountView(
        **msgspec.structs.asdict(place),
        metrics=model.metrics.get(account_id),
        stress=dict(sorted(model.stress.get(account_id, {}).items(), key=lambda item: item[1])),
    )


def history(model: ReadModel, account_id: str | None) -> Points:
    """The charts of an account; empty for one without metrics."""
    return model.histories.get(account_id or "", History(0)).points()


def dashboard(model: ReadModel, account_id: str | None, now_ms: int) -> Dashboard:
    """The page's first picture; charts are those of ``account_id``, else of the first account."""
    ids = account_ids(model)
    chosen = account_id or (ids[0] if ids else None)
    return Dashboard(
        title=model.settings.title,
        cursor=model.window.cursor(),
        summary=summary(model, now_ms),
        account_id=chosen,
        accounts=[account_view(model, each) for each in ids],
        history=history(model, chosen),
        breakers=model.breakers.states(),
        kill_switches=model.kills.states(),
        decisions=model.recent.lines(DECISIONS),
        alerts=list(model.alerts),
    )
