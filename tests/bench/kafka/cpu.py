"""What of the CPU a process and its children have used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple, Self

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class Spent(NamedTuple):
    """CPU seconds of the system under measurement with its children, of the broker, and of the load (this process)."""

    system: float
    broker: float
    load: float

    @classmethod
    def so_far(cls, system_pid: int, broker_pid: int | None) -> Self:
        """Until now; 0 for a broker that is not on this machine."""
        return cls(seconds(system_pid), seconds(broker_pid) if broker_pid else 0.0, seconds(os.getpid(), False))

    def since(self, before: Spent, orders: int) -> dict[str, float]:
        """Microseconds for each of so many orders."""
        return {
            name: round((now - then) / orders * 1e6, 1)
            for name, now, then in zip(self._fields, self, before, strict=True)
        }


def seconds(pid: int, with_children: bool = True) -> float:
    """User and system time of a process so far, and of its children, those that ended included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    own = sum(map(int, fields[11:15] if with_children else fields[11:13])) / _TICKS_A_SECOND
    return own + sum(map(seconds, children(pid))) if with_children else own


def children(pid: int) -> list[int]:
    """The processes that any of its threads started and that have not ended."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for each in lists for child in each.read_text().split()]
