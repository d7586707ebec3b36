"""How an order came to the worker, and whether that took too long."""

from __future__ import annotations

from typing import NamedTuple


class Arrival(NamedTuple):
    """How an order came: to the right partition or not, when the broker took it and when the worker did (wall clock),
    and how long it may be on its way (``None``: for ever)."""

    wrong_partition: bool = False
    received_ns: int | None = None
    taken_ns: int = 0
    budget_ns: int | None = None

    @property
    def waited_ns(self) -> int | None:
        """Time between broker and decision; a broker's clock that is ahead is as suspicious as one that is behind."""
        return None if self.received_ns is None else abs(self.taken_ns - self.received_ns)

    @property
    def late(self) -> bool:
        """Whether it was longer on its way than it may be."""
        waited_ns = self.waited_ns
        return waited_ns is not None and self.budget_ns is not None and waited_ns > self.budget_ns

    @property
    def deadline_ns(self) -> int | None:
        """When the order is too old to be approved, on the wall clock."""
        return None if self.received_ns is None or self.budget_ns is None else self.received_ns + self.budget_ns


AT_ONCE = Arrival()
