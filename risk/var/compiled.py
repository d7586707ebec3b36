"""The optional compiled kernel (``riskstream[fast]``): VaR and ES of an order in one pass over the outcomes.

For :class:`risk.var.incremental.ScenarioBook` and those who have a great many orders to try. The ten layers stay with
numpy: the kernel adds the tail up in another order, and the same events must give the same bytes on every worker.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from risk.var.inputs import Vector

#: From outcomes [T], returns [T] of the asset, an amount and a scratch vector [k]: the k-th worst of
#: ``outcomes + amount * returns``, and the sum of the k worst. Nothing may be nan; 1 <= k <= T.
TailAfter = Callable[[Vector, Vector, float, Vector], tuple[float, float]]
_SIGNATURE = "UniTuple(f8, 2)(f8[::1], f8[::1], f8, f8[::1])"


@cache
def compiled_tail() -> TailAfter | None:
    """The kernel as machine code, ``None`` without numba. Compiling takes a second or two, once a process."""
    if find_spec("numba") is None:
        return None
    njit = import_module("numba").njit
    kernel: TailAfter = njit(_SIGNATURE)(tail_by(njit(sink)))
    return kernel


def sink(heap: Vector, at: int) -> None:
    """Let the element at a place go down to where no child is above it."""
    size, value, child = len(heap), heap[at], 2 * at + 1
    while child < size:
        if child + 1 < size and heap[child + 1] > heap[child]:
            child += 1
        if heap[child] <= value:
            break
        heap[at] = heap[child]
        at, child = child, 2 * child + 1
    heap[at] = value


def tail_by(sink: Callable[[Vector, int], None]) -> TailAfter:
    """The kernel in Python, over a ``sink`` that may be compiled.

    ``worst`` is a heap of the k worst outcomes so far, the best of them at its root: O(T + k log T) for outcomes in no
    order, O(T log k) at worst.
    """

    def tail_after(outcomes: Vector, returns: Vector, amount: float, worst: Vector) -> tuple[float, float]:
        size = len(worst)
        for i in range(size):
            worst[i] = outcomes[i] + amount * returns[i]
        for start in range(size // 2 - 1, -1, -1):
            sink(worst, start)
        for i in range(size, len(outcomes)):
            outcome = outcomes[i] + amount * returns[i]
            if outcome < worst[0]:
                worst[0] = outcome
                sink(worst, 0)
        total = 0.0
        for i in range(size):
            total += worst[i]
        return worst[0], total

    return tail_after
