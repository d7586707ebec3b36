"""A decision on a terminal: the verdict, then the ten layers."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from riskstream.figures import figure
from schemas.decisions import Check, Decision, LayerResult, Status, Verdict
from schemas.orders import OrderRequest
from schemas.times import duration

_STYLE = {
    Verdict.PASS: "green",
    Verdict.WARN: "yellow",
    Verdict.FAIL: "bold red",
    Verdict.UNAVAILABLE: "bold red",
    Verdict.EXEMPT: "cyan",
    Verdict.SKIPPED: "dim",
}


def headline(decision: Decision) -> Text:
    """Order and verdict in one line, with the reason of a rejection."""
    order = decision.order
    asked = (
        f"{order.side} {order.quantity} {order.symbol} {order.order_type}"
        if isinstance(order, OrderRequest)
        else f"{type(order).__name__} of {order.original_order_id}"
    )
    approved = decision.status is Status.APPROVED
    style = "green" if approved else "red"
    reason = "" if approved else f"  {decision.reason.value}"
    flags = [name for name in ("dry_run", "repeat", "reducing") if getattr(decision, name)]
    return Text.assemble(
        (f"{decision.status.value.upper():9}", f"bold {style}"),
        f"{decision.order_id}  {asked}",
        (reason, style),
        f"  {' '.join(flags)}" if flags else "",
    )


def layer_table(decision: Decision) -> Table:
    """The ten layers, one row each."""
    table = Table(box=None, pad_edge=True, header_style="dim")
    for name in ("layer", "", "measure", "limit", "unit", "headroom", "age", "verdict", "reason"):
        table.add_column(name, justify="right" if name in {"measure", "limit", "headroom", "age"} else "left")
    for layer in decision.layers:
        table.add_row(*_row(layer), style="" if layer.verdict is Verdict.PASS else _STYLE[layer.verdict])
    return table


def _row(layer: LayerResult) -> tuple[str, ...]:
    return (
        str(layer.layer),
        layer.name,
        *_figures(layer),
        "" if layer.input_age_ns is None else duration(layer.input_age_ns),
        layer.verdict.value,
        layer.reason.value if layer.reason else "",
    )


def number(value: float | None) -> str:
    """Four significant digits, or nothing."""
    return "" if value is None else figure(value, ",.0f" if abs(value) >= 10_000 else ".4g")


def _figures(of: LayerResult | Check) -> tuple[str, ...]:
    """Measure, limit, the unit that they do not say themselves, and headroom."""
    if of.unit == "ns":
        spans = ("" if value is None else duration(value) for value in (of.measure, of.limit))
        return (*spans, "", number(of.headroom))
    return number(of.measure), number(of.limit), of.unit, number(of.headroom)


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
                *_figures(check),
                check.verdict.value,
                check.reason.value if check.reason else "",
                style="" if check.verdict is Verdict.PASS else _STYLE[check.verdict],
            )
    return table
