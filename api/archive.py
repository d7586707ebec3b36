"""The database, for decisions that memory has let go. A slow or dead database costs an answer, never the loop."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg

from schemas.decisions import Decision
from sinks import queries

CONNECT_TIMEOUT_S = 2
STATEMENT_TIMEOUT_MS = 3000
CONNECTIONS_MAX = 4


class ArchiveFault(Exception):
    """The database could not be asked."""


class Archive:
    """Reads evidence by short connections, a few at a time."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._slots = asyncio.Semaphore(CONNECTIONS_MAX)
        self.fault = ""

    async def explain(self, order_id: str, account_id: str | None = None) -> Decision | None:
        """The decision on an order, if there is one.

        :raises ArchiveFault: no connection, or a failed query.
        """
        async with self._slots:
            evidence = await self._run(queries.explain, order_id, account_id)
        return evidence.decision if evidence else None

    async def probe(self) -> str:
        """Why the database can't be asked; empty when it can."""
        try:
            await self._run(lambda connection: connection.execute("SELECT 1"))
        except ArchiveFault as error:
            return str(error)
        return ""

    async def _run(self, query: Any, *arguments: Any) -> Any:
        try:
            result = await asyncio.to_thread(self._ask, query, *arguments)
        except psycopg.Error as error:
            self.fault = str(error).strip().partition("\n")[0] or type(error).__name__
            raise ArchiveFault(self.fault) from error
        self.fault = ""
        return result

    def _ask(self, query: Any, *arguments: Any) -> Any:
        options = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c default_transaction_read_only=on"
        with psycopg.connect(
            self._url, connect_timeout=CONNECT_TIMEOUT_S, options=options, application_name="riskstream-api"
        ) as connection:
            return query(connection, *arguments)
