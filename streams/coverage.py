"""How far the newest complete snapshot of a partition goes, and how old it is: retention must not pass it."""

from __future__ import annotations

from collections.abc import Callable

from streams.snapshots import Snapshot

MILLISECOND_NS = 1_000_000
NANOSECONDS = 1e9


class Coverage:
    """What is known of a partition's newest complete snapshot, over all holds of one worker.

    Without one (or one of an earlier version, which has no time) its age counts from when this was made. The journal
    keeps records for ``retention_ms``; ``None``: for ever, or nobody knows.
    """

    def __init__(self, wall_ns: Callable[[], int], retention_ms: int | None) -> None:
        self._wall_ns, self._retention_ms = wall_ns, retention_ms
        self._taken_ns = wall_ns()
        #: Where the journal goes on after it.
        self.offset = 0
        self._alarmed = False

    def found(self, snapshot: Snapshot | None) -> None:
        """A takeover starts from this one."""
        if snapshot is not None:
            self.complete(snapshot.cursor.offset, snapshot.taken_ns or self._taken_ns)

    def complete(self, offset: int, taken_ns: int) -> None:
        """A snapshot of the state at this offset is complete."""
        self.offset, self._taken_ns = offset, taken_ns

    @property
    def age_ns(self) -> int:
        """Since it was taken."""
        return max(0, self._wall_ns() - self._taken_ns)

    @property
    def stale(self) -> bool:
        """It is time for another one, though nothing new is in the journal: a quarter of the retention has passed."""
        return self._beyond(4)

    @property
    def overdue(self) -> bool:
        """Half the retention has passed: once all of it has, nobody can take the partition over any more."""
        return self._beyond(2)

    def alarming(self) -> bool:
        """Whether it is overdue and this was not asked since it became so."""
        before, self._alarmed = self._alarmed, self.overdue
        return self._alarmed and not before

    def _beyond(self, part: int) -> bool:
        return self._retention_ms is not None and self.age_ns * part > self._retention_ms * MILLISECOND_NS
