"""What becomes of a command whose output nobody reads any more: it ends at once, and says nothing."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from riskstream.cli.codes import Code

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Read(io.FileIO):
    """Standard output. Once its pipe is closed a write ends the process like one that SIGPIPE ended, such as ``cat``.

    Not by the signal itself: a broker or database that hangs up is no reason to die.
    """

    def write(self, data: ReadableBuffer, /) -> int:
        """:raises SystemExit: nobody reads."""
        try:
            return super().write(data)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())  # what is buffered has to go somewhere
            raise SystemExit(int(Code.UNREAD)) from None


@contextmanager
def ending_with_its_reader() -> Iterator[None]:
    """For all that is printed meanwhile; without a standard output (``>&-``) nothing is."""
    if sys.stdout is None:
        yield
        return
    before = sys.stdout
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(Read(before.fileno(), "w", closefd=False)),
        encoding=before.encoding,
        errors=before.errors,
        line_buffering=before.isatty(),
    )
    try:
        yield
    finally:
        sys.stdout.flush()
