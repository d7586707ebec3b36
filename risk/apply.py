"""``apply(state, record)``: the only thing that changes account state. It reads the record alone, never the market."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import msgspec

from risk.breaker import SEVERITY
from risk.digest import chained, order_digest
from risk.early import carry_out, limit_early, trip_early
from risk.exact import multiply
from risk.limits import STRICTEST, known_preset, preset_of, rebuild_limits
from risk.positions import settle, suspend
from risk.state import (
    ANY_ACCOUNT,
    DEDUP_WINDOW,
    PENDING_MAX,
    AccountState,
    Breaker,
    PartitionState,
    Prior,
    order_key,
    trim,
)
from risk.var_comparison import compared
from risk.working import close, reserve
from schemas import commands, decisions, orders, records
from schemas.commands import BreakerKind, BreakerLevel
from schemas.limits import changed

SECOND_NS = 1_000_000_000


def apply(state: PartitionState, body: records.Body) -> None:
    """Fold one effective record into the state.

    :raises KeyError: a body of a kind that this version does not know; readers stop.
    """
    _APPLY[type(body)](state, body)


def _decision(state: PartitionState, decision: decisions.Decision) -> None:
    if decision.dry_run:
        return
    if not decision.repeat:
        prior = Prior(order_digest(decision.order), decision.status, decision.reason, decision.decided_at_ns)
        key = order_key(decision.account_id, decision.order_id)
        state.recent[key] = prior
        state.recent_chain = chained(state.recent_chain, key, prior.digest, prior.status, prior.reason)
        trim(state.recent, DEDUP_WINDOW)
    account = state.accounts.get(decision.account_id)
    if account is None:
        return
    _count_message(account, decision.decided_at_ns)
    if decision.reservation is not None:
        reserve(account, decision.reservation)
        account.revision += 1


def _count_message(account: AccountState, now_ns: int) -> None:
    times = account.message_times_ns
    times.append(max(now_ns, times[-1]) if times else now_ns)  # a clock that was set back leaves them in order
    del times[: bisect_right(times, now_ns - SECOND_NS)]


def _facts(state: PartitionState, facts: records.Facts) -> None:
    for fact in facts.facts:
        _FACTS[type(fact)](state, fact)


def _fill(state: PartitionState, fill: orders.Fill) -> None:
    account = state.accounts.get(fill.account_id)
    if account is None:
        _early(state, fill)
        return
    account.revision += 1
    instrument = state.instruments.get(fill.symbol)
    if instrument is not None:
        settle(account, instrument, fill)
    elif fill.fill_id not in account.fills_seen and not suspend(account.fills_pending, fill):
        account.fills_lost += 1


def _early(state: PartitionState, fill: orders.Fill) -> None:
    """A fill of an account that is not known yet. One that can't be kept closes the account before it begins."""
    known = fill.account_id in state.fills_pending or len(state.fills_pending) < PENDING_MAX
    if known and suspend(state.fills_pending.setdefault(fill.account_id, []), fill):
        return
    name = fill.account_id if known else ANY_ACCOUNT
    state.fills_lost[name] = state.fills_lost.get(name, 0) + 1


def _closed(state: PartitionState, closed: orders.OrderClosed) -> None:
    account = state.accounts.get(closed.account_id)
    if account is not None:
        close(account, closed.order_id, closed.reason is orders.CloseReason.REJECTED)
        account.revision += 1


def _set_limits(state: PartitionState, command: commands.SetLimits) -> None:
    state.limits_version += 1
    if command.scope is commands.Scope.ACCOUNT:
        account = state.accounts.get(command.scope_id)
        if account is None:
            limit_early(state, command.scope_id, command.changes)
        else:
            account.own_limits = changed(account.own_limits, command.changes)
    else:
        ceiling = state.ceilings.setdefault(f"{command.scope}:{command.scope_id}", {})
        ceiling.update(command.changes)
    rebuild_limits(state)


def _kill(state: PartitionState, command: commands.Kill) -> None:
    state.kills[f"{command.scope}:{command.scope_id}"] = command.command_id


def _unkill(state: PartitionState, command: commands.Unkill) -> None:
    state.kills.pop(f"{command.scope}:{command.scope_id}", None)


def _trip(state: PartitionState, command: commands.TripBreaker) -> None:
    _put(state, command.account_id, command.breaker, command.level)


def _reset(state: PartitionState, command: commands.ResetBreaker) -> None:
    _put(state, command.account_id, command.breaker, BreakerLevel.NORMAL)


def _put(state: PartitionState, account_id: str, kind: BreakerKind, level: BreakerLevel) -> None:
    """Put a breaker at a level by hand."""
    account = state.accounts.get(account_id)
    if account is None:
        trip_early(state, account_id, kind, level)
        return
    breaker = account.breakers[kind]
    breaker.level, breaker.latched = level, level is not BreakerLevel.NORMAL


def _timer(state: PartitionState, command: commands.Timer) -> None:
    """A timer changes nothing itself: what its time brings about is in the events before it."""


def _account(state: PartitionState, defined: records.AccountDefined) -> None:
    _preset(state, defined)
    account = state.accounts.get(defined.account.account_id)
    if account is None:
        account = _open(state, defined)
    before, account.definition = account.definition, defined.account
    if (before.limits, before.preset) != (defined.account.limits, defined.account.preset):
        account.own_limits = defined.account.limits or preset_of(state, account).limits
    account.revision += 1
    state.limits_version += 1
    rebuild_limits(state)


def _preset(state: PartitionState, defined: records.AccountDefined) -> None:
    """Every account of the preset is judged by what it is now; limits that a command changed stay."""
    name, preset = defined.account.preset, defined.preset
    if preset is None or preset == state.presets.get(name):
        return
    before = known_preset(state, name) or STRICTEST
    state.presets[name] = preset
    for account in state.accounts.values():
        if account.definition.preset == name:
            account.revision += 1
            if account.definition.limits is None and account.own_limits == before.limits:
                account.own_limits = preset.limits


def _open(state: PartitionState, defined: records.AccountDefined) -> AccountState:
    definition = defined.account
    account = AccountState(definition=definition, cash=dict(definition.cash))
    account.own_limits = definition.limits or preset_of(state, account).limits
    state.accounts[definition.account_id] = account
    for position in definition.positions:
        holding = account.holding(position.symbol)
        holding.quantity = position.quantity
        holding.cost = multiply(position.quantity, position.price)
    account.fills_lost = state.fills_lost.pop(definition.account_id, 0) + state.fills_lost.get(ANY_ACCOUNT, 0)
    for fill in state.fills_pending.pop(definition.account_id, ()):
        _fill(state, fill)
    carry_out(state, account)
    return account


def _instrument(state: PartitionState, defined: records.InstrumentDefined) -> None:
    instrument = defined.instrument
    state.instruments[instrument.symbol] = instrument
    for account in state.accounts.values():
        waiting = [fill for fill in account.fills_pending if fill.symbol == instrument.symbol]
        account.fills_pending = [fill for fill in account.fills_pending if fill.symbol != instrument.symbol]
        for fill in waiting:
            settle(account, instrument, fill)
        account.revision += 1


def _day(state: PartitionState, rolled: records.DayRolled) -> None:
    account = state.accounts[rolled.account_id]
    account.day, account.start_of_day_equity = rolled.day, rolled.equity
    account.breakers[BreakerKind.DAILY_LOSS].base = rolled.equity
    backtest = account.backtest
    if rolled.pnl is not None:
        backtest.trackers = compared(backtest, rolled.pnl)
    backtest.forecasts, backtest.scale, backtest.zone = rolled.forecasts, rolled.scale, rolled.zone
    account.benchmark_level = rolled.benchmark_level
    if rolled.daily_return is not None:
        account.performance.update(
            rolled.daily_return, math.nan if rolled.benchmark_return is None else rolled.benchmark_return
        )


def _peak(state: PartitionState, peak: records.PeakReached) -> None:
    account = state.accounts[peak.account_id]
    account.peak_equity = max(account.peak_equity, peak.equity)
    account.breakers[BreakerKind.DRAWDOWN].base = peak.equity


def _breaker(state: PartitionState, moved: records.BreakerMoved) -> None:
    breaker: Breaker = state.accounts[moved.account_id].breakers[moved.breaker]
    breaker.level = moved.level_to
    breaker.latched = SEVERITY[moved.level_to] == SEVERITY[BreakerLevel.HALTED] or moved.latched
    if moved.rebased:
        breaker.base = moved.equity


def _crisis(state: PartitionState, moved: records.CrisisMoved) -> None:
    state.accounts[moved.account_id].crisis = moved.active


def _fills_lost(state: PartitionState, lost: records.FillsLost) -> None:
    state.accounts[lost.account_id].fills_lost_told = True


def _nothing(state: PartitionState, body: object) -> None:
    """A claim moves ownership and a skip only offsets; a lost command counts with the facts that have it."""


_APPLY: dict[type[msgspec.Struct], Callable[[PartitionState, Any], None]] = {
    decisions.Decision: _decision,
    records.Facts: _facts,
    records.AccountDefined: _account,
    records.InstrumentDefined: _instrument,
    records.DayRolled: _day,
    records.PeakReached: _peak,
    records.BreakerMoved: _breaker,
    records.CrisisMoved: _crisis,
    records.FillsLost: _fills_lost,
    records.CommandLost: _nothing,
    records.Claim: _nothing,
    records.Skip: _nothing,
}
_FACTS: dict[type[msgspec.Struct], Callable[[PartitionState, Any], None]] = {
    orders.Fill: _fill,
    orders.OrderClosed: _closed,
    commands.SetLimits: _set_limits,
    commands.Kill: _kill,
    commands.Unkill: _unkill,
    commands.TripBreaker: _trip,
    commands.ResetBreaker: _reset,
    commands.Timer: _timer,
}
