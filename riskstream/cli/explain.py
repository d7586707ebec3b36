"""``riskstream explain ORDER_ID``: everything that is on record about one order."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskstream.cli.codes import Code, fail, reaching, reaching_broker
from riskstream.cli.context import console, progress, settings_of

if TYPE_CHECKING:
    from riskstream.evidence import Evidence, Finding
    from riskstream.settings import Settings


def explain(
    context: typer.Context,
    order_id: Annotated[str, typer.Argument(help="The order's id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as one JSON object.")] = False,
) -> None:
    """Print everything that is on record about an order.

    What was asked, the verdict, the ten layers with each check, the marks and the version of the limits, the place in
    the journal, and what the venue reported. From the database if one is configured, else from the journal topic.
    Exit code 1: no such order.
    """
    import msgspec

    evidence = _evidence(settings_of(context), order_id)
    if not evidence.findings:
        fail(f"no decision on order {order_id!r} in the {evidence.source}", Code.REFUSED)
    if as_json:
        typer.echo(msgspec.json.encode(evidence))
    else:
        _print(evidence)


def _evidence(settings: Settings, order_id: str) -> Evidence:
    from riskstream.evidence import from_database, from_journal

    if settings.database_url:
        with reaching("the database of RISKSTREAM_DATABASE_URL"):
            return from_database(settings.database_url, order_id)
    with reaching_broker(settings.stream.bootstrap_servers), progress("reading the journal"):
        return asyncio.run(from_journal(settings.stream, order_id))


def _print(evidence: Evidence) -> None:
    for finding in evidence.findings:
        _print_finding(finding)
    if evidence.reports:
        console().rule("what the venue reported", align="left")
    for report in evidence.reports:
        console().print("  ".join(f"{name} {value}" for name, value in _told(report)), soft_wrap=True)


def _told(report: dict[str, Any]) -> list[tuple[str, Any]]:
    from schemas.times import moment

    return [("at", moment(value)) if name == "event_time_ns" else (name, value) for name, value in report.items()]


def _print_finding(finding: Finding) -> None:
    from riskstream.cli.render import check_table, headline, layer_table

    out, decision = console(), finding.decision
    out.print(headline(decision), soft_wrap=True)
    for name, value in _facts(finding):
        out.print(f"  {name:12} {value}", soft_wrap=True)
    out.rule("ten layers", align="left")
    out.print(layer_table(decision))
    out.rule("each check", align="left")
    out.print(check_table(decision))


def _facts(finding: Finding) -> list[tuple[str, Any]]:
    from schemas.codec import encode
    from schemas.times import moment

    decision = finding.decision
    marks = [
        f"{mark.symbol} {mark.price} of {moment(mark.event_time_ns)} (version {mark.version})"
        for mark in decision.marks
    ]
    held = decision.reservation
    return [
        ("order", encode(decision.order).decode()),
        ("text", decision.text),
        ("FIX 103", decision.fix_ord_rej_reason if decision.fix_ord_rej_reason is not None else "-"),
        ("score", f"{decision.score} of 100"),
        ("approvable", f"{decision.max_quantity} at most"),
        ("advice", "; ".join(decision.recommendations) or "-"),
        ("reserved", f"{held.side} {held.quantity} {held.symbol}" if held else "nothing"),
        ("limits", f"preset {decision.preset or '-'}, version {decision.limits_version}"),
        ("marks", "; ".join(marks) or "none"),
        ("market", f"version {decision.market_version}"),
        ("decided at", moment(decision.decided_at_ns)),
        ("journal", f"partition {finding.partition}, seq {finding.seq}, offset {finding.offset}"),
    ]
