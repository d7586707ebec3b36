"""One table: which event travels on which topic, under which key, on how many partitions.

The key of a record is the value of the topic's ``key`` attribute. Commands that name no ``account_id`` differ:
``set_limits``, ``kill`` and ``unkill`` are keyed by ``scope_id`` (for scope ``account`` that is the account's id, so
that they meet the account's orders), ``timer`` by ``command_id``. What aims at more than one account (any other scope,
and every timer) concerns all partitions: its producer writes one copy into each, addressed by number, same key.
``skip_inputs`` names its partition, and goes there. :func:`key_of`, :func:`concerns_all` and :func:`addressed_to` say
so for one event.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from schemas import commands, decisions, market, orders, outputs, records, reference
from schemas.base import Event


class Count(StrEnum):
    """Where a topic's partition count comes from."""

    ACCOUNTS = "P"
    MARKET = "M"
    ONE = "1"


class Topic(NamedTuple):
    """``key`` is the attribute of an event that keys it; ``compacted`` keeps the last record of each key."""

    name: str
    key: str
    counted_by: Count
    types: tuple[type[Event], ...]
    content: str
    compacted: bool = False
    dead_letters: bool = False


ORDERS = Topic(
    "orders",
    "account_id",
    Count.ACCOUNTS,
    (orders.OrderRequest, orders.OrderReplace, orders.OrderCancel, orders.OrderClosed),
    "order requests, replaces, cancels and venue closes",
    dead_letters=True,
)
FILLS = Topic("fills", "account_id", Count.ACCOUNTS, (orders.Fill,), "fills", dead_letters=True)
COMMANDS = Topic(
    "commands",
    "account_id",
    Count.ACCOUNTS,
    (
        commands.SetLimits,
        commands.TripBreaker,
        commands.ResetBreaker,
        commands.Kill,
        commands.Unkill,
        commands.Timer,
        commands.SkipInputs,
    ),
    "limit changes, breakers, kill switches, timers, lost inputs",
    dead_letters=True,
)
TICKS = Topic(
    "ticks",
    "symbol",
    Count.MARKET,
    (market.Trade, market.Quote, market.Bar, market.IndexLevel, market.FxRate),
    "trades, quotes, bars, index levels, exchange rates",
    dead_letters=True,
)
MARKS = Topic("marks", "symbol", Count.ONE, (market.Mark,), "conflated market state", compacted=True)
BARS = Topic("bars", "symbol", Count.ONE, (market.Bar,), "closed bars, the history that estimators start from")
DECISIONS = Topic(
    "decisions",
    "account_id",
    Count.ACCOUNTS,
    (
        decisions.Decision,
        records.Claim,
        records.Facts,
        records.AccountDefined,
        records.InstrumentDefined,
        records.DayRolled,
        records.PeakReached,
        records.BreakerMoved,
        records.CrisisMoved,
        records.FillsLost,
        records.CommandLost,
        records.Skip,
    ),
    "the journal: decisions with their evidence",
)
BREAKERS = Topic("breakers", "account_id", Count.ACCOUNTS, (outputs.BreakerEvent,), "circuit-breaker events")
ALERTS = Topic("alerts", "account_id", Count.ACCOUNTS, (outputs.Alert,), "alerts")
METRICS = Topic(
    "metrics",
    "account_id",
    Count.ACCOUNTS,
    (outputs.RiskMetrics, outputs.VarResult, outputs.StressResult),
    "risk metrics of each account",
)
BACKTESTS = Topic("backtests", "account_id", Count.ACCOUNTS, (outputs.Backtest,), "VaR backtests")
STATE = Topic("state", "partition", Count.ACCOUNTS, (), "snapshots of a partition's state", compacted=True)
INSTRUMENTS = Topic("instruments", "symbol", Count.ONE, (reference.Instrument,), "instruments", compacted=True)
ACCOUNTS = Topic("accounts", "account_id", Count.ONE, (reference.Account,), "accounts", compacted=True)

TOPICS: tuple[Topic, ...] = (
    ORDERS,
    FILLS,
    COMMANDS,
    TICKS,
    MARKS,
    BARS,
    DECISIONS,
    BREAKERS,
    ALERTS,
    METRICS,
    BACKTESTS,
    STATE,
    INSTRUMENTS,
    ACCOUNTS,
)
#: What an outsider may publish, and where each type goes.
INPUTS: dict[type[Event], Topic] = {
    kind: topic for topic in (ORDERS, FILLS, COMMANDS, TICKS, INSTRUMENTS, ACCOUNTS) for kind in topic.types
}
PREFIX = "risk"
VERSION = "v1"


def full_name(topic: Topic, prefix: str = PREFIX) -> str:
    """``orders`` -> ``risk.orders.v1``."""
    return f"{prefix}.{topic.name}.{VERSION}"


def dead_letter_name(topic: Topic, prefix: str = PREFIX) -> str:
    """Where payloads of a topic go that can't be decoded."""
    return f"{full_name(topic, prefix)}.dlq"


def partitions(topic: Topic, accounts: int, market: int) -> int:
    """Partition count of a topic for P = ``accounts`` and M = ``market``."""
    return {Count.ACCOUNTS: accounts, Count.MARKET: market, Count.ONE: 1}[topic.counted_by]


def key_of(topic: Topic, event: Event) -> str:
    """The record key of an event on a topic, for example the account id of an order."""
    for name in (topic.key, "scope_id", "command_id"):
        key = getattr(event, name, None)
        if key is not None:
            return str(key)
    raise ValueError(f"`{type(event).__name__}` has no `{topic.key}`, expected an event of topic {topic.name}")


def concerns_all(event: Event) -> bool:
    """Whether one copy of a command must go into each partition: a timer, or a scope wider than one account."""
    if isinstance(event, commands.Timer):
        return True
    return getattr(event, "scope", commands.Scope.ACCOUNT) is not commands.Scope.ACCOUNT


def addressed_to(event: Event) -> int | None:
    """The partition that a command names itself, ``None`` where the key decides."""
    return event.partition if isinstance(event, commands.SkipInputs) else None
