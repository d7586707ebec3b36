"""``riskstream command``: each command goes where it belongs, and is not said to be there if it is not."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError

from riskstream.cli.codes import Code
from schemas.codec import encode
from schemas.commands import Command, Kill, Scope
from schemas.records import Facts
from schemas.topics import COMMANDS
from streams.journal import Input, Kind, Source
from streams.partitioning import partition_of
from streams.reader import EventReader
from streams.settings import StreamSettings
from tests.cli.conftest import Cli
from tests.streams.written import Written, publish

BY = ("--author", "jo", "--reason", "a test")
FIRM = {"scope": "firm", "scope_id": "firm"}


async def arrived(settings: StreamSettings) -> list[tuple[int, Command]]:
    """The commands on the broker, with their partitions."""
    async with EventReader(settings, COMMANDS) as reader:
        found: list[tuple[int, Command]] = []
        async for entries in reader.entries():
            found += [(entry.partition, entry.event) for entry in entries]
            if await reader.caught_up():
                break
    return sorted(found, key=lambda each: each[0])


@pytest.mark.parametrize(
    ("command", "kind", "fields"),
    [
        (("kill", "firm", "firm", *BY), "kill", FIRM),
        (("unkill", "trader", "kim", "--author", "jo"), "unkill", {"scope": "trader", "scope_id": "kim"}),
        (("set-limits", "desk", "main", "var_max=0.01", "leverage_max=2", *BY), "set_limits", {"scope": "desk"}),
        (("timer",), "timer", {}),
    ],
)
def test_what_concerns_more_than_one_account_goes_everywhere(
    settings: StreamSettings, cli: Cli, command: tuple[str, ...], kind: str, fields: dict[str, str]
) -> None:
    """One copy of the same command in each partition, and the place of each is printed."""
    result = cli("command", *command, "--json")
    assert result.exit_code == Code.OK, result.output
    told = json.loads(result.stdout)
    assert told["copies"] == [{"partition": number, "offset": 0, "error": ""} for number in range(4)]
    copies = asyncio.run(arrived(settings))
    assert [partition for partition, _ in copies] == [0, 1, 2, 3]
    assert len({encode(event) for _, event in copies}) == 1
    sent = json.loads(encode(copies[0][1]))
    assert sent["type"] == kind == told["type"]
    assert sent["command_id"] == told["command_id"]
    assert sent.items() >= fields.items()


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        (("kill", "account", "acc", *BY), {"type": "kill", "scope": "account", "author": "jo", "reason": "a test"}),
        (("set-limits", "account", "acc", "var_max=0.01", "--author", "jo"), {"changes": {"var_max": 0.01}}),
        (("trip", "acc", "drawdown", "--level", "reduce_only", *BY), {"type": "trip_breaker", "level": "reduce_only"}),
        (("reset", "acc", "daily_loss", *BY), {"type": "reset_breaker", "breaker": "daily_loss"}),
    ],
)
def test_what_concerns_one_account_goes_to_its_partition(
    settings: StreamSettings, cli: Cli, command: tuple[str, ...], fields: dict[str, Any]
) -> None:
    """One copy, where the account's orders are."""
    result = cli("command", *command, "--id", "c-1")
    assert result.exit_code == Code.OK, result.output
    assert "c-1" in result.stdout
    ((partition, event),) = asyncio.run(arrived(settings))
    assert partition == partition_of("acc", 4)
    assert json.loads(encode(event)).items() >= ({"command_id": "c-1"} | fields).items()


def test_a_copy_that_is_not_there_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 3, the places of the others, and how to send it again."""
    real = AIOKafkaProducer.send

    async def send(self: Any, topic: str, *given: Any, partition: int, **more: Any) -> Any:
        if partition != 2:
            return await real(self, topic, *given, partition=partition, **more)
        refused: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        refused.set_exception(KafkaTimeoutError())
        return refused

    monkeypatch.setattr(AIOKafkaProducer, "send", send)
    result = cli("command", "kill", "firm", "firm", *BY, "--json")
    assert result.exit_code == Code.UNREACHABLE
    told = json.loads(result.stdout)
    assert [copy["offset"] for copy in told["copies"]] == [0, 0, None, 0]
    assert "KafkaTimeoutError" in told["copies"][2]["error"]
    assert f"partition 2 is not known to have it: send it again with --id {told['command_id']}" in result.stderr


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("kill", "firm", "firm", "--author", "jo"), "--reason"),
        (("kill", "firm", "firm", "--author", "jo", "--reason", " "), "--reason is empty"),
        (("kill", "firm", "firm", "--reason", "x"), "--author"),
        (("kill", "planet", "earth", *BY), "planet"),
        (("set-limits", "trader", "kim", "var_max=1", *BY), "`scope` is trader"),
        (("set-limits", "desk", "main", "var_max=much", *BY), "NAME=VALUE is 'var_max=much'"),
        (("set-limits", "desk", "main", "var_max=inf", *BY), "NAME=VALUE is 'var_max=inf'"),
        (("set-limits", "desk", "main", "var_most=1", *BY), "var_most"),
        (("trip", "acc", "mood", *BY), '`breaker` is "mood", expected one of daily_loss, drawdown'),
        (("trip", "acc", "drawdown", "--level", "up", *BY), '`level` is "up", expected one of normal, warning'),
    ],
)
def test_a_wrong_command_is_not_sent(settings: StreamSettings, cli: Cli, command: tuple[str, ...], told: str) -> None:
    """Exit code 2 and what is wrong; nothing reaches the broker."""
    result = cli("command", *command)
    assert result.exit_code == Code.USAGE, result.output
    assert told in result.stderr
    assert asyncio.run(arrived(settings)) == []


def test_another_number_of_partitions_is_refused(settings: StreamSettings, cli: Cli) -> None:
    """A setting that is not the topic's would leave partitions out: exit code 2, and nothing is sent."""
    result = cli("command", "kill", "firm", "firm", *BY, env={"RISKSTREAM_PARTITIONS": "3"})
    assert result.exit_code == Code.USAGE
    assert "risk.commands.v1 has 4 partitions, expected 3" in result.stderr
    assert asyncio.run(arrived(settings)) == []


def journal(partition: int, *commands: Kill) -> Written:
    """A partition's journal with these commands."""
    written = Written(partition)
    written.claim()
    for offset, command in enumerate(commands):
        source = Source(Input.COMMANDS, offset, offset)
        written.body(Kind.FACTS, Facts(facts=(command,), applied_at_ns=1), source)
    return written


def test_verify_finds_a_command_that_is_missing_somewhere(settings: StreamSettings, cli: Cli) -> None:
    """A firm-wide kill that was sent under a key alone: exit code 1 and each partition that lacks it. Those
    that have it are in order."""
    common: dict[str, Any] = {"author": "jo", "event_time_ns": 1}
    kill = Kill(command_id="k", scope=Scope.FIRM, scope_id="firm", **common)
    own = Kill(command_id="own", scope=Scope.ACCOUNT, scope_id="acc", **common)

    async def write(*journals: Written) -> None:
        async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
            for each in journals:
                for _ in range(sum(record.value.count(b'"command_id"') for record in each.records)):
                    await producer.send_and_wait(settings.topic(COMMANDS), encode(kill), partition=each.partition)
        for each in journals:
            await publish(settings, each)

    asyncio.run(write(journal(0, kill, own), journal(1, kill), journal(2), journal(3)))
    result = cli("journal", "verify", "--json")
    assert result.exit_code == Code.REFUSED
    found = [(each["partition"], each["rule"], each["text"]) for each in json.loads(result.stdout)["findings"]]
    assert found == [(at, "copies", "kill 'k' of firm firm is in partition 0, 1, but not here") for at in (2, 3)]
    assert cli("journal", "verify", "-p", "0", "-p", "1").exit_code == Code.OK
