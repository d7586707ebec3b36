"""Bodies of journal records. State is a fold of these, and of nothing else; each carries its effects by value."""

from __future__ import annotations

from schemas.base import Count, Event, Identifier, Label, Part, Probability, Text, TimeNs, Version
from schemas.commands import BreakerKind, BreakerLevel, Kill, ResetBreaker, SetLimits, Timer, TripBreaker, Unkill
from schemas.decisions import Decision
from schemas.orders import Fill, OrderClosed
from schemas.outputs import BacktestResult
from schemas.presets import Preset
from schemas.reference import Account, Instrument


class Claim(Event, frozen=True, kw_only=True):
    """Takes over a partition (the header says for whom)."""

    partitions: Count
    code_version: Text
    schema_version: Version = 1


Fact = Fill | OrderClosed | SetLimits | TripBreaker | ResetBreaker | Kill | Unkill | Timer


class Facts(Event, frozen=True, kw_only=True):
    """A run of fills, venue closes or commands, applied by value in this order."""

    facts: tuple[Fact, ...]
    applied_at_ns: TimeNs


class AccountDefined(Event, frozen=True, kw_only=True):
    """Reference data of an account entered the state, with what its preset is; ``None``: it has no such preset."""

    account: Account
    preset: Preset | None = None


class InstrumentDefined(Event, frozen=True, kw_only=True):
    """Reference data of an instrument entered the state."""

    instrument: Instrument


class VarForecast(Part, frozen=True, kw_only=True):
    """VaR and ES of a book for one day, positive losses in base currency, by one method at one level."""

    method: Identifier
    confidence: Probability
    value_at_risk: float
    expected_shortfall: float


class DayRolled(Event, frozen=True, kw_only=True):
    """A new day began for an account: its start-of-day equity, in base currency, and the VaR forecast for the day.

    ``exceeded``: the day before lost more than was forecast for it (``None``: nothing was). ``exceptions`` of the last
    ``observations`` days with a forecast were such, which is the ``zone`` of the Basel traffic light; ``scale`` is what
    that leaves of the VaR limits. ``pnl`` is what equity changed by, ``backtests`` what that says of each forecast for
    the day before, ``forecasts`` are those for the day that begins; the first of either is of the method and level of
    the account's limits, if there is one. ``daily_return`` is the day's, a decimal, ``benchmark_return`` that of the
    benchmark, whose level is now ``benchmark_level``; ``None`` where there is none.
    """

    account_id: Identifier
    day: int
    equity: float
    value_at_risk: float | None = None
    method: Label = ""
    confidence: Probability = 0.0
    exceeded: bool | None = None
    exceptions: Count = 0
    observations: Count = 0
    zone: Label = ""
    scale: float = 1.0
    pnl: float | None = None
    backtests: tuple[BacktestResult, ...] = ()
    forecasts: tuple[VarForecast, ...] = ()
    daily_return: float | None = None
    benchmark_return: float | None = None
    benchmark_level: float | None = None
    event_time_ns: TimeNs


class PeakReached(Event, frozen=True, kw_only=True):
    """Equity of an account, open P&L included, is higher than ever."""

    account_id: Identifier
    equity: float
    event_time_ns: TimeNs


class BreakerMoved(Event, frozen=True, kw_only=True):
    """A breaker went from one level to another, with what was seen and what was allowed (fractions of equity).

    ``latched``: only a reset ends it. ``rebased``: losses are measured against ``equity`` from now on.
    """

    account_id: Identifier
    breaker: BreakerKind
    level_from: BreakerLevel
    level_to: BreakerLevel
    trigger: Text
    measure: float
    limit: float
    equity: float
    latched: bool = False
    rebased: bool = False
    event_time_ns: TimeNs


class CrisisMoved(Event, frozen=True, kw_only=True):
    """The tighter limits of a crisis began (``active``) or ceased to hold for an account: the VIX against its limit."""

    account_id: Identifier
    active: bool
    vix: float
    limit: float
    event_time_ns: TimeNs


class FillsLost(Event, frozen=True, kw_only=True):
    """So many fills of an account could not be kept until they could be booked: what it holds is unknown, and it is
    closed from its first one on."""

    account_id: Identifier
    count: Count
    event_time_ns: TimeNs


class CommandLost(Event, frozen=True, kw_only=True):
    """A command for an account that is not known yet could not be kept until it is: every account that begins after it
    begins halted. ``command`` is what was ordered, as the type of its event says."""

    account_id: Identifier
    command_id: Identifier
    command: Identifier
    event_time_ns: TimeNs


class Skip(Event, frozen=True, kw_only=True):
    """Inputs consumed without effect: poison that went to the dead letters, offsets that hold no record, or an
    operator's leave to pass them; ``author`` is that operator."""

    reason: Text
    author: Label = ""
    event_time_ns: TimeNs = 0


StateEvent = (
    AccountDefined | InstrumentDefined | DayRolled | PeakReached | BreakerMoved | CrisisMoved | FillsLost | CommandLost
)
Body = Claim | Decision | Facts | StateEvent | Skip
