"""I9: what an approval says, against a second set of books. No approval may exceed a limit in them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from schemas.decisions import Decision, Reservation, Status
from schemas.orders import OrderCancel
from tests.simulation.ledger import Ledger

#: Valuation is done in floats.
SLACK = 1 + 1e-9
CLOSED = ("reduce_only", "halted")


def take_decision(ledger: Ledger, decision: Decision) -> Iterator[str]:
    """Put a decision into the books; gives what is wrong with it."""
    counts = decision.status is Status.APPROVED and not (decision.repeat or decision.dry_run)
    if not counts or isinstance(decision.order, OrderCancel):
        ledger.take(decision)
        return
    account, reservation = decision.account_id, decision.reservation
    if {f"account:{account}", "desk:main", "firm:firm"} & ledger.killed:
        yield f"I9: order {decision.order_id} is approved under a kill switch"
    if reservation is None or account not in ledger.limits:
        yield f"I9: order {decision.order_id} of {account} is approved without a reservation or an account"
        return
    before = ledger.worst(account, reservation.symbol)
    ledger.take(decision)
    after = ledger.worst(account, reservation.symbol)
    found = _reducing(before, after) if decision.reducing else _opening(ledger, decision, reservation)
    yield from (f"I9: order {decision.order_id} {text}" for text in found)


def _reducing(before: Decimal, after: Decimal) -> Iterator[str]:
    if after > before:
        yield f"is called reducing, but leads from {before} to {after}"


def _opening(ledger: Ledger, decision: Decision, reservation: Reservation) -> Iterator[str]:
    account = decision.account_id
    for (owner, breaker), level in ledger.levels.items():
        if owner == account and level in CLOSED:
            yield f"is approved although the breaker {breaker} is at {level}"
    if float(reservation.quantity) > ledger.limit(account, "order_quantity_max"):
        yield f"is larger than {ledger.limit(account, 'order_quantity_max')}"
    prices = decision.book_prices | {mark.symbol: mark.price for mark in decision.marks}
    unpriced = ledger.symbols(account) - prices.keys()
    if unpriced or decision.equity is None:
        yield f"has no evidence of what {unpriced or 'the account'} is worth"
        return
    yield from _values(ledger, decision, reservation.symbol, prices)


def _values(ledger: Ledger, decision: Decision, symbol: str, prices: dict[str, float]) -> Iterator[str]:
    """At the prices that the decision names."""
    account = decision.account_id
    value = {name: float(ledger.worst(account, name)) * prices[name] for name in ledger.symbols(account)}
    cash = sum((float(amount) for (owner, _), amount in ledger.cash.items() if owner == account), 0.0)
    held = sum(float(ledger.held[account, name]) * prices[name] for name in value)
    equity = decision.equity or 0.0
    if abs(cash + held - equity) > 1e-6:
        yield f"says that equity is {equity}, it is {cash + held}"
    for name, measure in (
        ("position_value_max", value[symbol]),
        ("gross_exposure_max", sum(value.values()) / equity),
        ("position_weight_max", value[symbol] / equity),
    ):
        if measure > ledger.limit(account, name) * SLACK:
            yield f"leads to {measure}, {name} is {ledger.limit(account, name)}"
