"""What a table of the database is: which event fills it, with which columns, by which row function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

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


class Part(NamedTuple):
    """Some columns, and their values in what a row is about."""

    columns: tuple[Column, ...]
    values: Callable[[Any], Row]


def table(
    name: str,
    source: type[Event],
    key: tuple[str, ...],
    *parts: Part,
    each: Callable[[Item], Iterable[object]] = lambda item: (item,),
) -> Table:
    """Of these parts, in order. ``each`` gives what the rows of an item are about, by default the item itself."""

    def rows(item: Item) -> Iterator[Row]:
        for subject in each(item):
            yield tuple(chain.from_iterable(part.values(subject) for part in parts))

    return Table(name, source, key, tuple(chain.from_iterable(part.columns for part in parts)), rows)


def fields(of: Callable[[Any], object], wanted: tuple[Column, ...]) -> Part:
    """Fields by column name of what ``of`` gives; one that this kind of event lacks is NULL."""

    def values(subject: object) -> Row:
        event = of(subject)
        return tuple(column.convert(getattr(event, column.name, None)) for column in wanted)

    return Part(wanted, values)


def time(of: str, name: str = "time") -> Part:
    """A time in two columns, ``of`` the path to its nanoseconds."""
    time_ns = attrgetter(of)

    def values(subject: object) -> Row:
        found: int = time_ns(subject)
        return timestamp(found), found

    return Part(columns(**{name: "timestamptz", f"{name}_ns": "int8"}), values)
