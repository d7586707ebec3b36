"""Garbage collection in the worker's process."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from risk.state import Prior
from schemas.decisions import Status
from schemas.reasons import Reason
from streams.collector import settle


@pytest.fixture
def collector() -> Iterator[None]:
    """As it was, afterwards."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_is_there_is_left_out_of_collections(collector: None) -> None:
    """The objects of the imported modules are in no generation any more; garbage in cycles still goes."""
    settle()
    assert gc.get_freeze_count() > 10_000
    assert len(gc.get_objects()) < 1000
    cycle: list[object] = []
    cycle.append(cycle)
    del cycle
    assert gc.collect() == 1


def test_the_window_of_decided_orders_is_nothing_to_collect() -> None:
    """Its entries, of which there are 100,000 in a partition, can be in no cycle."""
    assert not gc.is_tracked(Prior("digest", Status.APPROVED, Reason.APPROVED, 1))
