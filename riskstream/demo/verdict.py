"""Was the demo's run right? Every order decided, and the database says what the journal says."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

from riskstream.demo.meter import Meter

SINK_TIMEOUT_S = 20.0
_ROWS = "SELECT partition, seq, order_id, status, reason FROM decisions"


class Decided(NamedTuple):
    """What a decision said; its place in the journal, (partition, seq), is its key in a ledger."""

    order_id: str
    status: str
    reason: str


Ledger = dict[tuple[int, int], Decided]


class Comparison(NamedTuple):
    """The journal's effective decisions against the rows of the table."""

    journal: int
    rows: int
    missing: int
    different: int
    unknown: int

    @property
    def agrees(self) -> bool:
        """Same decisions, no more and no less."""
        return not (self.missing or self.different or self.unknown)


def compared(ledger: Ledger, rows: Ledger) -> Comparison:
    """Compare each (partition, seq): order id, status and reason."""
    different = sum(rows[key] != decided for key, decided in ledger.items() if key in rows)
    return Comparison(
        len(ledger), len(rows), len(ledger.keys() - rows.keys()), different, len(rows.keys() - ledger.keys())
    )


async def against_database(ledger: Ledger, database_url: str, timeout_s: float = SINK_TIMEOUT_S) -> Comparison:
    """Compare with the table once the sink has caught up, or as it is when no row came for so long.

    :raises psycopg.Error: the database can't be reached.
    """
    rows, deadline = -1, 0.0
    while True:
        result = compared(ledger, await asyncio.to_thread(_rows, database_url))
        if result.rows != rows:
            rows, deadline = result.rows, time.monotonic() + timeout_s
        if result.agrees or time.monotonic() > deadline:
            return result
        await asyncio.sleep(0.25)


def _rows(database_url: str) -> Ledger:
    import psycopg

    with psycopg.connect(database_url) as connection:
        rows = connection.execute(_ROWS).fetchall()
    return {(row[0], row[1]): Decided(row[2], row[3], row[4]) for row in rows}


def complaints(meter: Meter, comparison: Comparison | None) -> list[str]:
    """What is wrong with a run; empty if nothing is."""
    found = []
    if not meter.decided_count:
        found.append("no order was decided")
    elif not meter.approved:
        found.append(f"none of {meter.decided_count} orders was approved")
    if meter.waiting:
        found.append(f"{meter.waiting} orders have no decision, such as {meter.missing()[0]}")
    if meter.unasked:
        found.append(f"{meter.unasked} decisions answer no order of this run")
    if comparison is not None and not comparison.agrees:
        found.append(
            f"the database differs from the journal: {comparison.missing} decisions missing, "
            f"{comparison.different} different, {comparison.unknown} unknown, of {comparison.journal}"
        )
    return found
