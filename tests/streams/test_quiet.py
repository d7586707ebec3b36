"""A reader that leaps as an owner's knowledge lets it misses nothing that tells something."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from streams.journal import Cursor
from streams.quiet import Quiet

#: What the journal gets, and who wrote it: the owner (confirmed at once), or others, which ends the hold. Each record
#: tells something or not.
APPENDS = st.tuples(st.sampled_from(("owner", "others")), st.lists(st.booleans(), min_size=1, max_size=4))
READS = st.tuples(st.just("read"), st.integers(1, 5))


def at(offset: int) -> Cursor:
    """The position of a reader before an offset."""
    return Cursor(offset, 1, b"", offset)


@given(st.lists(APPENDS | READS | st.just(("leap", 0)), max_size=40))
@example([("owner", [False]), ("others", [True]), ("owner", [False]), ("leap", 0)])
@example([("owner", [False]), ("owner", [True, False]), ("owner", [False]), ("leap", 0)])
def test_every_record_that_tells_something_is_read(steps: list[tuple[str, list[bool] | int]]) -> None:
    """Whatever owner and others write and whenever the reader leaps: what lies behind it and tells was read."""
    quiet, journal, read, offset = Quiet(), list[bool](), set[int](), 0
    for who, what in steps:
        if isinstance(what, list):
            journal += what
            if who == "owner":
                quiet.passed(at(len(journal)), any(what))
            else:
                quiet.begin(at(len(journal)))
        elif who == "read":
            end = min(len(journal), offset + what)
            read |= set(range(offset, end))
            offset = end
        elif (beyond := quiet.beyond(at(offset))) is not None:
            assert beyond.offset > offset
            offset = beyond.offset
    assert {place for place, tells in enumerate(journal[:offset]) if tells} <= read


def test_a_reader_within_a_quiet_stretch_goes_to_its_end() -> None:
    """From its first position and from any in it; not from before, and not from its end on."""
    quiet = Quiet()
    quiet.begin(at(5))
    for offset in (8, 12):
        quiet.passed(at(offset), tells=False)
    assert [quiet.beyond(at(offset)) for offset in (4, 5, 11, 12)] == [None, at(12), at(12), None]
