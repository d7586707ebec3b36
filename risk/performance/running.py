"""What the streaming metrics share: bytes that bring their state back bit by bit, and Welford's recursion."""

from __future__ import annotations

from math import isnan, sqrt
from typing import Self

import msgspec

from risk.performance.returns import resolved


class Streaming(msgspec.Struct, forbid_unknown_fields=True):
    """A mutable struct of settings and state, which together are its bytes."""

    def encode(self) -> bytes:
        """Settings and state as MessagePack; floats keep every bit."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The metric that :meth:`encode` wrote.

        :raises msgspec.ValidationError: not the bytes of this metric, or a setting out of range.
        """
        return msgspec.msgpack.decode(data, type=cls)


class Moments(Streaming):
    """Mean and sum of squares around it: d = x - mean; mean += d / n; M2 += d (x - mean) (Welford 1962).

    >>> moments = Moments()
    >>> for x in (1.0, 2.0, 3.0):
    ...     moments.update(x)
    >>> moments.mean, moments.deviation
    (2.0, 1.0)
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def update(self, value: float) -> None:
        """Take one observation; nan is none."""
        if not isnan(value):
            self.count += 1
            delta = value - self.mean
            self.mean += delta / self.count
            self.squares += delta * (value - self.mean)

    @property
    def deviation(self) -> float:
        """Sample standard deviation (ddof 1) of two observations or more; exactly 0 where the rest is rounding."""
        return resolved(sqrt(self.squares / (self.count - 1)), self.mean)


class CoMoments(Streaming):
    """Means, squares of the second and products of both series around their means, in Welford's form."""

    own_mean: float = 0.0
    other: Moments = msgspec.field(default_factory=Moments)
    products: float = 0.0

    def update(self, own: float, other: float) -> None:
        """Take one pair; nan on either side is none."""
        if not (isnan(own) or isnan(other)):
            away = other - self.other.mean
            self.other.update(other)
            self.own_mean += (own - self.own_mean) / self.other.count
            self.products += away * (own - self.own_mean)
