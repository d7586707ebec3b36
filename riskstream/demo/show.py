"""Shows the status while the demo runs, and sums it up when it ends."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.live import Live

from riskstream.demo import status
from riskstream.demo.days import warm_up_dates
from riskstream.demo.history import History
from riskstream.demo.meter import Meter
from riskstream.demo.verdict import Comparison

_LIVE_S = 0.25
_LINE_S = 5.0


class Source(NamedTuple):
    """Where the status gets its figures from."""

    meter: Meter
    now: Callable[[], str]
    lag: Callable[[], int]
    page: str


async def show(source: Source, *, headless: bool) -> None:
    """Show the status until cancelled: live on a terminal, else or headless a line every five seconds."""
    console = Console(highlight=False)
    await (_live(source, console) if console.is_terminal and not headless else _lines(source, console))


async def _live(source: Source, console: Console) -> None:
    with Live(console=console, auto_refresh=False, transient=False) as live:
        while True:
            now_s = time.perf_counter()
            live.update(status.table(source.meter, source.now(), source.lag(), now_s, source.page), refresh=True)
            await asyncio.sleep(_LIVE_S)


async def _lines(source: Source, console: Console) -> None:
    while True:
        await asyncio.sleep(_LINE_S)
        line = status.line(source.meter, source.now(), source.lag(), time.perf_counter())
        console.print(line, soft_wrap=True, markup=False)
        console.file.flush()


def summary(meter: Meter, seconds: float, comparison: Comparison | None) -> str:
    """What happened, in a few lines."""
    latency = meter.latency()
    lines = [
        f"{meter.sent_count} orders in {seconds:.0f} s, {meter.decided_count} decided",
        f"event time {_days(meter)}",
        f"{meter.approved} approved, {meter.rejected.total()} rejected, {meter.repeats} of them answered again",
    ]
    if latency:
        lines.append(f"order to decision: p50 {latency.p50_ms:.1f} ms, p99 {latency.p99_ms:.1f} ms")
    lines += [f"{count:8}  {reason}" for reason, count in meter.rejected.most_common()]
    lines.append(f"breakers moved {meter.breaker_moves} times")
    if comparison is not None:
        lines.append(
            f"database: {comparison.rows} decisions, journal: {comparison.journal}, "
            f"{'equal' if comparison.agrees else 'different'}"
        )
    return "\n".join(lines)


def summary_json(meter: Meter, seconds: float, comparison: Comparison | None, complaints: Sequence[str]) -> str:
    """The same as one JSON object; ``complaints`` is empty where all is right."""
    latency = meter.latency()
    return json.dumps(
        {
            "seconds": seconds,
            "first_day": meter.days and meter.days[0].isoformat(),
            "last_day": meter.days and meter.days[1].isoformat(),
            "orders": meter.sent_count,
            "decided": meter.decided_count,
            "approved": meter.approved,
            "rejected": dict(meter.rejected.most_common()),
            "repeats": meter.repeats,
            "p50_ms": latency.p50_ms if latency else None,
            "p99_ms": latency.p99_ms if latency else None,
            "breakers_moved": meter.breaker_moves,
            "database_decisions": comparison.rows if comparison is not None else None,
            "journal_decisions": comparison.journal if comparison is not None else None,
            "complaints": list(complaints),
        }
    )


def closing(meter: Meter, seconds: float) -> str:
    """What happened until somebody stopped it, in one line."""
    return (
        f"stopped after {seconds:.0f} s, event time {_days(meter)}: {meter.sent_count} orders, "
        f"{meter.approved} approved, {meter.rejected.total()} rejected, {meter.waiting} waiting; "
        f"breakers moved {meter.breaker_moves} times"
    )


def _days(meter: Meter) -> str:
    return f"{meter.days[0]} to {meter.days[1]}" if meter.days else "before the first day"


def assumptions(history: History) -> str:
    """What of the demo's data is real and what is not, and of which days the models know."""
    warmed = warm_up_dates(history)
    constant, slope, correlation = history.vix_fit
    levels = zip(history.dates, history.vix, strict=True)
    march = max(level for day, level in levels if (day.year, day.month) == (2020, 3))
    return (
        "prices: real daily closes of 20 US stocks and the S&P 500; steps between closes, volumes, spreads, accounts "
        "and orders are generated\n"
        f"models: warmed with {len(warmed)} trading days, {warmed[0]} to {warmed[-1]}; what comes next is played\n"
        f"VIX: real to 2019-01-03, then an assumption: {constant:.1f} + {slope:.2f} x EWMA volatility of the index "
        f"(correlation {correlation:.2f} on 2014-2018; its highest level in March 2020 is {march:.0f}, the real one "
        "was 83)"
    )
