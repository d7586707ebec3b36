"""I2: an order is decided once, and asked for again it gets the same answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from schemas.decisions import Decision


class Verdicts:
    """The first answer to each order id of each account."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], Decision] = {}

    def take(self, decision: Decision) -> Iterator[str]:
        """The next decision; gives what is wrong with it."""
        if decision.dry_run:
            return
        first = self._first.setdefault((decision.account_id, decision.order_id), decision)
        if not decision.repeat:
            if first is not decision:
                yield "is decided again"
            return
        if first is decision:
            yield "is called a repeat, but was never decided"
        elif _asked(first.order) != _asked(decision.order):
            yield from _compare(decision, ("rejected", "ORDER_ID_REUSED"))
        else:
            yield from _compare(decision, (first.status, first.reason))


def _compare(decision: Decision, wanted: tuple[str, str]) -> Iterator[str]:
    said = decision.status, decision.reason
    if said != wanted:
        yield f"is answered again with {said}, expected {wanted}"


def _asked(order: Any) -> dict[str, Any]:
    """What an order asks for, whenever it was stamped."""
    fields = msgspec.to_builtins(order)
    return {name: value for name, value in fields.items() if name != "event_time_ns"}
