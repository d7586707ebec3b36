"""What the estimators of a single symbol share: plain floats in slots, counted refusals, bytes that bring all back."""

from __future__ import annotations

from collections import Counter
from math import inf, isfinite
from typing import Any, ClassVar, Self

import msgspec

from risk.estimators.base import MAGNITUDE_MAX, check_range


class Scalar:
    """One symbol's estimator, in plain Python floats: a step costs a fraction of what it does in numpy.

    ``update`` takes an observation and returns ``None``, or why it was refused; what is refused changes nothing but
    ``refused``, the count by reason. A value that is not known yet is nan. A subclass names its constructor's
    parameters and its state; a state is a float, an integer, or something with ``dump`` and ``load``.
    Observations are plain floats.
    """

    __slots__ = ("bound", "refused")

    PARAMETERS: ClassVar[tuple[str, ...]] = ("bound",)
    STATE: ClassVar[tuple[str, ...]] = ()

    def __init__(self, bound: float) -> None:
        check_range("bound", bound, 0.0, MAGNITUDE_MAX)
        #: Observations beyond it, either way, are refused.
        self.bound = bound
        self.refused: Counter[str] = Counter()

    def refuse(self, reason: str) -> str:
        """Count a refusal."""
        self.refused[reason] += 1
        return reason

    def doubt(self, value: float) -> str:
        """Count a return that is not within the bound, by what it is."""
        return self.refuse("return_beyond_bound" if isfinite(value) else "not_finite")

    def encode(self) -> bytes:
        """Parameters, state and refusals as MessagePack."""
        parameters = {name: getattr(self, name) for name in self.PARAMETERS}
        state = [_dumped(getattr(self, name)) for name in self.STATE]
        return msgspec.msgpack.encode((parameters, state, dict(self.refused)))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The estimator that :meth:`encode` wrote.

        :raises msgspec.ValidationError: not the bytes of an estimator.
        """
        shape = tuple[dict[str, Any], list[Any], dict[str, int]]
        parameters, state, refused = msgspec.msgpack.decode(data, type=shape)
        estimator = cls(**parameters)
        for name, value in zip(cls.STATE, state, strict=True):
            kept = getattr(estimator, name)
            if hasattr(kept, "load"):
                kept.load(value)
            else:
                setattr(estimator, name, value)
        estimator.refused.update(refused)
        return estimator


def _dumped(value: Any) -> Any:
    return value.dump() if hasattr(value, "dump") else value


def check_count(name: str, value: int, least: int) -> None:
    """:raises ValueError: the parameter is below its least value."""
    if not least <= value < inf:
        raise ValueError(f"`{name}` is {value}, expected at least {least}")
