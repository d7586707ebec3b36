"""What the endpoints work with; one an application."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from api.archive import Archive
from api.feed import ReadModel
from api.gateway import Gateway
from api.telemetry import Telemetry


@dataclass(kw_only=True)
class Context:
    """``clock`` gives the time that a checked order gets when it names none."""

    model: ReadModel
    gateway: Gateway
    telemetry: Telemetry
    archive: Archive | None = None
    clock: Callable[[], int] = time.time_ns
    streams: int = 0

    @contextmanager
    def streaming(self) -> Iterator[None]:
        """Counts a client of the live stream."""
        self.streams += 1
        self.telemetry.clients.set(self.streams)
        try:
            yield
        finally:
            self.streams -= 1
            self.telemetry.clients.set(self.streams)
