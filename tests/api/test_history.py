"""Bounded chart history and the window of messages."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from api.history import GAP_NS, History, Point
from api.window import Window


def point(time_ns: int, equity: float = 1.0) -> Point:
    """A point of the charts."""
    return Point(time_ns, equity, 0.0, None, None, None, None)


@given(size=st.integers(2, 40), count=st.integers(1, 600))
def test_bounded_ordered_and_recent(size: int, count: int) -> None:
    """However many points come, at most ``size`` stay, in order of time, the newest half without a gap."""
    history = History(size)
    for time_ns in range(count):
        history.add(point(time_ns))
    times = history.points().time_ns
    assert len(times) <= size
    assert times == sorted(set(times))
    newest = min(count, size - size // 2)
    assert times[-newest:] == list(range(count - newest, count))


def test_the_whole_past_stays_in_sight() -> None:
    """Thinning keeps points from all of the past, not only of its end."""
    history = History(40)
    for time_ns in range(10_000):
        history.add(point(time_ns))
    older = history.points().time_ns[:-20]
    assert older[0] < 1500
    assert max(later - earlier for earlier, later in pairwise(older)) <= 1100


def test_time_never_goes_back() -> None:
    """A point of the same time replaces the last one, one of an earlier time is dropped."""
    history = History(10)
    for each in (point(5, 1.0), point(5, 2.0), point(4, 3.0)):
        history.add(each)
    assert history.points().time_ns == [5]
    assert history.points().equity == [2.0]


def test_a_gap_begins_a_new_history() -> None:
    """After more than ten days without a point, what was before is not shown any more."""
    history = History(10)
    for time_ns in (0, 1, GAP_NS + 2, GAP_NS + 3):
        history.add(point(time_ns))
    assert history.points().time_ns == [GAP_NS + 2, GAP_NS + 3]


def test_window_resumes_exactly() -> None:
    """After a number come exactly the messages that followed it, as long as none of them is gone."""
    window = Window(3, "boot")
    for number in range(5):
        window.put("kind", str(number).encode())
    assert [message.number for message in window.after(3) or []] == [4, 5]
    assert window.after(5) == []
    assert window.after(1) is None
    assert window.after(6) is None


def test_cursor_of_another_run_means_nothing() -> None:
    """An event id is understood by the run that gave it, and by no other; nonsense never raises."""
    window = Window(3, "boot")
    assert window.number_of(window.cursor()) == 0
    for text in ("other-0", "boot-", "boot--1", "boot-x", "", "0", "boot-" + "9" * 40):
        assert window.number_of(text) is None
