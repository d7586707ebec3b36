"""Named points at which a test can kill this process: ``FAULT_AT=after_append:3`` ends it at the third passage.

Nothing but the environment sets them, and a point that is not named costs one look at a variable.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "FAULT_AT"
POINTS = ("before_append", "after_append", "before_ack", "after_ack", "after_claim", "mid_snapshot")


def _parse(text: str) -> tuple[str, int]:
    """``after_append:3`` -> (after_append, 3).

    :raises ValueError: no such point, or no count.
    """
    name, _, count = text.partition(":")
    if name not in POINTS or not (count or "1").isdigit():
        raise ValueError(f"{VARIABLE} is {text!r}, expected POINT:COUNT with one of {', '.join(POINTS)}")
    return name, int(count or 1)


_point, _left = _parse(os.environ[VARIABLE]) if VARIABLE in os.environ else ("", 0)


def passing(point: str) -> None:
    """End here, at once and without any cleaning up, if this is the point and the passage."""
    global _left  # noqa: PLW0603 - one process, one point
    if point == _point:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
