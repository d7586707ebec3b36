"""Exit codes, which are stable, and the one way a command fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import NoReturn

import typer

from streams.exits import NOBODY_THERE

#: The broker answers, but the journal can't be read from where it must be, or not by this version.
BEYOND_REACH = {"JournalGap", "UnknownRecord", "Unreadable"}

BROKER_HINT = (
    "is `make demo` running? It prints the RISKSTREAM_ variables of its broker; RISKSTREAM_BOOTSTRAP_SERVERS=HOST:PORT "
    "names another one"
)


class Code(IntEnum):
    """What ``$?`` means after a command."""

    OK = 0
    #: The command worked and its answer is no: an order was rejected, an order is unknown, the demo's books differ.
    REFUSED = 1
    #: Wrong usage, a bad setting, or a bad line of a file.
    USAGE = 2
    #: The broker or the database can't be reached, or lacks the topics or tables.
    UNREACHABLE = 3
    #: A process that the command needs died.
    CRASHED = 4
    #: Whoever read what was printed had enough, as of any command that SIGPIPE ends.
    UNREAD = 141


EPILOG = (
    "Exit codes: 0 done; 1 the answer is no (an order was rejected or is unknown, the demo failed its checks); "
    "2 wrong usage, setting or input; 3 broker or database unreachable; 4 a process died; 141 nobody reads the output."
)


def fail(message: str, code: Code) -> NoReturn:
    """Print the message on standard error and end the command."""
    typer.secho(f"riskstream: {message}", fg=typer.colors.RED, err=True)
    raise typer.Exit(int(code))


@contextmanager
def reaching(what: str, hint: str = "") -> Iterator[None]:
    """Turn errors of a connection or of what is read from it into exit code 3; ``what`` names it with its address, and
    ``hint`` says where to look if nothing is there. A journal that can't be read is the answer no: exit code 1."""
    try:
        yield
    except Exception as error:
        if type(error).__name__ in BEYOND_REACH:
            fail(str(error), Code.REFUSED)
        ours = type(error).__module__.partition(".")[0] in {"aiokafka", "psycopg", "streams"}
        if not (ours or isinstance(error, OSError | TimeoutError)):
            raise
        cause = hint if NOBODY_THERE in str(error) else str(error)
        fail(f"cannot reach {what}{cause and f': {cause}'}", Code.UNREACHABLE)


@contextmanager
def reaching_broker(address: str) -> Iterator[None]:
    """:func:`reaching` for the broker. What its client logs meanwhile is not printed: the error says it once."""
    log = logging.getLogger("aiokafka")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with reaching(f"the broker at {address}", BROKER_HINT):
            yield
    finally:
        log.setLevel(level)
