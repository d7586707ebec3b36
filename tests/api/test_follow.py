"""What the read model follows, while the broker is away."""

from __future__ import annotations

import logging

import pytest

from api.feed import ReadModel
from api.follow import Follower
from api.settings import ApiSettings
from streams.settings import StreamSettings
from tests.api.world import eventually
from tests.waiting import cancelled

TOPICS = {"journal", "metrics", "alerts", "orders"}


async def test_a_broker_that_is_away_is_said_in_words(caplog: pytest.LogCaptureFixture) -> None:
    """Each topic by its name and the broker's address, in the log and for the health; nothing of Python's insides."""
    caplog.set_level(logging.WARNING, "api.follow")
    model = ReadModel(ApiSettings())
    follower = Follower(StreamSettings(bootstrap_servers="127.0.0.1:1"), model, lambda _: None)
    async with follower.running():
        await eventually(lambda: model.state.faults.keys() == TOPICS, "a fault of each topic")
    lines = {record.getMessage() for record in caplog.records if record.name == "api.follow"}
    assert {line.partition(" ")[0] for line in lines} == TOPICS
    for line in (*lines, *model.state.faults.values()):
        assert line.endswith("Unable to bootstrap from [127.0.0.1:1]"), line


async def test_what_somehow_ended_is_tried_again() -> None:
    """A library may cancel what it waits for itself: the page would stand still, and no one would know."""
    model, tries = ReadModel(ApiSettings()), 0

    async def lost() -> None:
        nonlocal tries
        tries += 1
        await cancelled()

    follower = Follower(StreamSettings(bootstrap_servers="127.0.0.1:1"), model, lambda _: None)
    async with follower.running(lost):
        await eventually(lambda: tries > 1, "another try")
    assert model.state.faults["lost"].endswith("lost was cancelled, and nobody asked for that")
