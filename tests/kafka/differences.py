"""What is there against what the journal says: events of topics, and rows of a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import psycopg

from tests.kafka.outcomes import TABLES, Values, is_projected

SHOWN_MAX = 5


def differences(place: str, expected: Mapping[Values, Values], found: Iterable[tuple[Values, Values]]) -> list[str]:
    """What is missing, too much, there more than once, or not what the record says."""
    rows = list(found)
    stored, counts = dict(rows), Counter(key for key, _ in rows)
    return few(
        [f"I6: {place} {key} is effective, but not there" for key in sorted(expected.keys() - stored.keys())]
        + [f"I6: {place} {key} is there, but not effective" for key in sorted(stored.keys() - expected.keys())]
        + [f"I6: {place} {key} is there {count} times" for key, count in counts.items() if count > 1]
        + [
            f"I6: {place} {key} is {values}, the journal says {expected[key]}"
            for key, values in rows
            if key in expected and values != expected[key]
        ]
    )


def stored_rows(dsn: str, table: str) -> list[tuple[Values, Values]]:
    """Key and values of a table's rows that come out of the journal."""
    key, values = TABLES[table]
    with psycopg.connect(dsn) as connection:
        found = connection.execute(f"SELECT {', '.join((*key, *values))} FROM {table}").fetchall()
    rows = [(row[: len(key)], row[len(key) :]) for row in found]
    return [row for row in rows if is_projected(table, row[1])]


def stored_counts(dsn: str) -> dict[str, int]:
    """The number of rows of each table."""
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
    with psycopg.connect(dsn) as connection:
        (row,) = connection.execute(f"SELECT {counts}").fetchall()
    return dict(zip(TABLES, row, strict=True))


def few(violations: list[str]) -> list[str]:
    """The first ones, and how many more there are."""
    rest = len(violations) - SHOWN_MAX
    return [*violations[:SHOWN_MAX], f"... and {rest} more like it"] if rest > 0 else violations
