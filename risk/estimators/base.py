"""What all estimators share: arrays over symbols, snapshots, growth, and bytes that bring the state back bit by bit."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]
Counts = NDArray[np.int64]
Snapshot = tuple[NDArray[Any], ...]

#: Inputs beyond this magnitude are refused: squares and products of what is below it stay finite.
MAGNITUDE_MAX = 1e60
#: Divisor where a weight or a count is still zero; what is divided by it is zero too.
TINY = 1e-300


class Estimator:
    """State in arrays whose last axis is the symbol.

    ``update`` replaces arrays and never writes into them, so a snapshot is a tuple of references and costs nothing.
    A subclass names its constructor's parameters and its arrays; ``SQUARE`` arrays grow on both axes.
    """

    PARAMETERS: ClassVar[tuple[str, ...]] = ()
    ARRAYS: ClassVar[tuple[str, ...]] = ()
    SQUARE: ClassVar[bool] = False

    size: int

    def snapshot(self) -> Snapshot:
        """The state as it is, for :meth:`restore`."""
        return tuple(getattr(self, name) for name in self.ARRAYS)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot, its size included."""
        for name, array in zip(self.ARRAYS, snapshot, strict=True):
            setattr(self, name, array)
        self.size = snapshot[0].shape[-1]

    def resize(self, size: int) -> None:
        """Make room for more symbols; new ones have seen nothing.

        :raises ValueError: smaller than now.
        """
        if size < self.size:
            raise ValueError(f"`size` is {size}, expected at least {self.size}")
        shape = (size, size) if self.SQUARE else (size,)
        for name in self.ARRAYS:
            setattr(self, name, grown(getattr(self, name), shape))
        self.size = size

    def encode(self) -> bytes:
        """Parameters and state as MessagePack."""
        arrays = [(a.dtype.str, a.shape, a.tobytes()) for a in self.snapshot()]
        return msgspec.msgpack.encode(({name: getattr(self, name) for name in self.PARAMETERS}, arrays))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The estimator that :meth:`encode` wrote.

        :raises msgspec.ValidationError: not the bytes of an estimator.
        """
        shape = tuple[dict[str, Any], list[tuple[str, tuple[int, ...], bytes]]]
        parameters, arrays = msgspec.msgpack.decode(data, type=shape)
        estimator = cls(**parameters)
        estimator.restore(tuple(np.frombuffer(raw, dtype).reshape(dims) for dtype, dims, raw in arrays))
        return estimator


def grown(array: NDArray[Any], shape: tuple[int, ...], fill: float = 0) -> NDArray[Any]:
    """A larger copy, filled where it is new."""
    larger: NDArray[Any] = np.full(shape, fill, dtype=array.dtype)
    larger[tuple(slice(n) for n in array.shape)] = array
    return larger


@lru_cache(maxsize=256)
def all_known(size: int) -> Mask:
    """The mask of a row without gaps, read-only and always the same object."""
    mask = np.ones(size, dtype=np.bool_)
    mask.flags.writeable = False
    return mask


def known(values: Vector, size: int) -> Mask:
    """Where ``values`` [size] are there (nan is missing).

    :raises ValueError: another shape, an infinity or a magnitude beyond :data:`MAGNITUDE_MAX`.
    """
    if values.shape != (size,):
        raise ValueError(f"`values` has shape {values.shape}, expected ({size},)")
    # the fast way for a row without gaps; a nan makes the maximum nan, which is at most nothing
    if size and np.maximum.reduce(np.abs(values)) <= MAGNITUDE_MAX:
        return all_known(size)
    mask: Mask = ~np.isnan(values)
    if size and np.abs(np.where(mask, values, 0.0)).max() > MAGNITUDE_MAX:
        raise ValueError(f"`values` exceeds {MAGNITUDE_MAX}")
    return mask


def check_range(name: str, value: float, above: float, below: float) -> None:
    """:raises ValueError: the parameter is not strictly between the two."""
    if not above < value < below:
        raise ValueError(f"`{name}` is {value}, expected above {above} and below {below}")
