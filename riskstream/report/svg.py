"""As much SVG as the plots need: elements, scales, axes. Well-formed XML; text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from math import ceil, floor, log10
from typing import NamedTuple

#: Size of a plot and its margins, in units of the view box.
WIDTH, HEIGHT = 760, 240
LEFT, RIGHT, TOP, BOTTOM = 74, 12, 10, 26


class Scale(NamedTuple):
    """A straight line from ``low`` to ``high`` onto ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where the value stands."""
        span = self.high - self.low
        return self.start + (self.end - self.start) * ((value - self.low) / span if span else 0.5)


def element(name: str, content: str | None = None, /, **attributes: object) -> str:
    """One element; ``content`` is markup. An underscore at the end of an attribute's name is left out, others become
    hyphens; numbers have two decimals."""
    shown = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{shown}/>" if content is None else f"<{name}{shown}>{content}</{name}>"


def text(words: str, x: float, y: float, anchor: str = "start", css: str = "") -> str:
    """A word or two."""
    return element("text", escape(words), x=x, y=y, text_anchor=anchor, **({"class": css} if css else {}))


def picture(title: str, parts: Iterable[str], height: float = HEIGHT, width: float = WIDTH) -> str:
    """A plot that is as wide as its place; the title is what a screen reader says."""
    body = element("title", escape(title)) + "".join(parts)
    return element("svg", body, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width:g} {height:g}", role="img")


def path(points: Iterable[tuple[float, float]], closed: bool = False, css: str = "") -> str:
    """A line through the points."""
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return element("path", d=f"M{line}{'Z' * closed}", **({"class": css} if css else {}))


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About so many round numbers from low to high.

    >>> ticks(0.0, 0.37)
    [0.0, 0.1, 0.2, 0.3]
    """
    if not high > low:
        return [low]
    raw = (high - low) / count
    unit = 10.0 ** floor(log10(raw))
    step = next(unit * factor for factor in (1.0, 2.0, 5.0, 10.0) if raw <= unit * factor * 1.0000001)
    first = ceil(low / step - 1e-9)
    return [round(index * step, 12) for index in range(first, floor(high / step + 1e-9) + 1)]


def rows(scale: Scale, labels: Sequence[tuple[float, str]], right: float = WIDTH - RIGHT) -> list[str]:
    """A horizontal line and a label at each value."""
    return [
        element("line", x1=LEFT, x2=right, y1=scale(value), y2=scale(value), **{"class": "grid"})
        + text(label, LEFT - 6, scale(value) + 4, "end")
        for value, label in labels
    ]


def columns(scale: Scale, labels: Sequence[tuple[float, str]], bottom: float = HEIGHT - BOTTOM) -> list[str]:
    """A label below each value."""
    return [text(label, scale(value), bottom + 17, "middle") for value, label in labels]


def _value(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else escape(str(value))
