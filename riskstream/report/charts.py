"""The plots of a tear sheet."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import isnan

import pandas as pd

from riskstream.figures import figure
from riskstream.library.stress import StressResults
from riskstream.report.contents import VarAgainstPnl
from riskstream.report.svg import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Scale,
    columns,
    element,
    path,
    picture,
    rows,
    text,
    ticks,
)

_BAR_HEIGHT, _CELL, _NAMES = 22, 30, 170
_LABELLED_MAX = 25


def drawdown_chart(drawdown: pd.Series[float]) -> str:
    """Depth below the running peak, growing downwards."""
    values = drawdown.to_list()
    deepest = max(*values, 0.01)
    y = Scale(0.0, deepest, TOP, HEIGHT - BOTTOM)
    x = _days(len(values))
    area = [(x(0), y(0.0)), *((x(day), y(value)) for day, value in enumerate(values)), (x(len(values) - 1), y(0.0))]
    labels = [(value, f"-{100 * value:g} %" if value else "0 %") for value in ticks(0.0, deepest)]
    return picture(
        "Drawdown", [*rows(y, labels), path(area, closed=True, css="loss area"), *columns(x, _years(drawdown.index))]
    )


def var_chart(data: VarAgainstPnl) -> str:
    """A bar a day, the VaR as a line below, and a dot on each loss that is beyond it."""
    pnl, limits = data.pnl.to_list(), [-value for value in data.var]
    low, high = min(*pnl, *limits, 0.0), max(*pnl, 0.0)
    x, y = _days(len(pnl)), Scale(low, high, HEIGHT - BOTTOM, TOP)
    width = max(0.6, 0.7 * (WIDTH - LEFT - RIGHT) / len(pnl))
    bars = [
        element(
            "rect",
            x=x(day) - width / 2,
            width=width,
            y=min(y(value), y(0.0)),
            height=abs(y(value) - y(0.0)),
            **{"class": "pnl"},
        )
        for day, value in enumerate(pnl)
    ]
    line = path([(x(day), y(value)) for day, value in enumerate(limits)], css="var")
    dots = [
        _dot(x(day), y(pnl[day]), f"{str(data.pnl.index[day])[:10]}: {figure(pnl[day])} against {figure(limits[day])}")
        for day, beyond in enumerate(data.exceeded)
        if beyond
    ]
    labels = [(value, figure(value)) for value in ticks(low, high)]
    return picture("P&L against VaR", [*rows(y, labels), *bars, line, *dots, *columns(x, _months(data.pnl.index))])


def stress_chart(results: StressResults) -> str:
    """A bar a scenario, losses to the right."""
    low, high = min(*results.values(), 0.0), max(*results.values(), 1.0)
    x = Scale(low, high, _NAMES + 70.0, WIDTH - 90.0)
    parts = []
    for row, (name, loss) in enumerate(results.items()):
        middle = TOP + _BAR_HEIGHT * (row + 0.5)
        start, end = sorted((x(0.0), x(loss)))
        parts += [
            text(name.replace("_", " "), _NAMES, middle + 4, "end"),
            element(
                "rect",
                x=start,
                width=end - start,
                y=middle - 8,
                height=16,
                **{"class": "loss bar" if loss > 0 else "gain bar"},
            ),
            text(figure(loss), end + 6 if loss >= 0 else start - 6, middle + 4, "start" if loss >= 0 else "end"),
        ]
    return picture("Stress losses", parts, height=2 * TOP + _BAR_HEIGHT * len(results))


def correlation_chart(correlation: pd.DataFrame) -> str:
    """A cell a pair: red against each other, blue together; with two decimals where they fit."""
    names = [str(name) for name in correlation]
    values = correlation.to_numpy().tolist()
    cells = [text(name, LEFT - 6, TOP + _CELL * (row + 0.65), "end") for row, name in enumerate(names)]
    for row, name in enumerate(names):
        for column, other in enumerate(names):
            cells.append(_cell(row, column, values[row][column], f"{name} and {other}", len(names)))
    bottom = TOP + _CELL * len(names)
    cells += [
        text(name, LEFT + _CELL * (column + 0.5), bottom + 14, "middle", "small") for column, name in enumerate(names)
    ]
    return picture("Correlation", cells, height=bottom + BOTTOM, width=LEFT + _CELL * len(names) + RIGHT)


def _cell(row: int, column: int, value: float, pair: str, size: int) -> str:
    left, top = LEFT + _CELL * column, TOP + _CELL * row
    known = not isnan(value)
    label = figure(value, ".2f") if known else "-"
    box = element(
        "rect",
        element("title", f"{escape(pair)}: {label}"),
        x=left,
        y=top,
        width=_CELL - 1,
        height=_CELL - 1,
        fill=colour(value) if known else "#eeeeee",
    )
    strong = known and abs(value) > 0.6
    words = text(label, left + _CELL / 2, top + _CELL * 0.62, "middle", "cell light" if strong else "cell")
    return box + (words if size <= _LABELLED_MAX else "")


def colour(value: float) -> str:
    """From red at -1 over white at 0 to blue at 1.

    >>> colour(0.0), colour(1.0), colour(-1.0)
    ('#ffffff', '#1f5a94', '#c0392b')
    """
    full = (0x1F, 0x5A, 0x94) if value >= 0 else (0xC0, 0x39, 0x2B)
    share = min(1.0, abs(value))
    return "#" + "".join(f"{round(255 + (part - 255) * share):02x}" for part in full)


def _dot(x: float, y: float, words: str) -> str:
    return element("circle", element("title", words), cx=x, cy=y, r=3.5, **{"class": "exception"})


def _days(count: int) -> Scale:
    return Scale(0.0, max(1.0, count - 1.0), LEFT + 4.0, WIDTH - RIGHT - 4.0)


def _years(days: pd.Index[pd.Timestamp]) -> list[tuple[float, str]]:
    """The first day of each year, at most twelve of them; of a shorter history, of each month."""
    found = _firsts([str(day)[:4] for day in days])
    return _thinned(found, 12) if len(found) > 1 else _months(days)


def _months(days: pd.Index[pd.Timestamp]) -> list[tuple[float, str]]:
    return _thinned(_firsts([str(day)[:7] for day in days]), 9)


def _firsts(names: Sequence[str]) -> list[tuple[float, str]]:
    return [(float(at), name) for at, name in enumerate(names) if at and name != names[at - 1]]


def _thinned(labels: list[tuple[float, str]], most: int) -> list[tuple[float, str]]:
    return labels[:: max(1, -(-len(labels) // most))]
