"""Commands that concern more than one account belong in every partition's journal: which of them are missing where.

One that was sent under a key alone reached one partition, and holds for the accounts there only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from schemas.commands import Kill, Scope, SetLimits, Unkill
from schemas.records import Fact

#: Of a part of a journal that is empty: it began after every command.
NEVER_NS = 2**63 - 1


class Part(NamedTuple):
    """What was read of a partition's journal: from when on (nanoseconds; 0: from its beginning), the wide commands in
    it by id, and whether those that were sent to it are all in it (none waits, all could be read)."""

    partition: int
    since_ns: int
    commands: dict[str, SetLimits | Kill | Unkill]
    complete: bool


def wide(facts: Iterable[Fact]) -> Iterator[SetLimits | Kill | Unkill]:
    """Those that concern more than one account. Timers do too, but say nothing that would be missed."""
    return (fact for fact in facts if isinstance(fact, SetLimits | Kill | Unkill) and fact.scope is not Scope.ACCOUNT)


def missing(parts: Sequence[Part]) -> Iterator[tuple[int, str]]:
    """Partition and what is missing there. A part that begins at a snapshot need not have what was sent before."""
    known = {number: command for part in parts for number, command in part.commands.items()}
    for number, command in known.items():
        there = [part.partition for part in parts if number in part.commands]
        for part in parts:
            expected = part.complete and (not part.since_ns or command.event_time_ns > part.since_ns)
            if expected and number not in part.commands:
                yield part.partition, _told(command, there)


def _told(command: SetLimits | Kill | Unkill, there: Sequence[int]) -> str:
    kind = str(command.__struct_config__.tag)
    places = ", ".join(map(str, there))
    return f"{kind} {command.command_id!r} of {command.scope} {command.scope_id} is in partition {places}, but not here"
