"""``riskstream replay FILE``: publish the events of a file."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskstream.cli.check import FileArgument
from riskstream.cli.codes import Code, fail, reaching_broker
from riskstream.cli.context import progress, settings_of

if TYPE_CHECKING:
    from streams.settings import StreamSettings


def replay(
    context: typer.Context,
    file: FileArgument,
    rate: Annotated[float, typer.Option(min=0.0, help="Events a second; 0: as fast as the broker takes them.")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the count as JSON.")] = False,
) -> None:
    """Publish the events of a file on their topics."""
    from riskstream.cli.lines import BadInput, size_of

    settings = settings_of(context).stream
    try:
        size = size_of(file)
        with reaching_broker(settings.bootstrap_servers):
            count = asyncio.run(_published(settings, file, size, rate))
    except BadInput as error:
        fail(str(error), Code.USAGE)
    typer.echo(json.dumps({"published": count}) if as_json else f"{count} events published")


async def _published(settings: StreamSettings, file: Path, size: int | None, rate: float) -> int:
    from riskstream.cli.lines import read_events
    from streams.producer import EventProducer

    producer, count = EventProducer(settings), 0
    try:
        await producer.start()
        with progress("publishing", size) as read:
            for count, event in enumerate(read_events(file, read), start=1):  # noqa: B007 - the count is the result
                await producer.send(event)
                if rate:
                    await asyncio.sleep(1.0 / rate)
        await producer.flush()
    finally:
        await producer.stop()
    return count
