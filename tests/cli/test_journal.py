"""``riskstream journal``: what an operator sees of the journal, and the exit codes that scripts rely on."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from risk.digest import state_digest
from risk.state import PartitionState
from riskstream.cli.codes import Code
from riskstream.embedded.guard import dies_with_parent
from riskstream.settings import Settings, environment
from schemas.records import Skip
from streams.captured import capture
from streams.journal import Input, Kind, Source
from streams.kafka_snapshots import KafkaSnapshots
from streams.log import Pending
from streams.publisher import Publisher
from streams.settings import StreamSettings
from streams.snapshots import SnapshotWriter
from tests.cli.conftest import Cli
from tests.streams.test_processor import HOME, orders, ready
from tests.streams.written import Written, decided, publish

ROOT = Path(__file__).parents[2]
LAG = {"orders": 2, "fills": 0, "commands": 0}


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_tail_prints_effective_and_void_records(settings: StreamSettings, cli: Cli) -> None:
    """One line a record, claims too, with what the rule says; ``--void`` prints only what never happened."""
    written = decided(4)
    asyncio.run(publish(settings, written))
    rows = lines(cli("journal", "tail", "--json").stdout)
    assert [row["offset"] for row in rows] == list(range(len(written.records)))
    (void,) = lines(cli("journal", "tail", "--void", "--json").stdout)
    assert [row for row in rows if not row["effective"]] == [void]
    assert (void["kind"], void["epoch"], void["order_id"], void["source"]) == ("decision", 1, "o2", ["orders", 2, 2])
    assert [(row["previous_epoch"], row["epoch"], row["seq"]) for row in rows if row["kind"] == "claim"] == [
        (0, 1, None),
        (1, 2, None),
    ]
    assert {row["order_id"] for row in rows if row["effective"]} == {None, "o0", "o1", "o2", "o3"}


def test_tail_for_people(settings: StreamSettings, cli: Cli) -> None:
    """Void records stand out; ``--last`` ends with the newest; another partition has none."""
    asyncio.run(publish(settings, decided(4)))
    (line,) = cli("journal", "tail", "--void").stdout.splitlines()
    assert "VOID" in line
    assert "orders@2-2  decision  o2  approved" in line
    assert [row["order_id"] for row in lines(cli("journal", "tail", "-n", "2", "--json").stdout)] == ["o2", "o3"]
    assert cli("journal", "tail", "-p", str((HOME + 1) % 4)).stdout == ""


def test_tail_follows(settings: StreamSettings) -> None:
    """``--follow`` goes on as records come."""
    written = decided(4)
    first, rest = Written(), Written()
    first.records, rest.records = written.records[:3], written.records[3:]
    asyncio.run(publish(settings, first))
    with following(settings, "--last", "2") as tail:
        assert tail.stdout is not None
        seen = [json.loads(tail.stdout.readline())["offset"] for _ in range(2)]
        asyncio.run(publish(settings, rest))
        seen += [json.loads(tail.stdout.readline())["offset"] for _ in rest.records]
    assert seen == list(range(1, len(written.records)))


def test_tail_ends_with_its_reader(settings: StreamSettings) -> None:
    """As ``tail -f FILE | head`` does, once there is more to print."""
    written = decided(4)
    first, rest = Written(), Written()
    first.records, rest.records = written.records[:3], written.records[3:]
    asyncio.run(publish(settings, first))
    with following(settings, "--last", "1") as tail:
        assert tail.stdout is not None
        assert tail.stdout.readline()
        tail.stdout.close()
        asyncio.run(publish(settings, rest))
        assert tail.wait(60) == Code.UNREAD
        assert tail.stderr is not None
        assert tail.stderr.read() == ""


@contextmanager
def following(settings: StreamSettings, *options: str) -> Iterator[subprocess.Popen[str]]:
    """``journal tail --follow --json`` as a process."""
    tail = subprocess.Popen(
        [sys.executable, "-m", "riskstream", "journal", "tail", "--follow", "--json", *options],
        env=os.environ | environment(Settings(stream=settings)),
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=dies_with_parent(signal.SIGKILL),  # noqa: PLW1509
    )
    try:
        yield tail
    finally:
        tail.kill()
        tail.communicate()


def test_verify_passes_what_is_right(settings: StreamSettings, cli: Cli) -> None:
    """A journal by the rule: exit code 0, counts of each partition, lag of what waits."""
    asyncio.run(publish(settings, decided(4), inputs=6))
    result = cli("journal", "verify", "--json")
    assert result.exit_code == Code.OK, result.output
    told = json.loads(result.stdout)
    row = told["partitions"][HOME]
    assert (told["findings"], row["decision"], row["void"], row["lag"]) == ([], 4, 1, LAG)
    assert "orders 2" in cli("journal", "verify").stdout


def test_verify_refuses_a_hole(settings: StreamSettings, cli: Cli) -> None:
    """An input that nobody consumed: exit code 1 and a line that names the place."""
    written = decided(4)
    written.skip(6)
    asyncio.run(publish(settings, written, inputs=9))
    result = cli("journal", "verify", "-p", str(HOME))
    assert result.exit_code == Code.REFUSED
    assert f"{HOME}@{len(written.records) - 1}  I1  orders 4 to 5 were never consumed" in result.stdout
    assert "1 findings" in result.stderr


def folded() -> PartitionState:
    """The state that the written journal folds to."""
    processor, _ = ready()
    processor.take(Input.ORDERS, orders(4))
    return processor.engine.state


def test_digest_is_that_of_the_workers_state(settings: StreamSettings, cli: Cli) -> None:
    """The digest of the fold, after every digest in a header was compared."""
    written = decided(4)
    asyncio.run(publish(settings, written))
    result = cli("journal", "digest", "-p", str(HOME), "--json")
    (row,) = json.loads(result.stdout)["partitions"]
    assert result.exit_code == Code.OK
    assert row["digest"] == state_digest(folded()).hex()
    assert (row["seq"], row["offset"], row["checked"]) == (written.seq, len(written.records), 1 + written.seq // 2)


def test_digest_refuses_another_state(settings: StreamSettings, cli: Cli) -> None:
    """A header with the digest of another state: exit code 1 and the record's number."""
    written, other = decided(4), state_digest(PartitionState())
    written.add(Pending(Kind.SKIP, Source(Input.ORDERS, 4, 4), None, b'{"type":"skip","reason":"x"}', other))
    asyncio.run(publish(settings, written))
    result = cli("journal", "digest")
    assert result.exit_code == Code.REFUSED
    assert (
        f"record {written.seq} folds to {state_digest(folded()).hex()}, its header says {other.hex()}" in result.stdout
    )


@pytest.mark.parametrize(("change", "code"), [(b"", Code.OK), (b"x", Code.REFUSED)])
def test_digest_checks_the_snapshot(settings: StreamSettings, cli: Cli, change: bytes, code: Code) -> None:
    """A snapshot on the way must be the fold at its cursor, digest or none."""
    written, state = decided(4), folded()
    if change:
        state.recent_chain = change
    asyncio.run(publish(settings, written))
    asyncio.run(snapshot(settings, written, state))
    assert cli("journal", "digest").exit_code == code


async def snapshot(settings: StreamSettings, written: Written, state: PartitionState) -> None:
    publisher = Publisher(settings)
    await publisher.start()
    try:
        store = KafkaSnapshots(settings, written.partition, publisher)
        await SnapshotWriter(store, written.partition, 4, ()).write(capture(state, {Input.ORDERS: 4}), written.cursor)
    finally:
        await publisher.stop()


@pytest.mark.parametrize("command", ["tail", "verify", "digest"])
def test_a_partition_that_can_not_be(cli: Cli, command: str) -> None:
    """A partition beyond the settings' count is a wrong use."""
    result = cli("journal", command, "-p", "4")
    assert result.exit_code == Code.USAGE
    assert "--partition is 4, expected less than 4" in result.stderr


def test_a_skip_is_no_decision(settings: StreamSettings, cli: Cli) -> None:
    """Bodies without an order print without one."""
    written = Written()
    written.claim()
    written.body(Kind.SKIP, Skip(reason="x"), Source(Input.ORDERS, 0, 0))
    asyncio.run(publish(settings, written))
    assert "skip      epoch 1  seq 1  orders@0-0  skip" in cli("journal", "tail").stdout


@pytest.mark.parametrize("header", [None, b"\x02" + bytes(58)])
def test_a_record_of_another_version_is_refused(settings: StreamSettings, cli: Cli, header: bytes | None) -> None:
    """Where a header can't be read nothing after it is judged: every command says where, and exits with 1."""
    written = decided(2)
    at = len(written.records)
    written.put(header, b"{}")
    asyncio.run(publish(settings, written, inputs=2))
    for command in ("tail", "verify", "digest"):
        result = cli("journal", command, "-p", str(HOME))
        assert result.exit_code == Code.REFUSED, result.output
        assert f"{HOME}@{at}" in result.output


def test_a_body_of_another_version_is_not_folded(settings: StreamSettings, cli: Cli) -> None:
    """A body of a kind that this version does not know: the digest is refused, and no other is printed."""
    written = decided(2)
    written.add(Pending(Kind.EVENT, None, None, b'{"type":"merged"}'))
    asyncio.run(publish(settings, written))
    result = cli("journal", "digest", "-p", str(HOME))
    assert (result.exit_code, result.stdout) == (Code.REFUSED, "")
    assert "can't be folded" in result.stderr
