"""The engines under measurement are engines as a worker makes them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from risk.state import PartitionState
from schemas.base import Side
from schemas.decisions import Decision, Status
from schemas.orders import OrderRequest
from schemas.presets import PRESETS
from streams.partitioning import partition_of
from tests.bench.kafka.engines import ACCOUNTS, ENGINES, accounts, instruments, market
from tests.risk.world import NOW_NS


@pytest.mark.parametrize("name", ENGINES)
def test_an_order_is_approved(name: str) -> None:
    """Made out of state, market and presets, with the accounts of the measurement: nothing but the stream's own cost
    stands between an order and its approval."""
    engine = ENGINES[name](PartitionState(), market(), PRESETS)
    account = accounts(4)[0]
    for reference in (*instruments(), account):
        for body in engine.define(reference):
            engine.apply(body)
    order = OrderRequest(
        order_id="o1",
        account_id=account.account_id,
        symbol="AAA",
        side=Side.BUY,
        quantity=Decimal(1),
        event_time_ns=NOW_NS,
    )
    (decision,) = [body for body in engine.step(order, NOW_NS) if isinstance(body, Decision)]
    assert decision.status is Status.APPROVED, decision.text


@pytest.mark.parametrize("partitions", [1, 4])
def test_accounts_are_spread_evenly(partitions: int) -> None:
    """As many in each partition, whatever their number."""
    homes = [partition_of(account.account_id, partitions) for account in accounts(partitions)]
    assert [homes.count(number) for number in range(partitions)] == [ACCOUNTS // partitions] * partitions
