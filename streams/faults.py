"""Named points at which a test can stop this process: ``FAULT_AT=after_append:3`` kills it at the third passage,
``FAULT_AT=after_append:3:SIGSTOP`` lets it stand still there.

Nothing but the environment sets them, and a point that is not named costs one look at a variable.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "FAULT_AT"
POINTS = (
    "before_append",
    "after_send",
    "after_append",
    "before_ack",
    "after_ack",
    "after_claim",
    "mid_fold",
    "mid_snapshot",
    "after_manifest",
    "after_bury",
    "before_cursor",
)
SIGNALS = {"": signal.SIGKILL, "SIGKILL": signal.SIGKILL, "SIGSTOP": signal.SIGSTOP}


def parsed(text: str) -> tuple[str, int, signal.Signals]:
    """``after_append:3`` -> (after_append, 3, SIGKILL).

    :raises ValueError: no such point, no count, or another signal.
    """
    name, count, how = (*text.split(":"), "", "")[:3]
    if name not in POINTS or not (count or "1").isdigit() or how not in SIGNALS:
        raise ValueError(f"{VARIABLE} is {text!r}, expected POINT:COUNT:SIGNAL with one of {', '.join(POINTS)}")
    return name, int(count or 1), SIGNALS[how]


_point, _left, _how = parsed(os.environ[VARIABLE]) if VARIABLE in os.environ else ("", 0, signal.SIGKILL)


def passing(point: str) -> None:
    """End (or stand still) here, at once and without any cleaning up, if this is the point and the passage."""
    global _left  # noqa: PLW0603 - one process, one point
    if point == _point:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), _how)
