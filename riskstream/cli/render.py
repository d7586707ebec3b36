"""A decision on a terminal: the verdict, then the ten layers."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from schemas.decisions import Decision, LayerResult, Status, Verdict
from schemas.orders import OrderRequest

_STYLE = {
    Verdict.PASS: "green",
    Verdict.WARN: "yellow",
    Verdict.FAIL: "bold red",
    Verdict.UNAVAILABLE: "bold red",
    Verdict.EXEMPT: "cyan",
    Verdict.SKIPPED: "dim",
}
_NS = 1_000_000_000


def headline(decision: Decision) -> Text:
    """Order, verdict and reason in one line."""
    order = decision.order
    asked = (
        f"{order.side} {order.quantity} {order.symbol} {order.order_type}"
        if isinstance(order, OrderRequest)
        else f"{type(order).__name__} of {order.original_order_id}"
    )
    style = "green" if decision.status is Status.APPROVED else "red"
    flags = [name for name in ("dry_run", "repeat", "reducing") if getattr(decision, name)]
    return Text.assemble(
        (f"{decision.status.value.upper():9}", f"bold {style}"),
        f"{decision.order_id}  {asked}  ",
        (decision.reason.value, style),
        f"  {' '.join(flags)}",
    )


def layer_table(decision: Decision) -> Table:
    """The ten layers, one row each."""
    table = Table(box=None, pad_edge=True, header_style="dim")
    for name in ("layer", "", "measure", "limit", "unit", "headroom", "age s", "verdict", "reason"):
        table.add_column(name, justify="right" if name in {"measure", "limit", "headroom", "age s"} else "left")
    for layer in decision.layers:
        table.add_row(*_row(layer), style="" if layer.verdict is Verdict.PASS else _STYLE[layer.verdict])
    return table


def _row(layer: LayerResult) -> tuple[str, ...]:
    age = "" if layer.input_age_ns is None else f"{layer.input_age_ns / _NS:.3f}"
    return (
        str(layer.layer),
        layer.name,
        number(layer.measure),
        number(layer.limit),
        layer.unit,
        number(layer.headroom),
        age,
        layer.verdict.value,
        layer.reason.value if layer.reason else "",
    )


def number(value: float | None) -> str:
    """Four significant digits, or nothing."""
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def moment(time_ns: int) -> str:
    """A time in UTC to the microsecond."""
    return datetime.fromtimestamp(time_ns / _NS, tz=UTC).isoformat(sep=" ", timespec="microseconds")


def check_table(decision: Decision) -> Table:
    """Every check of every layer, one row each."""
    table = Table(box=None, pad_edge=True, header_style="dim")
    for name in ("layer", "check", "measure", "limit", "unit", "headroom", "verdict", "reason"):
        table.add_column(name, justify="right" if name in {"measure", "limit", "headroom"} else "left")
    for layer in decision.layers:
        for check in layer.checks:
            table.add_row(
                str(layer.layer),
                check.name,
                number(check.measure),
                number(check.limit),
                check.unit,
                number(check.headroom),
                check.verdict.value,
                check.reason.value if check.reason else "",
                style="" if check.verdict is Verdict.PASS else _STYLE[check.verdict],
            )
    return table
