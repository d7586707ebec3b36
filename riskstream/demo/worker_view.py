"""How far the demo's worker is, as its own metrics tell: with its inputs, with the market, with its measures of it."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from http.client import HTTPException
from typing import NamedTuple
from urllib.request import urlopen

from risk.market_analysis import MarketAnalysis
from risk.stress.simulation import StressSimulation
from streams.settings import StreamSettings

_EVERY_S = 0.5
_TIMEOUT_S = 2.0
_SAMPLE = re.compile(r"^riskstream_(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
_TIMES = {f'measure="{each.name}"' for each in (MarketAnalysis, StressSimulation)}


class Reading(NamedTuple):
    """``behind`` are the records of all input topics that are not decided yet, ``feed_s`` the event time of the newest
    mark that decisions see, ``measured`` the number of symbols of which all background measures are known, and
    ``measures_s`` the event time of the older one of those that are renewed with every bar."""

    behind: int = 0
    feed_s: float = 0.0
    measured: int = 0
    measures_s: float = 0.0


class WorkerView:
    """The newest :class:`Reading`; a worker that does not answer leaves it as it is."""

    def __init__(self, settings: StreamSettings) -> None:
        self._address = f"http://{settings.web_host}:{settings.web_port}/metrics"
        self.reading = Reading()

    async def watch(self) -> None:
        """Look twice a second until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_EVERY_S)

    async def look(self) -> Reading:
        """Ask now."""
        with suppress(OSError, HTTPException):  # the latter: it ended while it answered
            self.reading = reading(await asyncio.to_thread(self._read))
        return self.reading

    def _read(self) -> str:
        with urlopen(self._address, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - on loopback
            text: str = answer.read().decode()
        return text


def reading(metrics: str) -> Reading:
    """What Prometheus' text format says.

    >>> reading('riskstream_lag{partition="0",topic="t"} 3.0\\nriskstream_waiting{partition="0"} 2.0\\n').behind
    5
    """
    found = [(name, labels, float(value)) for name, labels, value in _SAMPLE.findall(metrics)]
    plain = {name: value for name, labels, value in found if not labels}
    times = {labels: value for name, labels, value in found if name == "background_time_seconds" and labels in _TIMES}
    return Reading(
        behind=int(sum(value for name, _, value in found if name in {"lag", "waiting"})),
        feed_s=plain.get("feed_time_seconds", 0.0),
        measured=int(plain.get("symbols_measured", 0)),
        measures_s=min(times.values()) if len(times) == len(_TIMES) else 0.0,
    )
