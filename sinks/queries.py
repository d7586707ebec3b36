"""Reads that other parts need, on a psycopg connection. Results are typed; nothing here changes anything."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from psycopg import Connection, sql
from psycopg.rows import class_row, dict_row

from schemas import codec
from schemas.decisions import Decision, Status
from schemas.outputs import RiskMetrics
from schemas.reasons import Reason
from sinks.timescale.output_tables import METRICS
from sinks.timescale.table import Row

PAGE_MAX = 1000


class DecisionCount(NamedTuple):
    """How many decisions share a status, a reason and the two flags."""

    status: Status
    reason: Reason
    dry_run: bool
    repeat: bool
    decisions: int


class Evidence(NamedTuple):
    """A decision as it was journaled: ``body`` byte by byte, ``decision`` decoded from it."""

    partition: int
    seq: int
    journal_offset: int
    body: bytes
    decision: Decision


class DecisionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a list of decisions; (partition, seq) is its id."""

    partition: int
    seq: int
    time: datetime
    time_ns: int
    order_id: str
    account_id: str
    symbol: str | None
    status: str
    reason: str
    text: str
    score: float
    max_quantity: Decimal
    reducing: bool
    dry_run: bool
    repeat: bool

    @property
    def page_key(self) -> tuple[datetime, int, int]:
        """What to pass as ``before`` to get the page that follows this line."""
        return self.time, self.partition, self.seq


def decision_counts(connection: Connection[Any], account_id: str | None = None) -> list[DecisionCount]:
    """Decisions by status, reason and flags, the most frequent first; of one account or of all."""
    rows = connection.execute(
        """SELECT status, reason, dry_run, repeat, count(*) FROM decisions
           WHERE %(account)s::text IS NULL OR account_id = %(account)s
           GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4""",
        {"account": account_id},
    )
    return [
        DecisionCount(Status(status), Reason(reason), dry_run, repeat, decisions)
        for status, reason, dry_run, repeat, decisions in rows
    ]


def explain(connection: Connection[Any], order_id: str, account_id: str | None = None) -> Evidence | None:
    """The decision on an order with everything it was decided on; ``None`` if there is none.

    The decision itself comes before a dry run under the same id, and that before repeats.
    """
    row = connection.execute(
        """SELECT partition, seq, journal_offset, body FROM decisions
           WHERE order_id = %(order)s AND (%(account)s::text IS NULL OR account_id = %(account)s)
           ORDER BY repeat, dry_run, "time", partition, seq LIMIT 1""",
        {"order": order_id, "account": account_id},
    ).fetchone()
    if row is None:
        return None
    partition, seq, offset, body = row
    return Evidence(partition, seq, offset, bytes(body), codec.decode_body(bytes(body)))


def latest_metrics(connection: Connection[Any]) -> list[RiskMetrics]:
    """The newest metrics of every account, by account. Costs one index probe an account, however long the history."""
    names = [column.name for column in METRICS.columns if column.name not in {"time", "time_ns"}]
    statement = sql.SQL(
        """WITH RECURSIVE accounts AS (
               (SELECT min(account_id) AS id FROM risk_metrics)
               UNION ALL
               SELECT (SELECT min(m.account_id) FROM risk_metrics m WHERE m.account_id > a.id) FROM accounts a
               WHERE a.id IS NOT NULL)
           SELECT time_ns AS event_time_ns, {} FROM accounts
           CROSS JOIN LATERAL (SELECT * FROM risk_metrics m WHERE m.account_id = accounts.id
                               ORDER BY m."time" DESC LIMIT 1) newest ORDER BY account_id"""
    ).format(sql.SQL(", ").join(map(sql.Identifier, names)))
    with connection.cursor(row_factory=dict_row) as cursor:
        return [_metrics(row) for row in cursor.execute(statement)]


def _metrics(row: dict[str, Any]) -> RiskMetrics:
    plain = {name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()}
    return msgspec.convert(plain, RiskMetrics)


def account_decisions(
    connection: Connection[Any], account_id: str, limit: int = 100, before: tuple[datetime, int, int] | None = None
) -> list[DecisionSummary]:
    """Decisions of an account, newest first; ``before`` is the ``page_key`` of the last line of the page before.

    :raises ValueError: ``limit`` is not within 1 .. ``PAGE_MAX``.
    """
    if not 1 <= limit <= PAGE_MAX:
        raise ValueError(f"`limit` is {limit}, expected 1 to {PAGE_MAX}")
    names = sql.SQL(", ").join(map(sql.Identifier, DecisionSummary.__struct_fields__))
    older = sql.SQL('AND ("time", partition, seq) < (%s, %s, %s)') if before else sql.SQL("")
    statement = sql.SQL("""SELECT {} FROM decisions WHERE account_id = %s {}
                           ORDER BY "time" DESC, partition DESC, seq DESC LIMIT %s""").format(names, older)
    with connection.cursor(row_factory=class_row(DecisionSummary)) as cursor:
        return cursor.execute(statement, (account_id, *(before or ()), limit)).fetchall()


def stored_offsets(connection: Connection[Row], reader: str = "sink") -> dict[tuple[str, int], int]:
    """The next offset that a reader takes from each (topic, partition): topic end minus this is the sink's lag."""
    return {
        (topic, partition): offset
        for topic, partition, offset in connection.execute(
            'SELECT topic, partition, "offset" FROM reader_cursors WHERE reader = %s', (reader,)
        )
    }
