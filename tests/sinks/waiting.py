"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

DEADLINE_S = 20.0


def wait_for(condition: Callable[[], Any]) -> Any:
    """The first true value of the condition; fails after a deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, "the condition did not come true in time"
    return value
