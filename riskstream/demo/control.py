"""The demo's risk managers: they set limits, pull a kill switch, and reset breakers some days after a halt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from riskstream.demo.market import Session
from riskstream.demo.reference import AGES
from schemas.base import Event
from schemas.commands import BreakerKind, BreakerLevel, Kill, ResetBreaker, Scope, SetLimits, Timer, Unkill
from schemas.records import BreakerMoved

_AUTHOR = "risk-manager"
_RESET_AFTER_DAYS = 3
_KILL_EVERY_DAYS = 20
_SERIOUS = (BreakerLevel.RESTRICTED, BreakerLevel.REDUCE_ONLY, BreakerLevel.HALTED)


class Control:
    """Commands for the start of each session."""

    def __init__(self, account_ids: Iterable[str] = ()) -> None:
        self._account_ids = tuple(account_ids)
        self._days = 0
        self._trips: dict[tuple[str, BreakerKind], int] = {}

    def moved(self, bodies: Iterable[object]) -> None:
        """Learn which breakers are in a state that only a person, or much time, ends."""
        for body in bodies:
            if isinstance(body, BreakerMoved):
                self._note((body.account_id, body.breaker), serious=body.level_to in _SERIOUS)

    def commands(self, session: Session) -> list[Event]:
        """The session's first commands: a timer, which closes the day before at its last prices, then the others.

        Event times are 00:00 UTC and the milliseconds after it.
        """
        self._days += 1
        prefix = f"cmd-{session.date:%Y%m%d}"
        return [
            self._timer(prefix, session),
            *self._resets(prefix, session),
            *self._kills(prefix, session),
            *self._ceiling(prefix, session),
            *self._ages(prefix, session),
        ]

    def _note(self, key: tuple[str, BreakerKind], *, serious: bool) -> None:
        if serious:
            self._trips.setdefault(key, self._days)
        else:
            self._trips.pop(key, None)

    def _timer(self, prefix: str, session: Session) -> Event:
        return Timer(command_id=f"{prefix}-timer", event_time_ns=session.midnight_ns)

    def _resets(self, prefix: str, session: Session) -> Iterator[Event]:
        due = [key for key, day in self._trips.items() if self._days - day >= _RESET_AFTER_DAYS]
        for account_id, kind in due:
            del self._trips[account_id, kind]
            yield ResetBreaker(
                command_id=f"{prefix}-reset-{account_id}-{kind}",
                account_id=account_id,
                breaker=kind,
                author=_AUTHOR,
                reason="reviewed, trading may go on",
                event_time_ns=session.midnight_ns + 1_000_000,
            )

    def _kills(self, prefix: str, session: Session) -> Iterator[Event]:
        day = self._days % _KILL_EVERY_DAYS
        kind = {5: Kill, 6: Unkill}.get(day)
        if kind is not None:
            yield kind(
                command_id=f"{prefix}-{kind.__name__.lower()}",
                scope=Scope.STRATEGY,
                scope_id="scalper",
                author=_AUTHOR,
                reason="the algorithm ran away" if kind is Kill else "fixed",
                event_time_ns=session.midnight_ns + 2_000_000,
            )

    def _ceiling(self, prefix: str, session: Session) -> Iterator[Event]:
        if self._days == 8:
            yield SetLimits(
                command_id=f"{prefix}-limits",
                scope=Scope.DESK,
                scope_id="systematic",
                changes={"order_value_max": 900_000.0},
                author=_AUTHOR,
                reason="smaller orders",
                event_time_ns=session.midnight_ns + 3_000_000,
            )

    def _ages(self, prefix: str, session: Session) -> Iterator[Event]:
        for account_id in self._account_ids if self._days == 1 else ():
            yield SetLimits(
                command_id=f"{prefix}-ages-{account_id}",
                scope=Scope.ACCOUNT,
                scope_id=account_id,
                changes=AGES,
                author=_AUTHOR,
                reason="days are played in a second",
                event_time_ns=session.midnight_ns + 4_000_000,
            )
