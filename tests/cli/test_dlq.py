"""``riskstream dlq``: dead letters are found, opened, and sent again exactly as often as an operator says."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from riskstream.cli.codes import Code
from schemas.topics import FILLS, ORDERS, Topic
from streams.dead_letters import PAYLOAD_MAX_BYTES, DeadLetter, bury
from streams.letters import MARK_KEY, MARKED_KEY
from streams.ranges import Ranges
from streams.settings import StreamSettings
from tests.cli.conftest import Cli

GOOD = (
    b'{"type":"fill","fill_id":"f","order_id":"o","account_id":"acc","symbol":"AAA","side":"buy","quantity":"1",'
    b'"price":"10","event_time_ns":1}'
)


def letter(offset: int, payload: bytes | None = GOOD, topic: str = "risk.fills.v1") -> DeadLetter:
    return DeadLetter(topic, 2, offset, b"acc", payload, "the engine failed: KeyError('AAA')")


def buried(settings: StreamSettings, *letters: DeadLetter) -> None:
    async def run() -> None:
        async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
            await bury(producer, letters)

    asyncio.run(run())


def sent(settings: StreamSettings, topic: Topic = FILLS) -> list[Any]:
    """What is on a topic's partition 2."""

    async def run() -> list[Any]:
        async with Ranges(settings, settings.topic(topic), [2]) as ranges:
            span = (await ranges.now())[2]
            return [each async for records in ranges.read({2: 0}, {2: span.end}) for each in records]

    return asyncio.run(run())


def listed(cli: Cli, *options: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(cli("dlq", "list", "--json", *options).stdout)
    return rows


def test_letters_are_listed(settings: StreamSettings, cli: Cli) -> None:
    """Each with its id, source, size and reason, of all topics or of one; an empty list is fine."""
    assert cli("dlq", "list").exit_code == Code.OK
    buried(settings, letter(7), letter(8, None), letter(3, b"{", "risk.orders.v1"))
    rows = listed(cli)
    assert [(row["id"], row["source"], row["bytes"]) for row in rows] == [
        ("orders:2:0", "risk.orders.v1-2@3", 1),
        ("fills:2:0", "risk.fills.v1-2@7", len(GOOD)),
        ("fills:2:1", "risk.fills.v1-2@8", 0),
    ]
    assert {row["reason"] for row in rows} == {"the engine failed: KeyError('AAA')"}
    assert listed(cli, "--topic", "fills") == rows[1:]
    assert "fills:2:0" in cli("dlq", "list").stdout


def test_a_letter_is_shown_in_full(settings: StreamSettings, cli: Cli) -> None:
    """Key, payload, and why it could not be sent again; bytes that are no text are escaped."""
    buried(settings, letter(7, b"{\xff" + b"x" * 100))
    told = json.loads(cli("dlq", "show", "fills:2:0", "--json").stdout)
    assert (told["key"], told["payload"]) == ("acc", "{\\xff" + "x" * 100)
    assert told["refusal"].startswith("would come back: ")
    assert "{\\xff" + "x" * 100 in cli("dlq", "show", "fills:2:0").stdout


@pytest.mark.parametrize(
    ("letter_id", "code"),
    [("fills:2:5", Code.REFUSED), ("fills:2", Code.USAGE), ("gossip:0:0", Code.USAGE), ("fills:x:0", Code.USAGE)],
)
def test_an_id_that_is_none(cli: Cli, letter_id: str, code: Code) -> None:
    """No such letter is an answer, a malformed id a wrong use; both are named."""
    result = cli("dlq", "show", letter_id)
    assert result.exit_code == code
    assert letter_id.split(":", maxsplit=1)[0] in result.stderr


def test_replay_sends_it_where_it_came_from_once(settings: StreamSettings, cli: Cli) -> None:
    """Same partition, key and payload; a second replay is refused, unless it is wanted."""
    buried(settings, letter(7))
    result = cli("dlq", "replay", "fills:2:0", "--yes", "--json")
    assert result.exit_code == Code.OK, result.output
    assert json.loads(result.stdout) == {"sent": [{"id": "fills:2:0", "offset": 0}], "refused": []}
    (record,) = sent(settings)
    assert (record.key, record.value, dict(record.headers)) == (b"acc", GOOD, {"dead_letter": b"fills:2:0"})
    assert [row["replay"] for row in listed(cli)] == ["done"]
    second = cli("dlq", "replay", "fills:2:0", "--yes")
    assert second.exit_code == Code.REFUSED
    assert "fills:2:0 was sent again before" in second.stderr
    assert cli("dlq", "replay", "fills:2:0", "--yes", "--again").exit_code == Code.OK
    assert len(sent(settings)) == 2


def test_replay_asks(settings: StreamSettings, cli: Cli) -> None:
    """Without --yes it shows what it would send and waits for a yes."""
    buried(settings, letter(7))
    refused = cli("dlq", "replay", "fills:2:0", input="n\n")
    assert refused.exit_code == 1
    assert "Send 1 dead letters again?" in refused.output
    assert sent(settings) == []
    assert cli("dlq", "replay", "fills:2:0", input="y\n").exit_code == Code.OK
    assert len(sent(settings)) == 1


def test_replay_of_a_topic(settings: StreamSettings, cli: Cli) -> None:
    """All that can be sent is, in order, but what was sent before; what can't is named with exit code 1."""
    buried(settings, letter(7), letter(8, GOOD.replace(b'"f"', b'"g"')), letter(9, b"{"))
    cli("dlq", "replay", "fills:2:0", "--yes")
    result = cli("dlq", "replay", "--topic", "fills", "--yes")
    assert result.exit_code == Code.REFUSED
    assert "1 dead letters sent again" in result.stdout
    assert "fills:2:2 would come back" in result.stderr
    assert [b'"g"' in record.value for record in sent(settings)] == [False, True]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (letter(7, b"x" * (PAYLOAD_MAX_BYTES + 1)), "is not whole: it had 900001 bytes"),
        (letter(7)._replace(key=b"k" * 60_001), "has not its whole key: that had 60001 bytes"),
        (letter(7, None), "would come back: the payload is empty"),
        (letter(7, b'{"type":"fill"}'), "would come back"),
    ],
)
def test_what_can_not_be_sent(settings: StreamSettings, cli: Cli, changed: DeadLetter, why: str) -> None:
    """Of letters named by id none is sent if one can't be: cut, empty, or as bad as before."""
    buried(settings, letter(6), changed)
    result = cli("dlq", "replay", "fills:2:0", "fills:2:1", "--yes")
    assert result.exit_code == Code.REFUSED
    assert f"fills:2:1 {why}" in result.stderr
    assert sent(settings) == []


def test_a_replay_that_broke_off_may_have_been_sent(settings: StreamSettings, cli: Cli) -> None:
    """After the first mark and before the second nobody knows: it is refused until an operator says so."""
    buried(settings, letter(7))

    async def begin() -> None:
        async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
            await producer.send_and_wait(
                "risk.fills.v1.dlq", b"", partition=2, headers=[(MARK_KEY, b"began"), (MARKED_KEY, b"0")]
            )

    asyncio.run(begin())
    result = cli("dlq", "replay", "fills:2:0", "--yes")
    assert (result.exit_code, "may have been sent again before" in result.stderr) == (Code.REFUSED, True)
    assert cli("dlq", "replay", "fills:2:0", "--yes", "--again").exit_code == Code.OK
    assert [row["replay"] for row in listed(cli)] == ["done"]


def test_a_record_that_is_no_letter(settings: StreamSettings, cli: Cli) -> None:
    """What someone else wrote among the dead letters, or a letter of another topic, is listed and not sent."""

    async def write() -> None:
        async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
            await producer.send_and_wait("risk.orders.v1.dlq", GOOD, partition=2)
            await producer.send_and_wait("risk.orders.v1.dlq", GOOD, partition=2, headers=letter(1).headers)

    asyncio.run(write())
    assert [row["source"] for row in listed(cli)] == [None, "risk.fills.v1-2@1"]
    result = cli("dlq", "replay", "--topic", "orders", "--yes")
    assert result.stderr.count("does not say that it is from risk.orders.v1") == 2
    assert sent(settings, ORDERS) == []


@pytest.mark.parametrize(
    "options", [[], ["fills:0:0", "--topic", "fills"], ["fills:0:0", "--json"], ["--topic", "decisions"]]
)
def test_replay_needs_ids_or_a_topic(cli: Cli, options: list[str]) -> None:
    """Neither, both, JSON with a question, or a topic without dead letters is a wrong use."""
    assert cli("dlq", "replay", *options).exit_code == Code.USAGE
