"""A command of :mod:`riskstream.cli.commands` is made, sent, and where its copies are is printed."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import typer

from riskstream.cli.codes import Code, fail, reaching_broker
from riskstream.cli.columns import print_table
from riskstream.cli.context import settings_of

if TYPE_CHECKING:
    from schemas.commands import Command
    from streams.placing import Copy
    from streams.settings import StreamSettings


def order(context: typer.Context, kind: str, command_id: str, fields: dict[str, Any], as_json: bool) -> None:
    """Send a command of that kind (its type's tag) and print where its copies are. What is no valid command ends with
    exit code 2, a copy that is not known to be there with 3."""
    settings = settings_of(context).stream
    made = _command({"type": kind, "command_id": command_id or f"{kind}-{uuid4().hex}", **fields})
    copies = _placed(settings, made)
    if as_json:
        told = [copy._asdict() for copy in copies]
        typer.echo(json.dumps({"type": kind, "command_id": made.command_id, "copies": told}))
    else:
        typer.echo(f"{kind} {made.command_id}")
        print_table(("partition", "offset", "error"), [_row(copy) for copy in copies])
    lost = [str(copy.partition) for copy in copies if copy.error]
    if lost:
        fail(
            f"partition {', '.join(lost)} is not known to have it: send it again with --id {made.command_id}",
            Code.UNREACHABLE,
        )


def _command(fields: dict[str, Any]) -> Command:
    from schemas.codec import BadPayload, decode
    from schemas.topics import COMMANDS

    try:
        made: Command = decode(COMMANDS, json.dumps({**fields, "event_time_ns": time.time_ns()}).encode())
    except BadPayload as error:
        fail(str(error), Code.USAGE)
    return made


def _placed(settings: StreamSettings, made: Command) -> list[Copy]:
    from streams.placing import WrongCount, place

    with reaching_broker(settings.bootstrap_servers):
        try:
            return asyncio.run(place(settings, made))
        except WrongCount as error:
            fail(str(error), Code.USAGE)


def _row(copy: Copy) -> tuple[str, str, str]:
    return str(copy.partition), "-" if copy.offset is None else str(copy.offset), copy.error or "-"
