"""A second set of books, kept from effective records with sums of its own: no approval may exceed a limit in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from schemas.commands import Kill, Scope, SetLimits, Unkill
from schemas.decisions import Decision, Status
from schemas.orders import Fill, OrderCancel, OrderClosed, OrderReplace
from schemas.records import AccountDefined, Facts

ZERO = Decimal(0)
#: Valuation is done in floats.
SLACK = 1 + 1e-9
LIMITS = ("order_quantity_max", "position_value_max")


class Ledger:
    """Positions, what is working, limits and kill switches."""

    def __init__(self) -> None:
        self.limits: dict[str, dict[str, float]] = {}
        self.ceilings: dict[str, float] = {}
        self._defined: dict[str, dict[str, float]] = {}
        self.held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.working: dict[tuple[str, str], tuple[str, int, Decimal]] = {}
        self.killed: set[str] = set()
        self._fills: set[tuple[str, str]] = set()
        self._early: list[Fill] = []

    def take(self, body: Any) -> Iterator[str]:
        """The next effective record's body; gives what is wrong with it."""
        if isinstance(body, AccountDefined):
            self._define(body)
        elif isinstance(body, Facts):
            for fact in body.facts:
                self._fact(fact)
        elif isinstance(body, Decision) and body.status is Status.APPROVED and not (body.repeat or body.dry_run):
            yield from self._approved(body)

    def _define(self, body: AccountDefined) -> None:
        """Limits that commands changed hold until the definition names others."""
        account = body.account
        assert account.limits is not None
        defined = {name: getattr(account.limits, name) for name in LIMITS}
        if self._defined.get(account.account_id) != defined:
            self._defined[account.account_id], self.limits[account.account_id] = defined, dict(defined)
        early, self._early = self._early, []
        for fill in early:
            self._fill(fill)

    def _fact(self, fact: Any) -> None:
        if isinstance(fact, Fill):
            self._fill(fact)
        elif isinstance(fact, OrderClosed):
            self.working.pop((fact.account_id, fact.order_id), None)
        elif isinstance(fact, SetLimits):
            own = fact.scope is Scope.ACCOUNT
            self.limits.get(fact.scope_id, {}).update(fact.changes) if own else self.ceilings.update(fact.changes)
        elif isinstance(fact, Kill):
            self.killed.add(fact.scope_id)
        elif isinstance(fact, Unkill):
            self.killed.discard(fact.scope_id)

    def _fill(self, fill: Fill) -> None:
        if fill.account_id not in self.limits:
            self._early.append(fill)
            return
        if (fill.account_id, fill.fill_id) in self._fills:
            return
        self._fills.add((fill.account_id, fill.fill_id))
        self.held[fill.account_id, fill.symbol] += fill.side.sign * fill.quantity
        key = fill.account_id, fill.order_id
        if key in self.working:
            symbol, sign, left = self.working.pop(key)
            if left > fill.quantity:
                self.working[key] = symbol, sign, left - fill.quantity

    def _approved(self, decision: Decision) -> Iterator[str]:
        account, order = decision.account_id, decision.order
        if isinstance(order, OrderCancel):
            return
        if {account, "main", "firm"} & self.killed:
            yield f"I9: order {decision.order_id} is approved under a kill switch"
        reservation = decision.reservation
        if reservation is None or account not in self.limits:
            yield f"I9: order {decision.order_id} of {account} is approved without a reservation or an account"
            return
        before = self._worst(account, reservation.symbol)
        if reservation.replaces is not None:
            self.working.pop((account, reservation.replaces), None)
        key = account, reservation.order_id
        self.working[key] = reservation.symbol, reservation.side.sign, reservation.quantity
        after = self._worst(account, reservation.symbol)
        if decision.reducing:
            if after > before:
                yield f"I9: order {decision.order_id} is called reducing, but leads from {before} to {after}"
            return
        value, most = float(after) * decision.marks[0].price, self._limit(account, "position_value_max")
        if value > most * SLACK and not isinstance(order, OrderReplace):
            yield f"I9: order {decision.order_id} may lead to a position of {value}, allowed is {most}"
        if float(reservation.quantity) > self._limit(account, "order_quantity_max"):
            yield f"I9: order {decision.order_id} is larger than {self._limit(account, 'order_quantity_max')}"

    def _limit(self, account: str, name: str) -> float:
        return min(self.limits[account][name], self.ceilings.get(name, float("inf")))

    def _worst(self, account: str, symbol: str) -> Decimal:
        """The largest position, by size, that working orders can lead to."""
        sides = {
            sign: sum(
                (
                    left
                    for (owner, _), (name, side, left) in self.working.items()
                    if (owner, name, side) == (account, symbol, sign)
                ),
                ZERO,
            )
            for sign in (1, -1)
        }
        held = self.held[account, symbol]
        return max(abs(held + sides[1]), abs(held - sides[-1]))
