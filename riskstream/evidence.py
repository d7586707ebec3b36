"""What is on record about an order: its decisions with their place in the journal, and what the venue reported."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.codec import decode_body
from schemas.decisions import Decision
from schemas.orders import Fill, OrderClosed
from schemas.records import Facts
from streams.reader import Entry, JournalReader
from streams.settings import StreamSettings
from streams.starts import begun

_DECISIONS = "SELECT partition, seq, journal_offset, body FROM decisions WHERE order_id = %s ORDER BY partition, seq"
_FILLS = (
    "SELECT partition, seq, fill_id, side, quantity, price, commission, event_time_ns FROM fills "
    "WHERE order_id = %s ORDER BY partition, seq, item"
)
_CLOSES = (
    "SELECT partition, seq, reason, text, event_time_ns FROM order_closes "
    "WHERE order_id = %s ORDER BY partition, seq, item"
)


class Finding(msgspec.Struct, kw_only=True):
    """One decision on an order; ``offset`` is its record's in the journal, ``seq`` its number in the partition."""

    partition: int
    seq: int
    offset: int
    decision: Decision


class Evidence(msgspec.Struct, kw_only=True):
    """All of it; ``reports`` are fills and closes, each with its place in the journal."""

    order_id: str
    source: str
    findings: list[Finding] = []
    reports: list[dict[str, Any]] = []


def from_database(database_url: str, order_id: str) -> Evidence:
    """Ask the tables that the sink writes.

    :raises psycopg.Error: the database can't be reached or has no such tables.
    """
    import psycopg
    from psycopg.rows import dict_row

    evidence = Evidence(order_id=order_id, source="database")
    with psycopg.connect(database_url) as connection:
        for partition, seq, offset, body in connection.execute(_DECISIONS, (order_id,)):
            decision = decode_body(bytes(body))
            evidence.findings.append(Finding(partition=partition, seq=seq, offset=offset, decision=decision))
        for query in (_FILLS, _CLOSES):
            evidence.reports += connection.cursor(row_factory=dict_row).execute(query, (order_id,)).fetchall()
    return evidence


async def from_journal(settings: StreamSettings, order_id: str) -> Evidence:
    """Read the journal from its beginning, or the snapshot that makes up for it, to its end as of now.

    :raises streams.reader.JournalGap: nothing makes up for it.
    """
    evidence = Evidence(order_id=order_id, source="journal")
    cursors = await begun(settings, {}, range(settings.partitions), "an order may have been decided there")
    async with JournalReader(settings, cursors) as reader:
        async for entries in reader.entries():
            for entry in entries:
                _take(evidence, entry)
            if not entries and await reader.caught_up():
                break
    return evidence


def _take(evidence: Evidence, entry: Entry) -> None:
    body = entry.body
    if isinstance(body, Decision) and body.order_id == evidence.order_id:
        evidence.findings.append(Finding(partition=entry.partition, seq=entry.seq, offset=entry.offset, decision=body))
    elif isinstance(body, Facts):
        evidence.reports += [
            _report(entry, fact)
            for fact in body.facts
            if isinstance(fact, Fill | OrderClosed) and fact.order_id == evidence.order_id
        ]


def _report(entry: Entry, fact: Fill | OrderClosed) -> dict[str, Any]:
    kept = ("fill_id", "side", "quantity", "price", "commission") if isinstance(fact, Fill) else ("reason", "text")
    values = {name: getattr(fact, name) for name in (*kept, "event_time_ns")}
    return {"partition": entry.partition, "seq": entry.seq} | values
