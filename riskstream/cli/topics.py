"""``riskstream topics create | verify | list | tail``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import typer

from riskstream.cli.codes import EPILOG, Code, fail, reaching_broker
from riskstream.cli.columns import print_table
from riskstream.cli.context import settings_of

if TYPE_CHECKING:
    from schemas.topics import Topic
    from streams.settings import StreamSettings

app = typer.Typer(help="The topics on the broker.", no_args_is_help=True)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
UNKNOWN_HINT = "--allow-unknown accepts what this broker does not tell, as the embedded one of `make demo` does not"
UnknownOption = Annotated[bool, typer.Option("--allow-unknown", help="Accept settings that the broker does not tell.")]


@app.callback()
def topics() -> None:
    """The topics on the broker."""


@app.command(epilog=EPILOG)
def create(
    context: typer.Context,
    replication: Annotated[int, typer.Option(min=1, help="Replication factor.")] = 1,
    allow_unknown: UnknownOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make the topics that are not there yet; the workers never do.

    Exit code 1, and nothing is made: a topic that is there contradicts what the journal rule asks, or the broker does
    not tell.
    """
    settings = settings_of(context).stream
    from streams.topics import TopicMismatch, create_topics

    with reaching_broker(settings.bootstrap_servers):
        try:
            made = asyncio.run(create_topics(settings, replication, allow_unknown))
        except TopicMismatch as error:
            fail(str(error), Code.REFUSED)
    typer.echo(json.dumps(made) if as_json else "\n".join(made) or "every topic is there")


@app.command(epilog=EPILOG)
def verify(context: typer.Context, allow_unknown: UnknownOption = False, as_json: JsonOption = False) -> None:
    """Check the topics of a live cluster against what the journal rule asks: every setting, as it is and should be.

    Exit code 1: something is wrong, missing or (unless allowed) unknown. Weak is no refusal: a lost machine could lose
    what was acknowledged, which a single broker can't help.
    """
    settings = settings_of(context).stream
    from streams.topics import verify_topics

    with reaching_broker(settings.bootstrap_servers):
        findings = asyncio.run(verify_topics(settings))
    if as_json:
        typer.echo(json.dumps([finding._asdict() for finding in findings]))
    else:
        print_table(
            ("topic", "setting", "is", "should be", "verdict"),
            [(each.topic, each.setting, each.found or "-", each.expected, each.verdict) for each in findings],
        )
    refused = {"wrong", "missing"} if allow_unknown else {"wrong", "missing", "unknown"}
    counts = {verdict: sum(each.verdict == verdict for each in findings) for verdict in sorted(refused)}
    if any(counts.values()):
        shown = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
        hint = f"; {UNKNOWN_HINT}" if counts.get("unknown") else ""
        fail(f"the topics are not as the journal rule asks: {shown}{hint}", Code.REFUSED)


@app.command(name="list", epilog=EPILOG)
def list_(context: typer.Context, as_json: JsonOption = False) -> None:
    """Every topic with its partitions, expected and found. Exit code 1: one is missing or differs."""
    settings = settings_of(context).stream
    from streams.topics import list_topics

    with reaching_broker(settings.bootstrap_servers):
        found = asyncio.run(list_topics(settings))
    rows = [{"topic": each.name, "expected": each.expected, "found": each.partitions} for each in found]
    if as_json:
        typer.echo(json.dumps(rows))
    else:
        print_table(
            ("topic", "expected", "found"),
            [(each.name, str(each.expected), str(each.partitions or "missing")) for each in found],
        )
    if any(row["found"] != row["expected"] for row in rows):
        raise typer.Exit(int(Code.REFUSED))


@app.command(epilog=EPILOG)
def tail(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Such as decisions, orders or metrics; with or without prefix.")],
    count: Annotated[int, typer.Option("--count", "-n", min=0, help="End after so many; 0: never.")] = 0,
    from_beginning: Annotated[bool, typer.Option(help="Begin with the oldest event, not with the next.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines, which is what it always prints.")] = False,
) -> None:
    """Print the events of a topic as JSON lines as they come; of decisions, the effective records only."""
    del as_json
    settings = settings_of(context).stream
    topic = _topic(settings, name)
    with reaching_broker(settings.bootstrap_servers):
        asyncio.run(_tail(settings, topic, count, from_beginning))


def _topic(settings: StreamSettings, name: str) -> Topic:
    from schemas.topics import TOPICS

    found = next((topic for topic in TOPICS if name in {topic.name, settings.topic(topic)}), None)
    if found is None:
        fail(f"NAME is {name!r}, expected one of {', '.join(topic.name for topic in TOPICS)}", Code.USAGE)
    return found


async def _tail(settings: StreamSettings, topic: Topic, count: int, from_beginning: bool) -> None:
    printed = 0
    async with aclosing(_payloads(settings, topic, from_beginning)) as payloads:
        async for payload in payloads:
            typer.echo(payload)
            printed += 1
            if printed == count:
                return


async def _payloads(settings: StreamSettings, topic: Topic, from_beginning: bool) -> AsyncGenerator[bytes, None]:
    """The journal is always read from its beginning, or a snapshot: which records count depends on those before."""
    from schemas.topics import DECISIONS
    from streams.reader import EventReader, JournalReader
    from streams.starts import begun

    if topic != DECISIONS:
        async with EventReader(settings, topic, from_end=not from_beginning) as events:
            async for found in events.entries():
                for event in found:
                    yield event.payload
    cursors = await begun(settings, {}, range(settings.partitions), "printing begins there")
    async with JournalReader(settings, cursors) as journal:
        wanted = from_beginning
        async for entries in journal.entries():
            for entry in entries if wanted else ():
                yield entry.payload
            wanted = wanted or await journal.caught_up()
