"""A second set of books, kept from effective records with sums of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from schemas.commands import BreakerKind, Kill, ResetBreaker, Scope, SetLimits, TripBreaker, Unkill
from schemas.decisions import Decision, Reservation
from schemas.orders import CloseReason, Fill, OrderClosed
from schemas.records import AccountDefined, BreakerMoved, DayRolled, Facts

ZERO = Decimal(0)
#: Of a chain of replaces, none of which was seen to fill, the oldest are taken to be gone.
CHAIN_MAX = 5
LIMITS = ("order_quantity_max", "position_value_max", "gross_exposure_max", "position_weight_max")


class Books(NamedTuple):
    """All figures at one moment: positions and cash, what is working (symbol, side, quantity left), the breakers'
    levels, the accounts' days, what was answered to each order id (account, line break, id), the kill switches."""

    held: dict[tuple[str, str], Decimal]
    cash: dict[tuple[str, str], Decimal]
    working: dict[tuple[str, str], tuple[str, str, Decimal]]
    levels: dict[tuple[str, str], str]
    days: dict[str, int]
    decided: dict[str, tuple[str, str]]
    killed: frozenset[str]


class Ledger:
    """Positions, cash, what is working, answers, breakers, limits and kill switches."""

    def __init__(self) -> None:
        self.limits: dict[str, dict[str, float]] = {}
        self.ceilings: dict[str, float] = {}
        self._defined: dict[str, dict[str, float]] = {}
        self.held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.cash: dict[tuple[str, str], Decimal] = {}
        self.working: dict[tuple[str, str], tuple[str, str, Decimal]] = {}
        self.levels: dict[tuple[str, str], str] = {}
        self.days: dict[str, int] = {}
        self.decided: dict[str, tuple[str, str]] = {}
        self.killed: set[str] = set()
        self._chains: dict[tuple[str, str], list[tuple[str, Decimal]]] = {}
        self._fills: set[tuple[str, str]] = set()
        self._early: list[Fill] = []

    def books(self) -> Books:
        """A copy of all figures."""
        return Books(
            {key: quantity for key, quantity in self.held.items() if quantity},
            dict(self.cash),
            dict(self.working),
            dict(self.levels),
            dict(self.days),
            dict(self.decided),
            frozenset(self.killed),
        )

    def take(self, body: Any) -> None:
        """The next effective record's body."""
        if isinstance(body, AccountDefined):
            self._define(body)
        elif isinstance(body, Facts):
            for fact in body.facts:
                self._fact(fact)
        elif isinstance(body, BreakerMoved):
            self.levels[body.account_id, body.breaker] = body.level_to
        elif isinstance(body, DayRolled):
            self.days[body.account_id] = body.day
        elif isinstance(body, Decision) and not (body.repeat or body.dry_run):
            self.decided[f"{body.account_id}\n{body.order_id}"] = body.status, body.reason
            if body.reservation is not None:
                self._reserve(body.account_id, body.reservation)

    def limit(self, account: str, name: str) -> float:
        """The lowest that holds for an account."""
        return min(self.limits[account][name], self.ceilings.get(name, float("inf")))

    def worst(self, account: str, symbol: str) -> Decimal:
        """The largest position, by size, that working orders can lead to."""
        buys = sum((left for side, left in self._working(account, symbol) if side == "buy"), ZERO)
        sales = sum((left for side, left in self._working(account, symbol) if side != "buy"), ZERO)
        held = self.held.get((account, symbol), ZERO)
        return max(abs(held + buys), abs(held - sales))

    def symbols(self, account: str) -> set[str]:
        """What an account holds, or may come to hold."""
        held = {symbol for (owner, symbol), quantity in self.held.items() if owner == account and quantity}
        return held | {symbol for (owner, _), (symbol, *_) in self.working.items() if owner == account}

    def _working(self, account: str, symbol: str) -> Iterator[tuple[str, Decimal]]:
        mine = ((name, side, left) for (owner, _), (name, side, left) in self.working.items() if owner == account)
        return ((side, left) for name, side, left in mine if name == symbol)

    def _define(self, body: AccountDefined) -> None:
        """Limits that commands changed hold until the definition names others."""
        account, name = body.account, body.account.account_id
        assert account.limits is not None
        defined = {limit: getattr(account.limits, limit) for limit in LIMITS}
        if name not in self._defined:
            self.cash |= {(name, unit): amount for unit, amount in account.cash.items()}
            self.levels |= {(name, kind): "normal" for kind in BreakerKind}
            self.days[name] = -1
        if self._defined.get(name) != defined:
            self._defined[name], self.limits[name] = defined, dict(defined)
        early, self._early = self._early, []
        for fill in early:
            self._fill(fill)

    def _fact(self, fact: Any) -> None:
        if isinstance(fact, Fill):
            self._fill(fact)
        elif isinstance(fact, OrderClosed):
            self._close(fact.account_id, fact.order_id, fact.reason is CloseReason.REJECTED)
        elif isinstance(fact, SetLimits):
            own = fact.scope is Scope.ACCOUNT
            self.limits.get(fact.scope_id, {}).update(fact.changes) if own else self.ceilings.update(fact.changes)
        elif isinstance(fact, Kill):
            self.killed.add(f"{fact.scope}:{fact.scope_id}")
        elif isinstance(fact, Unkill):
            self.killed.discard(f"{fact.scope}:{fact.scope_id}")
        elif isinstance(fact, TripBreaker | ResetBreaker) and fact.account_id in self.limits:
            self.levels[fact.account_id, fact.breaker] = "normal" if isinstance(fact, ResetBreaker) else fact.level

    def _fill(self, fill: Fill) -> None:
        """Of instruments with a multiplier of one, priced in dollars."""
        account = fill.account_id
        if account not in self.limits:
            self._early.append(fill)
            return
        if (account, fill.fill_id) in self._fills:
            return
        self._fills.add((account, fill.fill_id))
        self.held[account, fill.symbol] += fill.side.sign * fill.quantity
        self.cash[account, "USD"] -= fill.side.sign * fill.quantity * fill.price + fill.commission
        newest, place = self._place(account, fill.order_id)
        if newest is not None:
            live = self._chains[account, newest][: place + 1]
            left = [(name, max(ZERO, quantity - fill.quantity)) for name, quantity in live]
            self._keep(account, newest, left[:1] + [link for link in left[1:] if link[1]])

    def _reserve(self, account: str, reservation: Reservation) -> None:
        older = self._chains.pop((account, reservation.replaces or ""), [])
        self.working.pop((account, reservation.replaces or ""), None)
        newest = reservation.order_id, reservation.quantity - reservation.excess
        self.working[account, reservation.order_id] = reservation.symbol, reservation.side, ZERO
        self._keep(account, reservation.order_id, [newest, *older][:CHAIN_MAX])

    def _close(self, account: str, order_id: str, rejected: bool) -> None:
        newest, place = self._place(account, order_id)
        if newest is None:
            return
        chain = self._chains[account, newest]
        if place:
            self._keep(account, newest, chain[:place] + (chain[place + 1 :] if rejected else []))
            return
        entry = self.working[account, newest]
        self._keep(account, newest, [])
        if rejected and chain[1:]:
            self.working[account, chain[1][0]] = entry
            self._keep(account, chain[1][0], chain[1:])

    def _place(self, account: str, order_id: str) -> tuple[str | None, int]:
        """The newest order of the chain of replaces that one is in, and its place there."""
        for (owner, newest), chain in self._chains.items():
            names = [name for name, _ in chain]
            if owner == account and order_id in names:
                return newest, names.index(order_id)
        return None, 0

    def _keep(self, account: str, newest: str, chain: list[tuple[str, Decimal]]) -> None:
        """Any one of a chain may be live: what works is the largest."""
        key, left = (account, newest), max((quantity for _, quantity in chain), default=ZERO)
        symbol, side, _ = self.working.pop(key)
        self._chains.pop(key, None)
        if left:
            self.working[key], self._chains[key] = (symbol, side, left), chain
