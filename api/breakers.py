"""Breakers and kill switches, as the journal and the metrics tell of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from api.views import BreakerState, KillSwitch
from schemas.commands import BreakerKind, BreakerLevel, Kill, Unkill
from schemas.outputs import BreakerEvent, RiskMetrics
from schemas.records import BreakerMoved, Fact

#: Levels in the order of severity.
SEVERITY = {level: rank for rank, level in enumerate(BreakerLevel)}


class Breakers:
    """The level of every breaker, with its last move."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, BreakerKind], BreakerState] = {}

    def moved(self, event: BreakerMoved | BreakerEvent) -> BreakerState | None:
        """Take a move; the new state, or ``None`` if this move or a later one is known already."""
        state = BreakerState(
            account_id=event.account_id,
            breaker=event.breaker,
            level=event.level_to,
            trigger=event.trigger,
            measure=event.measure,
            limit=event.limit,
            moved_at_ns=event.event_time_ns,
        )
        known = self._states.get((event.account_id, event.breaker))
        if known == state or (known is not None and (known.moved_at_ns or 0) > event.event_time_ns):
            return None
        self._states[event.account_id, event.breaker] = state
        return state

    def known(self, account_id: str, kind: BreakerKind, level: BreakerLevel) -> None:
        """A breaker's level at a snapshot, if nothing of it is known yet."""
        state = BreakerState(account_id=account_id, breaker=kind, level=level)
        self._states.setdefault((account_id, kind), state)

    def seen(self, metrics: RiskMetrics) -> None:
        """Metrics name breakers that never moved."""
        for kind in BreakerKind:
            level = metrics.breakers.get(kind.value)
            if level is not None:
                self.known(metrics.account_id, kind, level)

    def states(self) -> list[BreakerState]:
        """All breakers, the most severe level first, then by account."""
        return sorted(self._states.values(), key=lambda s: (-SEVERITY[s.level], s.account_id, s.breaker))

    def worst(self) -> BreakerLevel:
        """The most severe level of all."""
        return max(
            (state.level for state in self._states.values()), key=SEVERITY.__getitem__, default=BreakerLevel.NORMAL
        )


class KillSwitches:
    """Kill switches that are on; the journal has a copy of a command per partition."""

    def __init__(self) -> None:
        self._on: dict[tuple[str, str], KillSwitch] = {}

    def take(self, facts: Iterable[Fact]) -> bool:
        """Apply kills and unkills; whether anything changed."""
        before = dict(self._on)
        for fact in facts:
            if isinstance(fact, Kill):
                self._on[fact.scope.value, fact.scope_id] = KillSwitch(
                    scope=fact.scope.value,
                    scope_id=fact.scope_id,
                    author=fact.author,
                    reason=fact.reason,
                    since_ns=fact.event_time_ns,
                )
            elif isinstance(fact, Unkill):
                self._on.pop((fact.scope.value, fact.scope_id), None)
        return before != self._on

    def known(self, kills: Mapping[str, str]) -> None:
        """The switches of a snapshot (``scope:id`` -> command id): who threw them and when is in the journal before."""
        for place in kills:
            scope, _, scope_id = place.partition(":")
            self._on.setdefault(
                (scope, scope_id),
                KillSwitch(
                    scope=scope, scope_id=scope_id, author="", reason="thrown before the latest snapshot", since_ns=0
                ),
            )

    def states(self) -> list[KillSwitch]:
        """The switches that are on, the latest first."""
        return sorted(self._on.values(), key=lambda switch: -switch.since_ns)
