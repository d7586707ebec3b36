"""What a risk manager or an operator orders; each change of state it makes is journaled by value."""

from __future__ import annotations

from enum import StrEnum

from schemas.base import Event, Identifier, Offset, Partition, Text, TimeNs
from schemas.limits import STANDARD, changed


class Scope(StrEnum):
    """What a command is aimed at. ``strategy`` and ``trader`` serve kill and unkill only."""

    ACCOUNT = "account"
    DESK = "desk"
    FIRM = "firm"
    STRATEGY = "strategy"
    TRADER = "trader"


class BreakerKind(StrEnum):
    """What a breaker watches."""

    DAILY_LOSS = "daily_loss"
    DRAWDOWN = "drawdown"


class BreakerLevel(StrEnum):
    """The four levels above normal, in the order of severity."""

    NORMAL = "normal"
    WARNING = "warning"
    RESTRICTED = "restricted"
    REDUCE_ONLY = "reduce_only"
    HALTED = "halted"


class SetLimits(Event, frozen=True, kw_only=True):
    """Replace some limits of an account, or put a ceiling over all accounts of a desk or the firm."""

    command_id: Identifier
    scope: Scope
    scope_id: Identifier
    changes: dict[Identifier, float]
    author: Identifier
    reason: Text = ""
    event_time_ns: TimeNs

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.scope not in {Scope.ACCOUNT, Scope.DESK, Scope.FIRM}:
            raise ValueError(f"`scope` is {self.scope}, expected account, desk or firm")
        changed(STANDARD, self.changes)


class TripBreaker(Event, frozen=True, kw_only=True):
    """Put an account's breaker at a level by hand; it stays there until it is reset."""

    command_id: Identifier
    account_id: Identifier
    breaker: BreakerKind
    level: BreakerLevel = BreakerLevel.HALTED
    author: Identifier
    reason: Text = ""
    event_time_ns: TimeNs


class ResetBreaker(Event, frozen=True, kw_only=True):
    """Put a breaker back to normal; a drawdown breaker starts again from today's equity as its peak."""

    command_id: Identifier
    account_id: Identifier
    breaker: BreakerKind
    author: Identifier
    reason: Text = ""
    event_time_ns: TimeNs


class Kill(Event, frozen=True, kw_only=True):
    """Stop all orders but cancels of an account, desk, strategy, trader or the firm."""

    command_id: Identifier
    scope: Scope
    scope_id: Identifier
    author: Identifier
    reason: Text = ""
    event_time_ns: TimeNs


class Unkill(Event, frozen=True, kw_only=True):
    """End a :class:`Kill` of the same scope and id."""

    command_id: Identifier
    scope: Scope
    scope_id: Identifier
    author: Identifier
    reason: Text = ""
    event_time_ns: TimeNs


class Timer(Event, frozen=True, kw_only=True):
    """Time passes for a partition although nothing else happens; closes a day for accounts without orders."""

    command_id: Identifier
    event_time_ns: TimeNs


class InputTopic(StrEnum):
    """A topic whose records the journal covers without a hole."""

    ORDERS = "orders"
    FILLS = "fills"
    COMMANDS = "commands"


class SkipInputs(Event, frozen=True, kw_only=True):
    """Allow a partition to pass offsets of an input that nothing can be read from any more (say, what retention deleted
    before it was decided). It is addressed to that partition, and allows nothing where records are."""

    command_id: Identifier
    topic: InputTopic
    partition: Partition
    first: Offset
    last: Offset
    author: Identifier
    reason: Text = ""
    event_time_ns: TimeNs

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.last < self.first:
            raise ValueError(f"`last` is {self.last}, expected at least `first`, which is {self.first}")


Command = SetLimits | TripBreaker | ResetBreaker | Kill | Unkill | Timer
