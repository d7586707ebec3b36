"""All tables, and which of them an event fills."""

from __future__ import annotations

from schemas.base import Event
from sinks.timescale.journal_tables import CLOSES, DECISIONS, FILLS, ORDERS
from sinks.timescale.output_tables import OUTPUTS
from sinks.timescale.table import Table

TABLES: tuple[Table, ...] = (DECISIONS, ORDERS, FILLS, CLOSES, *OUTPUTS)
#: The tables that an event fills; an event that isn't here only moves the cursor.
TABLES_BY_SOURCE: dict[type[Event], tuple[Table, ...]] = {
    source: tuple(table for table in TABLES if table.source is source) for source in {table.source for table in TABLES}
}
