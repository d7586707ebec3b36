"""A connection that comes back: bounded back-off while the database is away, until told to stop."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg import errors

from sinks.base import SinkUnavailable
from sinks.timescale.table import Row

LOG = logging.getLogger(__name__)
#: What a new connection can cure. Anything else (bad data, missing table) is an error of the program or the schema.
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, errors.ReadOnlySqlTransaction)
FIRST_DELAY_S, DELAY_MAX_S = 0.05, 2.0
_OPTIONS = "-c statement_timeout=30s -c idle_in_transaction_session_timeout=60s -c timezone=UTC"
T = TypeVar("T")


class Database:
    """One connection at a time. Used by one thread, except for :meth:`interrupt`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[Row] | None = None
        self._interrupted = threading.Event()

    def run(self, work: Callable[[psycopg.Connection[Row]], T]) -> T:
        """Give a live connection to ``work``; after a lost connection once more from the start, until it succeeds.

        :raises SinkUnavailable: interrupted while the database was away.
        """
        delay_s = 0.0
        while not self._interrupted.wait(delay_s):
            try:
                result = work(self._live())
            except AWAY as error:
                self.close()
                if not delay_s:
                    LOG.warning("the database is away, trying again: %s", str(error).strip())
                delay_s = min(max(2 * delay_s, FIRST_DELAY_S), DELAY_MAX_S)
            else:
                if delay_s:
                    LOG.warning("the database is back")
                return result
        raise SinkUnavailable("interrupted while the database was away")

    def _live(self) -> psycopg.Connection[Row]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._url, autocommit=True, connect_timeout=2, options=_OPTIONS, application_name="riskstream-sink"
            )
        # After the connection is known to `interrupt`: one of the two sees the other, so nothing hangs uninterrupted.
        if self._interrupted.is_set():
            raise SinkUnavailable("interrupted while connecting")
        return self._connection

    def interrupt(self) -> None:
        """From any thread: stop waiting, and end a statement that is under way by cutting the connection."""
        self._interrupted.set()
        connection = self._connection
        if connection is None:
            return
        with contextlib.suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as cut:
            cut.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Drop the connection; the next :meth:`run` makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
