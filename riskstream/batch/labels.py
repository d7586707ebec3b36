"""pandas in, pandas out: functions of arrays learn the labels of their axes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd

#: The axes of an argument or a result, by name; axes of one name have the same labels. ``None`` is only counted.
Axes = tuple[str | None, ...]
#: Of these the labels must run forward: nobody can see a wrong order in an array.
IN_TIME = {"time", "recent", "before"}
TIME: Axes = ("time",)
ASSETS: Axes = ("asset",)
ROWS: Axes = ("time", "asset")
SQUARE: Axes = ("asset", "asset")
Labels = dict[str, pd.Index]


class MismatchedLabels(ValueError):
    """Two arguments that belong together have different labels, or time does not run forward; the message names the
    first."""


class Labelled(NamedTuple):
    """What the axes of arguments and of the result (or of its fields, by name) are."""

    takes: Mapping[str, Axes]
    gives: Axes | Mapping[str, Axes] = ()


def labelled(function: Callable[..., Any], axes: Labelled) -> Callable[..., Any]:
    """The function for pandas too. Arguments are aligned by their labels to the first that has such an axis, and what
    comes out has those labels; arrays go by position. Where a series in time is expected, a DataFrame gives one result
    a column.

    :raises MismatchedLabels: from the function: a label that only one of two arguments has, one that repeats, or a time
        before the one above it.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args: Any, **settings: Any) -> Any:
        bound = signature.bind(*args, **settings)
        frame = _columns_of(bound.arguments, axes.takes)
        if frame is not None:
            rest = {name: value for name, value in bound.arguments.items() if name != frame}
            return _by_column(call, frame, bound.arguments[frame], rest)
        labels: Labels = {}
        for name, of in axes.takes.items():
            if name in bound.arguments:
                bound.arguments[name] = _array(name, bound.arguments[name], of, labels)
        return _named(function(*bound.args, **bound.kwargs), axes.gives, labels)

    return call


def _columns_of(arguments: Mapping[str, Any], takes: Mapping[str, Axes]) -> str | None:
    """The argument that is a DataFrame where a series is expected."""
    return next((name for name, of in takes.items() if len(of) == 1 and _is_frame(arguments.get(name))), None)


def _is_frame(value: Any) -> bool:
    return isinstance(value, pd.DataFrame)


def _by_column(call: Callable[..., Any], name: str, frame: pd.DataFrame, rest: Mapping[str, Any]) -> Any:
    results = {column: call(**{name: frame[column]}, **rest) for column in frame.columns}
    if all(isinstance(result, pd.Series) for result in results.values()):
        return pd.DataFrame(results)
    return pd.Series(results)


def _array(name: str, value: Any, axes: Axes, labels: Labels) -> Any:
    """As an array, in the order of the labels that are known; new ones are remembered."""
    if isinstance(value, Mapping):
        value = pd.Series(value)
    if isinstance(value, pd.Series | pd.DataFrame):
        for axis, index in zip(axes, value.axes, strict=True):
            if axis in IN_TIME and axis not in labels:
                check_order(name, index)
            if axis is not None:
                _check(name, axis, index, labels.setdefault(axis, index))
        value = _ordered(value, [labels[axis] for axis in axes if axis is not None])
    return np.asarray(value, dtype=np.float64)


def _ordered(value: pd.Series[Any] | pd.DataFrame, labels: list[pd.Index]) -> pd.Series[Any] | pd.DataFrame:
    if isinstance(value, pd.Series):
        return value.reindex(labels[0])
    return value.reindex(index=labels[0], columns=labels[1])


def check_order(name: str, times: pd.Index) -> None:
    """:raises MismatchedLabels: a label of time that repeats, or that is not after the one above it."""
    if not times.is_unique:
        raise MismatchedLabels(f"`{name}` has time {times[times.duplicated()][0]!r} twice, expected each once")
    if not times.is_monotonic_increasing:
        late = next((at for at in range(1, len(times)) if not times[at - 1 : at + 1].is_monotonic_increasing), 1)
        raise MismatchedLabels(
            f"`{name}` has time {times[late]!r} after {times[late - 1]!r}, expected the oldest first: "
            "sort it by its index"
        )


def _check(name: str, axis: str, index: pd.Index, wanted: pd.Index) -> None:
    if not index.is_unique:
        raise MismatchedLabels(f"`{name}` has {axis} {index[index.duplicated()][0]!r} twice, expected each once")
    odd = index.symmetric_difference(wanted, sort=False)
    if len(odd):
        missing = "lacks" if odd[0] in wanted else "has"
        raise MismatchedLabels(f"`{name}` {missing} {axis} {odd[0]!r}, expected the same as the argument before it")


def _named(result: Any, gives: Axes | Mapping[str, Axes], labels: Labels) -> Any:
    if isinstance(gives, Mapping):
        fields = {name: _wrapped(getattr(result, name), axes, labels) for name, axes in gives.items()}
        if isinstance(result, msgspec.Struct):
            return msgspec.structs.replace(result, **fields)
        return result._replace(**fields)
    return _wrapped(result, gives, labels)


def _wrapped(values: Any, axes: Axes, labels: Labels) -> Any:
    if not axes or not any(axis in labels for axis in axes if axis is not None):
        return values
    array, names = np.asarray(values), [labels.get(axis) if axis is not None else None for axis in axes]
    if len(names) == 1:
        return pd.Series(array, index=names[0])
    return pd.DataFrame(array, index=names[0], columns=names[1])
