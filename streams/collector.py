"""Garbage collection that no order waits for."""

from __future__ import annotations

import gc

#: New objects that may be in a cycle before the young are looked at, and how many of those looks make a deeper one.
YOUNG, DEEPER = 20_000, 20


def settle() -> None:
    """What is there by now stays for good and is left out of every collection; the rest is looked at less often.

    A full collection walks over all objects that could be in a cycle, and those of the imported modules alone, several
    100,000, take 50 to 200 ms. Nearly all garbage of a decision is in no cycle and goes at once, without a collection.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, DEEPER, DEEPER)
