"""What a table of the database is: which event fills it, with which columns, by which row function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from schemas.base import Event
from sinks.base import Item
from sinks.timescale.columns import Column, columns, timestamp

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """``rows`` gives the rows of an item of type ``source``, in column order; ``key`` is the primary key."""

    name: str
    source: type[Event]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: Callable[[Item], Iterator[Row]]


JOURNAL = columns(partition="int4", seq="int8")
TIME = columns(time="timestamptz", time_ns="int8")
EVENT_TIME = columns(event_time="timestamptz", event_time_ns="int8")


def fields(event: object, wanted: tuple[Column, ...]) -> Row:
    """Fields by column name; a field that this kind of event lacks is NULL."""
    return tuple(column.convert(getattr(event, column.name, None)) for column in wanted)


def times(time_ns: int) -> Row:
    """The values of a time's two columns."""
    return timestamp(time_ns), time_ns
