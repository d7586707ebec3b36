"""Children must not outlive their parent, however it ends: on Linux the kernel sees to it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def dies_with_parent(death_signal: signal.Signals = signal.SIGTERM, user_id: int | None = None) -> Callable[[], None]:
    """A ``preexec_fn``: ask for a signal at the parent's death, as ``user_id`` if given.

    The user is changed here and not by ``subprocess``, because changing it clears the request.
    """
    parent = os.getpid()

    def prepare() -> None:
        if user_id is not None:
            os.setgroups([])
            os.setgid(user_id)
            os.setuid(user_id)
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGKILL)

    return prepare
