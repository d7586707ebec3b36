"""Breaker events and alerts follow from effective records, once each, and from where the last projector stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import hypothesis
import msgspec
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import Event
from schemas.codec import encode
from schemas.commands import BreakerKind, BreakerLevel, Kill, Scope
from schemas.json_schema import tag_of
from schemas.outputs import Alert, BreakerEvent, Severity
from schemas.records import Body, BreakerMoved, CommandLost, CrisisMoved, Facts, FillsLost
from schemas.topics import ALERTS, BREAKERS, DECISIONS, Topic
from streams.journal import Cursor, Kind
from streams.log import Pending
from streams.projections import project, tells
from streams.projector import CursorStore, Projector
from streams.publisher import Publisher
from streams.quiet import Quiet
from streams.reader import Entry, EventReader
from streams.settings import StreamSettings
from tests.schemas.strategies import events
from tests.sinks.samples import fill
from tests.streams.holder import Holder
from tests.waiting import until

KILL = Kill(command_id="k", scope=Scope.DESK, scope_id="rates", author="jo", reason="x" * 500, event_time_ns=5)


def moved(level_from: BreakerLevel, level_to: BreakerLevel) -> BreakerMoved:
    return BreakerMoved(
        account_id="acc",
        breaker=BreakerKind.DAILY_LOSS,
        level_from=level_from,
        level_to=level_to,
        trigger="daily loss",
        measure=0.05,
        limit=0.03,
        equity=950.0,
        event_time_ns=7,
    )


def projected(body: Body, partition: int = 1, seq: int = 12) -> list[Any]:
    return [event for _, event in project(Entry(partition, 40, seq, 0, body, b"", Cursor()))]


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        (BreakerLevel.WARNING, Severity.INFO),
        (BreakerLevel.RESTRICTED, Severity.WARNING),
        (BreakerLevel.REDUCE_ONLY, Severity.CRITICAL),
        (BreakerLevel.HALTED, Severity.CRITICAL),
    ],
)
def test_a_breaker_that_rises_is_an_event_and_an_alert(level: BreakerLevel, severity: Severity) -> None:
    """Both carry the record's id (partition, seq) and what was seen and allowed."""
    event, alert = projected(moved(BreakerLevel.NORMAL, level))
    assert isinstance(event, BreakerEvent)
    assert (event.event_id, event.level_to, event.measure, event.limit) == ("1-12", level, 0.05, 0.03)
    assert isinstance(alert, Alert)
    assert (alert.alert_id, alert.severity, alert.account_id) == ("1-12", severity, "acc")
    assert "0.0500 against 0.0300" in alert.text


def test_a_breaker_that_falls_is_no_alert() -> None:
    """Better news is an event only."""
    assert [type(event) for event in projected(moved(BreakerLevel.HALTED, BreakerLevel.NORMAL))] == [BreakerEvent]


def test_a_kill_switch_is_a_critical_alert() -> None:
    """It names who stopped what; a long reason still makes an alert that can be decoded."""
    (alert,) = projected(Facts(facts=(KILL,), applied_at_ns=5))
    assert (alert.severity, alert.category) == (Severity.CRITICAL, "kill_switch")
    assert alert.text.startswith("jo stopped desk rates: xxx")
    assert msgspec.json.decode(encode(alert), type=Alert) == alert


def test_copies_of_a_kill_switch_are_one_alert() -> None:
    """Each partition has a copy of a command that concerns more than one account: all tell the same, under the id of
    the command; another command tells something else."""
    (one,), (other,) = (projected(Facts(facts=(KILL,), applied_at_ns=at), at, 40 + at) for at in (0, 3))
    assert one == other
    assert one.alert_id == "kill-k"
    again = msgspec.structs.replace(KILL, command_id="k2")
    assert projected(Facts(facts=(KILL, again), applied_at_ns=5))[1].alert_id == "kill-k2"


def test_the_longest_ids_of_commands_make_alerts() -> None:
    """An id that leaves no room for its prefix is hashed: alerts of two such commands are valid, and two."""
    commands = [msgspec.structs.replace(KILL, command_id="k" * 63 + last) for last in "ab"]
    alerts = projected(Facts(facts=tuple(commands), applied_at_ns=5))
    assert len({alert.alert_id for alert in alerts}) == 2
    assert [msgspec.json.decode(encode(alert), type=Alert) for alert in alerts] == alerts


def test_a_crisis_is_an_alert_when_it_begins_and_when_it_ends() -> None:
    """It says for whom, and the VIX against its limit; the end is no warning."""
    began = CrisisMoved(account_id="acc", active=True, vix=52.5, limit=50.0, event_time_ns=7)
    ((start,), (end,)) = (projected(msgspec.structs.replace(began, active=active)) for active in (True, False))
    assert (start.alert_id, start.category, start.severity) == ("1-12", "crisis", Severity.WARNING)
    assert start.text == "the tighter limits of a crisis hold for acc: VIX 52.50 against 50.00"
    assert (end.severity, end.event_time_ns) == (Severity.INFO, 7)
    assert "ended for acc" in end.text


def test_lost_fills_are_a_critical_alert() -> None:
    """It says that the account is closed, and why."""
    (alert,) = projected(FillsLost(account_id="acc", count=2, event_time_ns=7))
    assert (alert.alert_id, alert.category, alert.severity) == ("1-12", "fills_lost", Severity.CRITICAL)
    assert alert.text == "acc is closed: 2 fills could not be kept, so what it holds is unknown"


def test_a_lost_command_is_a_critical_alert() -> None:
    """It says which command of whom, and what follows; the longest ids make an alert that can be decoded."""
    body = CommandLost(account_id="late", command_id="c1", command="trip_breaker", event_time_ns=7)
    (alert,) = projected(body)
    assert (alert.alert_id, alert.account_id, alert.event_time_ns) == ("1-12", "late", 7)
    assert (alert.category, alert.severity) == ("command_lost", Severity.CRITICAL)
    assert alert.text.startswith("trip_breaker c1 of late could not be kept until the account is known: send it again")
    (long,) = projected(msgspec.structs.replace(body, account_id="a" * 64, command_id="c" * 64))
    assert msgspec.json.decode(encode(long), type=Alert) == long


@asynccontextmanager
async def running(settings: StreamSettings, quiet: Quiet | None = None) -> AsyncIterator[None]:
    """A projector of partition 0."""
    publisher = Publisher(settings)
    await publisher.start()
    task = asyncio.create_task(Projector(settings, 0, publisher, quiet or Quiet()).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await publisher.stop()


async def write(settings: StreamSettings, *levels: BreakerLevel) -> Cursor:
    """A new owner journals a breaker's moves; gives the position after them."""
    holder = Holder(settings)
    await holder.take_over()
    bodies = [moved(BreakerLevel.NORMAL, level) for level in levels]
    await holder.append([Pending(Kind.EVENT, None, None, encode(body)) for body in bodies])
    await holder.stop()
    return holder.appender.cursor


async def ids(settings: StreamSettings, topic: Topic) -> list[str]:
    """The ids of the events or alerts on a topic, as many as there are."""
    async with EventReader(settings, topic) as reader:
        found: list[str] = []
        async for entries in reader.entries():
            found += [getattr(entry.event, "event_id", None) or entry.event.alert_id for entry in entries]
            if await reader.caught_up():
                break
    return found


async def test_a_projector_goes_on_where_the_last_one_stopped(settings: StreamSettings) -> None:
    """Its four-part cursor is a committed offset with metadata, moved only after the events are durable; the next
    projector publishes what came since and nothing again."""
    store = CursorStore(settings, f"{settings.application}-projector", [0])
    for levels, expected in (
        ((BreakerLevel.WARNING, BreakerLevel.HALTED), ["0-1", "0-2"]),
        ((BreakerLevel.RESTRICTED,), ["0-1", "0-2", "0-3"]),
    ):
        end = await write(settings, *levels)

        async def stored(end: Cursor = end) -> bool:
            return (await store.load()).get(0) == end

        async with running(settings):
            await until(stored, 15, "the cursor at the journal's end")
        assert await ids(settings, BREAKERS) == await ids(settings, ALERTS) == expected


async def test_what_the_owner_knows_to_be_quiet_is_not_read(settings: StreamSettings) -> None:
    """The projector goes on behind it, with the cursor that the owner gave, and reads what follows. To see it, the
    owner says so here of a record that does tell something."""
    before, unread, end = [
        await write(settings, level) for level in (BreakerLevel.WARNING, BreakerLevel.HALTED, BreakerLevel.WARNING)
    ]
    quiet = Quiet()
    quiet.begin(before)
    quiet.passed(unread, tells=False)
    store = CursorStore(settings, f"{settings.application}-projector", [0])

    async def stored() -> bool:
        return (await store.load()).get(0) == end

    await store.save({0: before})
    async with running(settings, quiet):
        await until(stored, 15, "the cursor at the journal's end")
    assert await ids(settings, BREAKERS) == await ids(settings, ALERTS) == ["0-3"]
    await store.stop()


@pytest.mark.parametrize("kind", DECISIONS.types, ids=tag_of)
@hypothesis.settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_records_that_are_said_to_tell_nothing_do_not(kind: type[Event], data: st.DataObject) -> None:
    """Of a body of any kind from which an event follows, this is known without a look at the event."""
    body = data.draw(events(kind))
    assert tells(body) or not projected(body)


def test_most_records_tell_nothing() -> None:
    """Decisions and fills, which a journal consists of, need no projector's attention."""
    assert not tells(Facts(facts=(fill(1),), applied_at_ns=5))
    assert tells(Facts(facts=(fill(1), KILL), applied_at_ns=5))


async def test_a_cursor_is_stored_once_the_broker_is_there(
    settings: StreamSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A consumer that could not connect is given up, and the next attempt has one of its own."""
    real, away = AIOKafkaConsumer.start, [True]

    async def start(self: AIOKafkaConsumer) -> None:
        if away:
            away.pop()
            raise KafkaConnectionError
        await real(self)

    monkeypatch.setattr(AIOKafkaConsumer, "start", start)
    store, cursor = CursorStore(settings, f"{settings.application}-projector", [0]), Cursor(0, 1, bytes(16), 7)
    with pytest.raises(KafkaConnectionError):
        await store.save({0: cursor})
    await store.save({0: cursor})
    await store.stop()
    assert await store.load() == {0: cursor}
