"""A projector goes on whatever cannot be read for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from aiokafka.errors import KafkaConnectionError

from schemas.codec import encode
from schemas.records import Claim, FillsLost
from schemas.topics import ALERTS
from streams import patience, projector, reader
from streams.journal import Cursor, Header, Kind, encode_header
from streams.log import LogUnavailable
from streams.quiet import Quiet
from tests.simulation.chaos import Script
from tests.simulation.consumers import assigned_in
from tests.simulation.log import Kept
from tests.simulation.outputs import FakeOut
from tests.simulation.world import World

OWNER = bytes(range(16))


@pytest.fixture
def world() -> World:
    """A journal with one claim and one record that an alert follows from; nothing goes wrong by itself."""
    world = World(Script(1, {}))
    claim, lost = Claim(partitions=1, code_version="test"), FillsLost(account_id="acc", count=1, event_time_ns=7)
    world.journal.records += [
        Kept(encode_header(Header(Kind.CLAIM, 1, OWNER, 0)), encode(claim)),
        Kept(encode_header(Header(Kind.EVENT, 1, OWNER, 1)), encode(lost)),
    ]
    return world


@pytest.mark.parametrize("fault", [LogUnavailable("no answer"), KafkaConnectionError("no answer")])
def test_a_projector_waits_for_a_log_that_is_away(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """However often snapshots or journal can't be read, it tries again, later each time; then every event leaves once,
    and the cursor follows."""
    away = [fault] * 4
    stored: asyncio.Future[Mapping[int, Cursor]] = world.loop.create_future()

    async def start(*_: Any) -> dict[int, Any]:
        if away:
            raise away.pop()
        return {}

    class Cursors:
        def __init__(self, *_: Any) -> None:
            """Nothing is stored yet."""

        async def load(self) -> dict[int, Cursor]:
            return {}

        async def save(self, cursors: Mapping[int, Cursor]) -> None:
            stored.set_result(cursors)

        async def stop(self) -> None:
            """Nothing is held."""

    monkeypatch.setattr(projector, "snapshots_to_start_from", start)
    monkeypatch.setattr(projector, "CursorStore", Cursors)
    monkeypatch.setattr(reader, "_Assigned", assigned_in(world))

    async def run() -> Mapping[int, Cursor]:
        task = asyncio.ensure_future(projector.Projector(world.settings, 0, FakeOut(world), Quiet()).run())
        cursors = await stored
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return cursors

    assert world.loop.run_until_complete(run()) == {0: Cursor(2, 1, OWNER, 1)}
    assert away == []
    assert world.loop.time() >= patience.BACK_OFF_S * (1 + 2 + 4 + 8)
    (alerts,) = [values for place, values in world.outputs.items() if place.topic == world.settings.topic(ALERTS)]
    assert [msgspec.json.decode(value)["alert_id"] for value in alerts] == ["0-1"]
