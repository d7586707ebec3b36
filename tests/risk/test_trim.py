"""Windows of what was seen: how much of it is remembered."""

from __future__ import annotations

import pytest

from risk.state import TRIM_PORTION, trim


@pytest.mark.parametrize("size", [1, 10, 640])
def test_the_newest_entries_are_kept_and_few_more(size: int) -> None:
    """At any time the newest ``size`` are there, in order, and at most one part in TRIM_PORTION older ones."""
    window: dict[str, int] = {}
    for number in range(5 * size):
        window[str(number)] = number
        trim(window, size)
        kept = list(window.values())
        assert kept == list(range(number + 1 - len(kept), number + 1))
        assert min(size, number + 1) <= len(kept) <= size + size // TRIM_PORTION
