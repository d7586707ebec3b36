"""Server-sent events: framing, resumption, slow clients, the end."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import msgspec
import pytest

from api.feed import ReadModel
from api.sse import HEARTBEAT, EventStream, frame, frames
from api.window import Message
from tests.api.world import NOW_MS, decisions, entry, eventually, full_model

FRAMES_S = 10.0


class Frame(NamedTuple):
    """One event as a browser sees it."""

    kind: str
    data: Any
    number: str


def parsed(stream: bytes) -> list[Frame]:
    """The events of a stream, by the rules of the format."""
    return [_frame(block) for block in stream.decode().split("\n\n") if "data: " in block]


def _frame(block: str) -> Frame:
    fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
    return Frame(fields["event"], msgspec.json.decode(fields["data"]), fields.get("id", ""))


class Client:
    """An ASGI client of the stream that collects what is sent; ``takes`` False never takes anything."""

    def __init__(self, model: ReadModel, resume: str = "", takes: bool = True) -> None:
        self.sent = b""
        self._gone, self._takes = asyncio.Event(), takes
        self.task = asyncio.create_task(EventStream(model, resume)({}, self._receive, self._send))  # type: ignore[arg-type,typeddict-item]

    async def _receive(self) -> Any:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if not self._takes and message["type"] == "http.response.body":
            await asyncio.Event().wait()
        self.sent += message.get("body", b"")

    @property
    def frames(self) -> list[Frame]:
        """What arrived, the status strip apart."""
        return [each for each in parsed(self.sent) if each.kind != "status"]

    async def has(self, *kinds: str) -> None:
        """Wait until frames of these kinds arrived."""
        await eventually(lambda: set(kinds) <= {each.kind for each in parsed(self.sent)}, f"frames {kinds}")

    async def leave(self) -> None:
        """Disconnect and wait for the end."""
        self._gone.set()
        await asyncio.wait_for(self.task, 5)


def test_frame_is_one_block() -> None:
    """A frame is id, event and data lines and a blank line; without an id it has no id line."""
    assert frame("kind", b"{}", "run-7") == b"id: run-7\nevent: kind\ndata: {}\n\n"
    assert frame("kind", b"{}") == b"event: kind\ndata: {}\n\n"


def test_round_batches_by_kind() -> None:
    """A round has one frame a kind, of messages with one key only the last, and the id on its last frame."""
    messages = [
        Message(1, "decisions", "", b"1"),
        Message(2, "metrics", "a", b"2"),
        Message(3, "decisions", "", b"3"),
        Message(4, "metrics", "a", b"4"),
        Message(5, "metrics", "b", b"5"),
    ]
    assert parsed(frames(messages, "run-5", 10)) == [Frame("decisions", [1, 3], ""), Frame("metrics", [4, 5], "run-5")]


def test_round_is_bounded() -> None:
    """Of more decisions than the page keeps only the newest are sent."""
    messages = [Message(number, "decisions", "", str(number).encode()) for number in range(100)]
    assert parsed(frames(messages, "run-99", 3))[0].data == [97, 98, 99]


async def test_news_arrive_with_an_id() -> None:
    """What is decided while a client listens is sent as a line, with the id to resume from."""
    model = full_model()
    client = Client(model)
    await client.has("status")
    model.journal([entry(decisions()[0], 10_000)], NOW_MS)
    await client.has("decisions")
    await client.leave()
    (got,) = client.frames
    assert [line["order_id"] for line in got.data] == [decisions()[0].order_id]
    assert got.number == model.window.cursor()


async def test_resume_misses_and_repeats_nothing() -> None:
    """A client that comes back with an id gets exactly what followed it."""
    model = full_model()
    before = model.window.cursor()
    model.journal([entry(each, 10_000 + place) for place, each in enumerate(decisions()[:3])], NOW_MS)
    client = Client(model, before)
    await client.has("decisions")
    await client.leave()
    assert [line["seq"] for got in client.frames for line in got.data] == [10_000, 10_001, 10_002]


@pytest.mark.parametrize("resume", ["other-3", "run-999999", "run-0", "nonsense"])
async def test_what_cannot_be_resumed_is_reset(resume: str) -> None:
    """An id of another run, from the future or older than the window says reset: load the dashboard again."""
    model = full_model(window=5)
    for place, each in enumerate(decisions()[:20]):
        model.journal([entry(each, 10_000 + place)], NOW_MS)
    client = Client(model, resume)
    await client.has("reset")
    await client.leave()
    assert [(got.kind, got.number) for got in client.frames] == [("reset", model.window.cursor())]


async def test_client_that_takes_nothing_is_dropped() -> None:
    """A client that does not take what is sent within the time allowed loses its connection."""
    model = full_model(send_timeout_s=0.05)
    client = Client(model, takes=False)
    await asyncio.wait_for(client.task, 5)


async def test_client_that_falls_behind_is_dropped() -> None:
    """A client that missed more than the window holds is ended; it comes back and is reset."""
    model = full_model(window=5)
    client = Client(model)
    await client.has("status")
    model.journal([entry(each, 10_000 + place) for place, each in enumerate(decisions()[:20])], NOW_MS)
    await asyncio.wait_for(client.task, 5)


async def test_quiet_stream_has_heartbeats() -> None:
    """When nothing is new a comment keeps the connection alive."""
    client = Client(full_model(heartbeat_s=0.01))
    await eventually(lambda: HEARTBEAT in client.sent, "a heartbeat")
    await client.leave()


async def test_closing_ends_every_stream() -> None:
    """When the server ends, so do its streams, at once."""
    model = full_model()
    client = Client(model)
    await client.has("status")
    model.window.close()
    await asyncio.wait_for(client.task, 1)


async def test_at_most_ten_rounds_a_second() -> None:
    """However fast decisions come, a client gets no more than ten frames of them a second."""
    model, loop = full_model(), asyncio.get_running_loop()
    client, began_s, place = Client(model), loop.time(), 10_000
    while loop.time() < began_s + 0.5:
        model.journal([entry(decisions()[0], place)], NOW_MS)
        place += 1
        await asyncio.sleep(0)
    rounds = sum(got.kind == "decisions" for got in client.frames)
    await client.leave()
    assert 1 <= rounds <= (loop.time() - began_s) * FRAMES_S + 1
