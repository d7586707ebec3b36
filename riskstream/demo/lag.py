"""How far the demo's worker is behind its inputs, as its own metrics tell."""

from __future__ import annotations

import asyncio
import re
from urllib.request import urlopen

from streams.settings import StreamSettings

_EVERY_S = 0.5
_TIMEOUT_S = 2.0
_BEHIND = re.compile(r"^riskstream_(?:lag|waiting)\{.*\} (.*)$", re.MULTILINE)


class WorkerLag:
    """``records`` are those of all input topics that the worker has not decided yet, as of half a second ago."""

    def __init__(self, settings: StreamSettings) -> None:
        self._address = f"http://{settings.web_host}:{settings.web_port}/metrics"
        self.records = 0

    async def watch(self) -> None:
        """Ask until cancelled; a worker that does not answer yet leaves the figure as it is."""
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                self.records = records_behind(await asyncio.to_thread(self._read))
            except OSError:
                continue

    def _read(self) -> str:
        with urlopen(self._address, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - on loopback
            text: str = answer.read().decode()
        return text


def records_behind(metrics: str) -> int:
    """The sum over topics and partitions, in Prometheus' text format.

    >>> records_behind('riskstream_lag{partition="0",topic="t"} 3.0\\nriskstream_waiting{partition="0"} 2.0\\n')
    5
    """
    return sum(int(float(value)) for value in _BEHIND.findall(metrics))
