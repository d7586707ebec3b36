"""The last decisions, with all their evidence."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from api.views import DecisionLine
from schemas.decisions import Decision, Status


class Known(NamedTuple):
    """A decision beside its line."""

    line: DecisionLine
    decision: Decision


class Recent:
    """At most ``size`` decisions, found by order id while they last."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._known: deque[Known] = deque()
        self._by_order: dict[str, list[Known]] = {}

    def add(self, known: Known) -> None:
        """Take the newest decision; the oldest goes when there are too many."""
        self._known.append(known)
        self._by_order.setdefault(known.line.order_id, []).append(known)
        if len(self._known) > self._size:
            self._forget(self._known.popleft())

    def _forget(self, known: Known) -> None:
        same_id = self._by_order[known.line.order_id]
        same_id.remove(known)
        if not same_id:
            del self._by_order[known.line.order_id]

    def find(self, order_id: str, account_id: str | None = None) -> Decision | None:
        """The decision on an order; the decision itself before a dry run under its id, and that before a repeat."""
        candidates = [
            known.decision for known in self._by_order.get(order_id, ()) if account_id in {None, known.line.account_id}
        ]
        return min(candidates, key=lambda decision: (decision.repeat, decision.dry_run), default=None)

    def lines(self, limit: int, account_id: str | None = None, status: Status | None = None) -> list[DecisionLine]:
        """The newest lines first, of one account and of one status where these are given."""
        chosen = (
            known.line
            for known in reversed(self._known)
            if account_id in {None, known.line.account_id} and status in {None, known.line.status}
        )
        return list(_first(chosen, limit))


def _first(lines: Iterator[DecisionLine], limit: int) -> Iterator[DecisionLine]:
    for _, line in zip(range(limit), lines, strict=False):
        yield line
