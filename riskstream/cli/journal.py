"""``riskstream journal tail | verify | digest | skip``: the journal as it is, void records included."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskstream.cli.codes import EPILOG, Code, fail, reaching_broker
from riskstream.cli.columns import print_table
from riskstream.cli.context import progress, settings_of
from riskstream.cli.journal_skip import skip

if TYPE_CHECKING:
    from streams.folding import Fold
    from streams.ranges import Judged
    from streams.settings import StreamSettings
    from streams.verify import Audit, Finding

app = typer.Typer(help="The journal: every decision, and what the workers' state is the fold of.", no_args_is_help=True)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PartitionOption = Annotated[list[int] | None, typer.Option("--partition", "-p", min=0, help="Only this; repeatable.")]


app.command(epilog=EPILOG)(skip)


@app.callback()
def journal() -> None:
    """The journal: every decision, and what the workers' state is the fold of."""


@app.command(epilog=EPILOG)
def tail(
    context: typer.Context,
    partition: PartitionOption = None,
    last: Annotated[
        int, typer.Option("--last", "-n", min=0, help="Only the last so many of what is there; 0: all.")
    ] = 0,
    void: Annotated[bool, typer.Option("--void", help="Only records that do not count.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as records come, until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Print the records of the journal, claims too, each with what the journal rule says of it.

    A void record was written by a worker that had been replaced, or lost a race: it never happened.
    Exit code 1: a record can't be read, or the journal's beginning is gone and no snapshot makes up for it.
    """
    settings, partitions = _scope(context, partition)
    from streams.auditing import Unreadable

    with reaching_broker(settings.bootstrap_servers):
        try:
            asyncio.run(_tail(settings, partitions, last, void, follow, as_json))
        except Unreadable as error:
            fail(str(error), Code.REFUSED)


@app.command(epilog=EPILOG)
def verify(context: typer.Context, partition: PartitionOption = None, as_json: JsonOption = False) -> None:
    """Read whole journals and check them against the rule and the input topics.

    Offsets without a hole, headers that fit their bodies, every input covered exactly once and in order, one decision
    for each order id, commands of more than one account in each of the partitions. Lag is what is not covered yet. It
    reads only; workers may run beside.
    Exit code 1: something contradicts the rule.
    """
    settings, partitions = _scope(context, partition)
    from streams.auditing import audit

    with reaching_broker(settings.bootstrap_servers), progress("reading the journal"):
        audits = asyncio.run(audit(settings, partitions))
    rows = [_audit_row(each) for each in audits]
    _report(rows, [finding for each in audits for finding in each.findings], as_json=as_json)


@app.command(epilog=EPILOG)
def digest(context: typer.Context, partition: PartitionOption = None, as_json: JsonOption = False) -> None:
    """Fold whole journals and print the digest of each partition's state.

    Equal digests at an equal seq are equal states, on any machine and in any version that folds alike. On the way, the
    fold is compared with every digest in a record and with the newest snapshot.
    Exit code 1: one differs, or the journal can't be folded.
    """
    settings, partitions = _scope(context, partition)
    from streams.auditing import Unreadable
    from streams.folding import fold

    with reaching_broker(settings.bootstrap_servers), progress("folding the journal"):
        try:
            folds = asyncio.run(fold(settings, partitions))
        except Unreadable as error:
            fail(str(error), Code.REFUSED)
    _report(
        [_fold_row(each) for each in folds], [finding for each in folds for finding in each.findings], as_json=as_json
    )


def _scope(context: typer.Context, partitions: Sequence[int] | None) -> tuple[StreamSettings, list[int]]:
    settings = settings_of(context).stream
    beyond = [number for number in partitions or () if number >= settings.partitions]
    if beyond:
        fail(
            f"--partition is {beyond[0]}, expected less than {settings.partitions} (RISKSTREAM_PARTITIONS)", Code.USAGE
        )
    return settings, sorted(set(partitions)) if partitions else list(range(settings.partitions))


def _audit_row(audit: Audit) -> dict[str, Any]:
    from streams.processor import INPUTS

    counts = {
        name: audit.counts[name]
        for name in ("records", "effective", "void", "claim", "decision", "repeats", "facts", "event", "skip")
    }
    lags = {INPUTS[number].name: lag for number, lag in audit.lags.items()}
    return (
        {"partition": audit.partition, "epoch": audit.reader.epoch, "seq": audit.reader.seq}
        | counts
        | {"findings": len(audit.findings), "lag": lags}
    )


def _fold_row(folded: Fold) -> dict[str, Any]:
    cursor = folded.cursor
    return {
        "partition": folded.partition,
        "offset": cursor.offset,
        "epoch": cursor.epoch,
        "seq": cursor.seq,
        "digest": folded.digest.hex(),
        "checked": folded.checked,
        "findings": len(folded.findings),
    }


def _report(rows: Sequence[dict[str, Any]], findings: Sequence[Finding], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"partitions": rows, "findings": [finding._asdict() for finding in findings]}))
    else:
        print_table(list(rows[0]), [[_cell(value) for value in row.values()] for row in rows])
        for finding in findings:
            typer.echo(f"{finding.partition}@{finding.offset}  {finding.rule}  {finding.text}")
    if findings:
        fail(f"{len(findings)} findings contradict the journal rule", Code.REFUSED)


def _cell(value: Any) -> str:
    """Of a mapping, what is not zero."""
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(f"{name} {count}" for name, count in value.items() if count) or "-"


async def _tail(
    settings: StreamSettings, partitions: Sequence[int], last: int, void: bool, follow: bool, as_json: bool
) -> None:
    from streams.auditing import follow as journal_records

    held: deque[Judged] | None = deque(maxlen=last) if last else None
    async with aclosing(journal_records(settings, partitions, forever=follow)) as batches:
        there = True
        async for records in batches:
            there = there and bool(records)
            wanted = [record for record in records if not (void and record.effective)]
            if held is None:
                _print(wanted, as_json)
            elif there:
                held.extend(wanted)
            else:  # all that was there is read
                _print(held, as_json)
                held = None


def _print(records: Sequence[Judged] | deque[Judged], as_json: bool) -> None:
    from riskstream.cli.journal_rows import row_of, text_of

    for record in records:
        row = row_of(record)
        typer.echo(json.dumps(row) if as_json else text_of(row))
