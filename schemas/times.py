"""Times and durations as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = (("d", 86_400e9), ("h", 3_600e9), ("min", 60e9), ("s", 1e9))


def moment(time_ns: int) -> str:
    """A time in UTC to the microsecond.

    >>> moment(1_494_720_001_000_000_000)
    '2017-05-14 00:00:01.000000+00:00'
    """
    return (_EPOCH + timedelta(microseconds=time_ns // 1000)).isoformat(sep=" ", timespec="microseconds")


def duration(span_ns: float) -> str:
    """A span in the largest unit that it fills, to six digits: two that differ a little look different.

    >>> [duration(span) for span in (86_400_000_000_000, 90_000_000_000, 1_225_000_000, 250_000, 0)]
    ['1 d', '1.5 min', '1.225 s', '0.25 ms', '0 ms']
    """
    unit, size_ns = next(((unit, size) for unit, size in _UNITS if abs(span_ns) >= size), ("ms", 1e6))
    return f"{span_ns / size_ns:.6g} {unit}"
