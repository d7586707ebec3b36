"""``riskstream dlq list | show | replay``: what could not be decoded, why, and sending it again."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskstream.cli.codes import EPILOG, Code, fail, reaching_broker
from riskstream.cli.columns import print_table
from riskstream.cli.context import settings_of

if TYPE_CHECKING:
    from schemas.topics import Topic
    from streams.letters import Letter
    from streams.settings import StreamSettings

app = typer.Typer(help="Dead letters: payloads that could not be decoded or applied.", no_args_is_help=True)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
TopicOption = Annotated[
    list[str] | None, typer.Option("--topic", "-t", help="Only of this topic, such as orders; repeatable.")
]
_SHOWN_MAX = 60


@app.callback()
def dlq() -> None:
    """Dead letters: payloads that could not be decoded or applied."""


@app.command(name="list")
def list_(context: typer.Context, topic: TopicOption = None, as_json: JsonOption = False) -> None:
    """List dead letters: id, time, where from, size, whether it was sent again, and the reason."""
    settings = settings_of(context).stream
    letters = _letters(settings, _topics(topic))
    if as_json:
        typer.echo(json.dumps([_row(letter) for letter in letters]))
    else:
        _print_table(letters)


@app.command(epilog=EPILOG)
def show(
    context: typer.Context,
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="Such as orders:2:17, as the list names it.")],
    as_json: JsonOption = False,
) -> None:
    """Print one dead letter in full. Exit code 1: there is no such letter."""
    settings = settings_of(context).stream
    (letter,) = _named(settings, [letter_id])
    payload = (letter.payload or b"").decode(errors="backslashreplace")
    row = _row(letter) | {
        "key": letter.key.decode(errors="backslashreplace") if letter.key is not None else None,
        "refusal": letter.refusal(settings),
        "payload": payload,
    }
    if as_json:
        typer.echo(json.dumps(row))
        return
    for name, value in row.items():
        if name != "payload":
            typer.echo(f"{name:15} {'-' if value is None else value}")
    typer.echo(f"\n{payload}")


@app.command(epilog=EPILOG)
def replay(
    context: typer.Context,
    letter_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Such as orders:2:17.")] = None,
    topic: TopicOption = None,
    again: Annotated[bool, typer.Option("--again", help="Also what was, or may have been, sent again before.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Send dead letters to the topic and partition they came from, with their keys, once the cause is mended.

    Name letters by id, or all of a topic with --topic. An order request is decided as one that comes now: make sure
    that its gateway, which has had no answer, still wants it.
    Exit code 1: one can't be sent. Of those named by id then none is; of a topic the others are.
    """
    if bool(letter_ids) == bool(topic):
        fail(
            f"ID is {letter_ids or 'not given'} and --topic {topic or 'not given'}, expected one of the two", Code.USAGE
        )
    if as_json and not yes:
        fail("--json is given without --yes, expected both: a question is no JSON", Code.USAGE)
    settings = settings_of(context).stream
    letters = _named(settings, letter_ids) if letter_ids else _letters(settings, _topics(topic))
    if not letter_ids and not again:
        letters = [letter for letter in letters if not letter.replay]
    refused = [f"{letter.id} {why}" for letter in letters if (why := letter.refusal(settings, again)) is not None]
    if letter_ids and refused:
        fail("; ".join(refused), Code.REFUSED)
    ready = [letter for letter in letters if letter.refusal(settings, again) is None]
    if ready and not yes:
        _print_table(ready)
        typer.confirm(f"Send {len(ready)} dead letters again?", abort=True)
    sent = _replayed(settings, ready)
    typer.echo(json.dumps({"sent": sent, "refused": refused}) if as_json else f"{len(sent)} dead letters sent again")
    if refused:
        fail("; ".join(refused), Code.REFUSED)


def _replayed(settings: StreamSettings, letters: list[Letter]) -> list[dict[str, Any]]:
    from streams.letters import replay as resend

    async def run() -> list[dict[str, Any]]:
        return [{"id": letter.id, "offset": offset} async for letter, offset in resend(settings, letters)]

    if not letters:
        return []
    with reaching_broker(settings.bootstrap_servers):
        return asyncio.run(run())


def _letters(settings: StreamSettings, topics: list[Topic]) -> list[Letter]:
    from streams.letters import read_letters

    with reaching_broker(settings.bootstrap_servers):
        return asyncio.run(read_letters(settings, topics))


def _named(settings: StreamSettings, ids: list[str]) -> list[Letter]:
    for each in ids:
        name, *place = each.rsplit(":", 2)
        if len(place) != 2 or not all(number.isdecimal() for number in place):
            fail(f"ID is {each!r}, expected TOPIC:PARTITION:OFFSET, such as orders:2:17", Code.USAGE)
        _topics([name])
    found = {letter.id: letter for letter in _letters(settings, _topics([each.rsplit(":", 2)[0] for each in ids]))}
    missing = [each for each in ids if each not in found]
    if missing:
        fail(f"no dead letter {', '.join(missing)}", Code.REFUSED)
    return [found[each] for each in dict.fromkeys(ids)]


def _topics(names: list[str] | None) -> list[Topic]:
    """The topics of these names, in the order of the table; all that have dead letters if there are none."""
    from streams.letters import LETTERED

    known = {topic.name: topic for topic in LETTERED}
    for name in names or ():
        if name not in known:
            fail(f"the topic is {name!r}, expected one of {', '.join(known)}", Code.USAGE)
    return [topic for topic in LETTERED if not names or topic.name in names]


def _row(letter: Letter) -> dict[str, Any]:
    from schemas.times import moment

    return {
        "id": letter.id,
        "when": moment(max(0, letter.timestamp_ms) * 1_000_000),
        "source": f"{letter.source[0]}-{letter.source[1]}@{letter.source[2]}" if letter.source else None,
        "bytes": letter.cut_from_bytes or len(letter.payload or b""),
        "replay": letter.replay or None,
        "reason": letter.reason,
    }


def _print_table(letters: list[Letter]) -> None:
    rows = [{**_row(letter), "reason": letter.reason[:_SHOWN_MAX]} for letter in letters]
    print_table(
        ("id", "when", "source", "bytes", "replay", "reason"),
        [["-" if value is None else str(value) for value in row.values()] for row in rows],
    )
