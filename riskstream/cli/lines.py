"""JSON Lines in: one event a line, tagged by ``type``, in event-time order."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from schemas.base import Event
from schemas.codec import BadPayload, decode_input
from schemas.reference import Account, Instrument

STANDARD_INPUT = Path("-")


class BadLine(ValueError):
    """A line that is no event: the message has file, line number, field, value and what was expected."""


def read_events(path: Path) -> Iterator[Event]:
    """The events of a file; ``-`` is standard input; empty lines are skipped.

    :raises BadLine: a line that is no input event, or whose time is before that of a line above it.
    :raises OSError: the file can't be read.
    """
    latest = 0
    with _opened(path) as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                where = f"{'<stdin>' if path == STANDARD_INPUT else path}:{number}"
                event = _event(line, where)
                latest = _in_order(event, latest, where)
                yield event


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path == STANDARD_INPUT:
        yield sys.stdin.buffer
    else:
        with path.open("rb") as stream:
            yield stream


def _event(line: bytes, where: str) -> Event:
    try:
        event: Event = decode_input(line)
    except BadPayload as error:
        raise BadLine(f"{where}: {error}") from None
    return event


def _in_order(event: Event, latest: int, where: str) -> int:
    if isinstance(event, Account | Instrument):
        return latest
    time_ns: int = event.event_time_ns  # type: ignore[attr-defined]
    if time_ns < latest:
        raise BadLine(f"{where}: event_time_ns is {time_ns}, expected at least {latest}, the time of an event above it")
    return time_ns
