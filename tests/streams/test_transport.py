"""The transport is found where Faust looks for drivers."""

from __future__ import annotations

from importlib.metadata import entry_points

from streams.transport import Transport


def test_faust_finds_it_by_name() -> None:
    """``inloop`` among the entry points of ``faust.transports`` is the transport that the worker uses."""
    (found,) = entry_points(group="faust.transports", name="inloop")
    assert found.load() is Transport
