"""The engine of one partition: its state, the market view, and the books between them.

Deciding and changing are two functions. ``decide`` reads state and market and gives records; ``apply`` reads one
record and changes the state. ``step`` is both, for a worker that journals what it returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from risk.apply import apply
from risk.arrival import AT_ONCE, Arrival
from risk.book import Book
from risk.breaker import SEVERITY, loss, thresholds
from risk.build_book import build_book
from risk.confirmation import confirmed_equity
from risk.decide import Order, cancelled, decide_order, failed, repeated
from risk.digest import state_digest
from risk.early import losses
from risk.events import market_events
from risk.limits import killed_by
from risk.market import MarketState
from risk.metrics import account_metrics
from risk.notices import notices
from risk.proposal import Proposal
from risk.propose import propose, propose_replace
from risk.shift import shift_book, working_symbol
from risk.sightings import Range
from risk.state import AccountState, PartitionState, Working, order_key
from schemas.commands import BreakerLevel, Command, ResetBreaker, TripBreaker
from schemas.decisions import Decision
from schemas.orders import Fill, OrderCancel, OrderClosed, OrderReplace, OrderRequest
from schemas.outputs import RiskMetrics, StressResult, VarResult
from schemas.presets import PRESETS, Preset
from schemas.records import AccountDefined, Body, BreakerMoved, Facts, InstrumentDefined
from schemas.reference import Account, Instrument

Input = OrderRequest | OrderReplace | OrderCancel | OrderClosed | Fill | Command


class RiskEngine:
    """All accounts of one partition. Not thread-safe; one engine a partition, one market view a worker."""

    def __init__(self, state: PartitionState, market: MarketState, presets: Mapping[str, Preset] = PRESETS) -> None:
        self.state = state
        self.market = market
        self._presets = presets
        self._books: dict[str, Book] = {}
        self._confirmed: dict[str, tuple[Book, Range | None]] = {}

    def define(self, reference: Account | Instrument) -> tuple[Body, ...]:
        """The record by which reference data enters the state, if it is new or newer than what is there, or the
        account's preset is."""
        if isinstance(reference, Instrument):
            known = self.state.instruments.get(reference.symbol)
            return (InstrumentDefined(instrument=reference),) if _newer(reference.version, known) else ()
        account = self.state.accounts.get(reference.account_id)
        current = account.definition if account is not None else None
        if current is None or _newer(reference.version, current):
            return (AccountDefined(account=reference, preset=self._presets.get(reference.preset)),)
        preset = self._presets.get(current.preset)
        same = preset is None or preset == self.state.presets.get(current.preset)
        return () if same else (AccountDefined(account=current, preset=preset),)

    def events(self, now_ns: int, accounts: Iterable[str] | None = None) -> tuple[Body, ...]:
        """What the market changed in account state; of the named accounts, or of all."""
        names = list(self.state.accounts) if accounts is None else accounts
        known = [self.state.accounts[name] for name in names if name in self.state.accounts]
        return tuple(event for account in known for event in self._events_of(account, now_ns))

    def decide(self, event: Input, now_ns: int, arrival: Arrival = AT_ONCE) -> tuple[Body, ...]:
        """The records that an input leads to. Nothing changes before they are applied."""
        if isinstance(event, OrderRequest | OrderReplace | OrderCancel):
            return (self._decide_order(event, now_ns, arrival),)
        facts = Facts(facts=(event,), applied_at_ns=now_ns)
        if isinstance(event, TripBreaker | ResetBreaker):
            return (*self._by_hand(event, now_ns), *losses(self.state, event, now_ns), facts)
        return (*losses(self.state, event, now_ns), facts)

    def refuse(self, order: Order, now_ns: int, error: str) -> tuple[Body, ...]:
        """The answer to an order that :meth:`decide` failed on: what was answered before, else a refusal."""
        prior = self.state.recent.get(order_key(order.account_id, order.order_id))
        if prior is not None and not getattr(order, "dry_run", False):
            return (repeated(order, prior, now_ns),)
        return (failed(order, now_ns, error),)

    def digest(self) -> bytes:
        """Fingerprint of the state."""
        return state_digest(self.state)

    def apply(self, body: Body) -> None:
        """Fold one record into the state; the only way it changes. The account's book follows where that is cheap."""
        account = self.state.accounts.get(_account_of(body))
        symbol = working_symbol(account, body) if account is not None else None
        apply(self.state, body)
        if account is not None and symbol is not None:
            self._follow(account, symbol)

    def step(self, event: Input, now_ns: int, arrival: Arrival = AT_ONCE) -> tuple[Body, ...]:
        """First what the market changed in the account, then what the input leads to; all of it applied."""
        account_id = getattr(event, "account_id", None)
        first = self.events(now_ns, None if account_id is None else (account_id,))
        for body in first:
            self.apply(body)
        then = self.decide(event, now_ns, arrival)
        for body in then:
            self.apply(body)
        return (*first, *then)

    def metrics(
        self, now_ns: int, accounts: Iterable[str] | None = None
    ) -> list[RiskMetrics | VarResult | StressResult]:
        """Risk metrics of all accounts (or of these) that can be valued."""
        wanted = self.state.accounts if accounts is None else accounts
        return [
            result
            for account in (self.state.accounts[account_id] for account_id in wanted)
            for result in account_metrics(
                account, self.book(account, now_ns), self.market, self.state.instruments, now_ns
            )
        ]

    def book(self, account: AccountState, now_ns: int | None = None) -> Book:
        """The account's book for its positions and the market as they are, at ``now_ns`` or the market's own time;
        rebuilt only when either changed, or a quote in it has become too old."""
        account_id, now_ns = account.definition.account_id, self.market.now_ns if now_ns is None else now_ns
        book = self._books.get(account_id)
        current = book is not None and (book.market_version, book.revision) == (self.market.version, account.revision)
        if book is None or not current or book.expired(now_ns):
            book = self._books[account_id] = build_book(account, self.state, self.market, now_ns)
        return book

    def _follow(self, account: AccountState, symbol: str) -> None:
        book = self._books.get(account.definition.account_id)
        if book is None or book.market_version != self.market.version or book.revision != account.revision - 1:
            return
        if shift_book(book, symbol, account, self.state, self.market):
            book.revision = account.revision

    def _decide_order(self, order: Order, now_ns: int, arrival: Arrival) -> Decision:
        prior = self.state.recent.get(order_key(order.account_id, order.order_id))
        if prior is not None and not getattr(order, "dry_run", False):
            return repeated(order, prior, now_ns)
        if isinstance(order, OrderCancel):
            return cancelled(order, now_ns)
        return decide_order(self._propose(order, now_ns, arrival))

    def _propose(self, order: OrderRequest | OrderReplace, now_ns: int, arrival: Arrival) -> Proposal:
        account = self.state.accounts.get(order.account_id)
        book = self.book(account, now_ns) if account is not None else None
        if isinstance(order, OrderReplace):
            proposal = propose_replace(order, self.state, self.market, book, now_ns)
        else:
            proposal = propose(order, self.state, self.market, book, now_ns)
        switch = self._switch(account, order, proposal.original) if account is not None else None
        if switch is None and arrival is AT_ONCE:
            return proposal
        return replace(proposal, killed_by=switch, arrival=arrival)

    def _switch(
        self, account: AccountState, order: OrderRequest | OrderReplace, original: Working | None
    ) -> str | None:
        """The kill switch that stops an order; of a replace, also one that would stop what it replaces."""
        asked = killed_by(self.state, account.definition, order.strategy_id, order.trader_id)
        if asked is not None or original is None:
            return asked
        return killed_by(self.state, account.definition, original.terms.strategy_id, original.terms.trader_id)

    def _events_of(self, account: AccountState, now_ns: int) -> tuple[Body, ...]:
        book, benchmark = self.book(account, now_ns), self.market.benchmark
        moves = market_events(account, book, now_ns, lambda: self._confirmed_of(account), benchmark)
        return (*notices(account, self.market.vix, now_ns), *moves)

    def _confirmed_of(self, account: AccountState) -> Range | None:
        """Confirmed equity; computed once a book."""
        account_id, book = account.definition.account_id, self.book(account)
        known = self._confirmed.get(account_id)
        if known is None or known[0] is not book:
            known = self._confirmed[account_id] = book, confirmed_equity(account, self.state, self.market)
        return known[1]

    def _by_hand(self, command: TripBreaker | ResetBreaker, now_ns: int) -> tuple[Body, ...]:
        """The move of a breaker that a person ordered; a reset measures losses from its confirmed equity on."""
        account = self.state.accounts.get(command.account_id)
        if account is None:
            return ()
        resets = isinstance(command, ResetBreaker)
        level = BreakerLevel.NORMAL if isinstance(command, ResetBreaker) else command.level
        breaker, book = account.breakers[command.breaker], self.book(account, now_ns)
        rebased = resets and not book.unvalued
        seen = self._confirmed_of(account) if rebased else None
        measure = loss(breaker, book.equity) if breaker.base > 0 else None
        return (
            BreakerMoved(
                account_id=command.account_id,
                breaker=command.breaker,
                level_from=breaker.level,
                level_to=level,
                trigger=f"{'reset' if resets else 'tripped'} by {command.author}",
                measure=measure or 0.0,
                limit=thresholds(account.limits, command.breaker)[max(0, SEVERITY[level] - 1)],
                equity=seen.middle if seen is not None else book.equity,
                latched=level is not BreakerLevel.NORMAL,
                rebased=rebased,
                event_time_ns=now_ns,
            ),
        )


def _account_of(body: Body) -> str:
    """The account that a record is about, if it is about one."""
    if isinstance(body, Facts):
        return getattr(body.facts[0], "account_id", "") if body.facts else ""
    return getattr(body, "account_id", "")


def _newer(version: int, known: Account | Instrument | None) -> bool:
    return known is None or version > known.version
