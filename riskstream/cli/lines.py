"""JSON Lines in: one event a line, tagged by ``type``, in event-time order."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from schemas.base import Event
from schemas.codec import BadPayload, decode_input
from schemas.reference import Account, Instrument
from schemas.strays import refuse_strays

STANDARD_INPUT = Path("-")


class BadInput(ValueError):
    """A file that can't be read, or a line that is no event: the message has file, line number, field, value and what
    was expected."""


def size_of(path: Path) -> int | None:
    """The bytes of a file that can be read; None where they are not known before its end.

    :raises BadInput: it can't be read.
    """
    with _opened(path) as stream:
        try:
            status = os.fstat(stream.fileno())
        except OSError:  # a stand-in for standard input
            return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def read_events(path: Path, read: Callable[[int], None] | None = None) -> Iterator[Event]:
    """The events of a file; ``-`` is standard input; empty lines are skipped. ``read`` is told the bytes of each line.

    :raises BadInput: the file can't be read; a line is no input event, has a name that no field has, or its time is
        before that of a line above it.
    """
    latest = 0
    with _opened(path) as stream:
        for number, line in enumerate(stream, start=1):
            if read is not None:
                read(len(line))
            if line.strip():
                where = f"{'<stdin>' if path == STANDARD_INPUT else path}:{number}"
                event = _event(line, where)
                latest = _in_order(event, latest, where)
                yield event


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        raise BadInput(f"FILE is {str(path)!r}, expected a file that can be read: {error.strerror}") from None
    with stream:
        yield stream


def _event(line: bytes, where: str) -> Event:
    try:
        event: Event = decode_input(line)
        refuse_strays(event, line)
    except BadPayload as error:
        raise BadInput(f"{where}: {error}") from None
    return event


def _in_order(event: Event, latest: int, where: str) -> int:
    if isinstance(event, Account | Instrument):
        return latest
    time_ns: int = event.event_time_ns  # type: ignore[attr-defined]
    if time_ns < latest:
        raise BadInput(
            f"{where}: event_time_ns is {time_ns}, expected at least {latest}, the time of an event above it"
        )
    return time_ns
