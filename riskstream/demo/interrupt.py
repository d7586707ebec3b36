"""Ctrl-C and SIGTERM while the demo starts: noted, and acted on between two steps.

Raising from a signal handler would not do: where the signal arrives in the midst of an import, Python drops what the
handler raised, and the demo would go on as if nobody had asked it to stop.
"""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Exception):
    """The demo was told to stop before it was up."""


class Interrupt:
    """Notes the signals inside its block; the handlers that were there before come back in the end."""

    def __init__(self) -> None:
        self._seen = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """:raises Interrupted: a signal came since the block began."""
        if self._seen:
            raise Interrupted

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._seen = True
