"""What a state was made of: a hash chain over the bodies that an engine took in. It lies beside the journal, in no
record, so that no worker can read it; digests and folds of the product have no part in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from schemas.codec import encode
from streams import snapshots, snapshotting
from tests.simulation.content import is_torn, key_of

if TYPE_CHECKING:
    from streams.journal import Cursor
    from streams.snapshots import Snapshot
    from tests.simulation.world import World

GENESIS = b""
#: Of what nobody can have made: chunks of two snapshots, a record that no engine took in.
UNKNOWN = b"?"


def linked(lineage: bytes, payload: bytes) -> bytes:
    """The chain, one body longer."""
    return blake2b(lineage + payload, digest_size=8).digest()


class Trace:
    """The bodies that one engine took in, each with the chain before it; it began at a snapshot of this seq."""

    def __init__(self, lineage: bytes = GENESIS, seq: int = 0) -> None:
        self.lineage, self._seq = lineage, seq
        self._taken: deque[tuple[bytes, bytes]] = deque()

    def take(self, body: Any) -> None:
        """One more."""
        payload = encode(body)
        self._taken.append((payload, self.lineage))
        self.lineage = linked(self.lineage, payload)

    def before(self, seq: int, payload: bytes) -> bytes:
        """What the engine had taken in when it made this record; each is asked for once, in order. Before the first
        are those that it folded."""
        while self._taken and self._seq < seq - 1:
            self._seq += 1
            self._taken.popleft()
        self._seq = seq
        while self._taken:
            taken, lineage = self._taken.popleft()
            if taken == payload:
                return lineage
        return UNKNOWN


class Lineages:
    """The chain of each engine, from there of each snapshot, and from there of the next engine."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, Trace]] = {}
        self._captured: dict[int, tuple[object, bytes]] = {}
        self._written: dict[tuple[bytes, int], bytes] = {}
        self._loaded: dict[int, tuple[object, bytes, int]] = {}

    def begin(self, state: object) -> Trace:
        """Of an engine that begins with this state."""
        trace = Trace(*self._loaded.get(id(state), (state, GENESIS, 0))[1:])
        self._known[id(state)] = state, trace
        return trace

    def captured(self, made: object, state: object) -> None:
        """A state is captured as it is now."""
        self._captured[id(made)] = made, self._known[id(state)][1].lineage

    def written(self, made: object, cursor: Cursor) -> None:
        """What was captured is about to be written as the state at a cursor."""
        self._written[cursor.owner, cursor.seq] = self._captured[id(made)][1]

    def of_set(self, owner: bytes, seq: int) -> bytes:
        """Of the snapshot that this owner wrote as that of this seq."""
        return self._written.get((owner, seq), UNKNOWN)

    def loaded(self, snapshot: Snapshot, items: Mapping[bytes, bytes]) -> None:
        """A state was read back; one of mixed chunks is nobody's."""
        cursor = snapshot.cursor
        torn = is_torn(items, key_of(items, cursor))
        lineage = UNKNOWN if torn else self.of_set(cursor.owner, cursor.seq)
        self._loaded[id(snapshot.state)] = snapshot.state, lineage, cursor.seq


Patched = Callable[..., Any]


def watched_in(world: World) -> tuple[Patched, Patched, Patched]:
    """``capture``, ``SnapshotWriter.write`` and ``newest``, each watched and otherwise the real one."""
    capture, write, newest = snapshotting.capture, snapshots.SnapshotWriter.write, snapshots.newest

    def captures(state: Any, *given: Any) -> Any:
        made = capture(state, *given)
        world.lineages.captured(made, state)
        return made

    async def writes(self: Any, captured: Any, cursor: Any) -> Any:
        world.lineages.written(captured, cursor)
        return await write(self, captured, cursor)

    def finds(items: Mapping[bytes, bytes], *given: Any) -> Any:
        found = newest(items, *given)
        if found is not None:
            world.lineages.loaded(found, items)
        return found

    return captures, writes, finds
