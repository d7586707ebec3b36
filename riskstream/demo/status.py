"""The demo's live status: a table on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from riskstream.demo.meter import Meter
from schemas.commands import BreakerLevel

_LEVEL_STYLE = {
    BreakerLevel.NORMAL: "green",
    BreakerLevel.WARNING: "yellow",
    BreakerLevel.RESTRICTED: "dark_orange",
    BreakerLevel.REDUCE_ONLY: "red",
    BreakerLevel.HALTED: "bold white on red",
}


def line(meter: Meter, now: str, lag: int, now_s: float) -> str:
    """The status in one line."""
    latency = meter.latency()
    times = f"p50 {latency.p50_ms:.0f} ms, p99 {latency.p99_ms:.0f} ms" if latency else "no decision yet"
    top = ", ".join(f"{reason} {count}" for reason, count in meter.rejected.most_common(3))
    tripped = sorted((key, level) for key, level in meter.breakers.items() if level is not BreakerLevel.NORMAL)
    levels = ", ".join(f"{account} {kind.value} {level.value}" for (account, kind), level in tripped)
    return (
        f"{now}: {meter.rate(now_s):.0f} orders/s, {meter.approved} approved, "
        f"{meter.rejected.total()} rejected ({top or 'none'}), {times}, "
        f"breakers: {levels or 'normal'}, waiting {meter.waiting}, lag {lag}"
    )


def table(meter: Meter, now: str, lag: int, now_s: float, page: str) -> Group:
    """The status as a rich renderable."""
    latency = meter.latency()
    facts = Table(box=None, show_header=False)
    facts.add_row("page", Text(page, "bold cyan underline"))
    facts.add_row("day", now)
    facts.add_row("orders", f"{meter.rate(now_s):.0f}/s, {meter.sent_count} sent, {meter.waiting} waiting, lag {lag}")
    facts.add_row("latency", f"p50 {latency.p50_ms:.1f} ms, p99 {latency.p99_ms:.1f} ms" if latency else "-")
    facts.add_row(
        "decisions",
        Text.assemble((f"{meter.approved} approved", "green"), ", ", (f"{meter.rejected.total()} rejected", "red")),
    )
    return Group(facts, _reasons(meter), _breakers(meter), Text("Ctrl-C stops", "dim"))


def _reasons(meter: Meter) -> Table:
    reasons = Table(box=None, header_style="dim")
    reasons.add_column("rejected for")
    reasons.add_column("orders", justify="right")
    for reason, count in meter.rejected.most_common(12):
        reasons.add_row(reason, str(count))
    return reasons


def _breakers(meter: Meter) -> Table:
    breakers = Table(box=None, header_style="dim")
    for name in ("account", "breaker", "level"):
        breakers.add_column(name)
    for (account, kind), level in sorted(meter.breakers.items()):
        breakers.add_row(account, kind.value, Text(level.value, _LEVEL_STYLE[level]))
    return breakers
