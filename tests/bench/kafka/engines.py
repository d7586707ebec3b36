"""What the systems under measurement decide with: the ten layers on a market that stands still, or next to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from risk.arrival import AT_ONCE, Arrival
from risk.engine import RiskEngine
from risk.market import MarketState
from risk.state import PartitionState
from schemas.decisions import Decision, Status
from schemas.orders import OrderRequest
from schemas.presets import PRESETS, Preset
from schemas.reasons import Reason
from schemas.records import Body
from schemas.reference import Account, Instrument
from streams.partitioning import partition_of
from tests.risk.world import LOOSE, SYMBOLS, calm_market, instrument

ACCOUNTS = 16


@cache
def market() -> MarketState:
    """260 days of four symbols, fresh prices."""
    return calm_market()


class Full(RiskEngine):
    """Ten layers on the market that stands still, whatever market the worker has."""

    def __init__(self, state: PartitionState, _: MarketState, presets: Mapping[str, Preset] = PRESETS) -> None:
        super().__init__(state, market(), presets)


class Null(Full):
    """Approves every order in a few microseconds: what is left is the stream's own cost."""

    def events(self, now_ns: int, accounts: Iterable[str] | None = None) -> tuple[Body, ...]:
        """The market changes nothing."""
        return ()

    def decide(self, event: Any, now_ns: int, arrival: Arrival = AT_ONCE) -> tuple[Body, ...]:
        """An approval without layers."""
        if not isinstance(event, OrderRequest):
            return super().decide(event, now_ns, arrival)
        return (
            Decision(
                order_id=event.order_id,
                account_id=event.account_id,
                status=Status.APPROVED,
                reason=Reason.APPROVED,
                order=event,
                decided_at_ns=now_ns,
            ),
        )

    def metrics(self, now_ns: int, accounts: Iterable[str] | None = None) -> list[Any]:
        """None."""
        return []


ENGINES = {"full": Full, "null": Null}


def accounts(partitions: int) -> list[Account]:
    """Sixteen, as many in each partition."""
    homes: dict[int, list[str]] = {number: [] for number in range(partitions)}
    for name in (f"acc{number}" for number in range(1000)):
        homes[partition_of(name, partitions)].append(name)
    limits = msgspec.structs.replace(LOOSE, message_rate_max=1e9)
    return [
        Account(account_id=name, cash={"USD": Decimal(10**10)}, limits=limits)
        for names in homes.values()
        for name in names[: ACCOUNTS // partitions]
    ]


def instruments() -> list[Instrument]:
    """The symbols of the market."""
    return [instrument(symbol) for symbol in SYMBOLS]


def ready_engine(name: str, partitions: int) -> RiskEngine:
    """An engine that knows accounts and instruments, for systems without a journal."""
    engine = ENGINES[name](PartitionState(), market())
    references: list[Account | Instrument] = [*instruments(), *accounts(partitions)]
    for reference in references:
        for body in engine.define(reference):
            engine.apply(body)
    return engine
