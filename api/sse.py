"""The live stream as server-sent events, for one client.

At most ``frames_per_s`` times a second the client gets what is new, one frame a kind: ``decisions``, ``accounts``,
``metrics``, ``stress``, ``breakers``, ``alerts``, ``kills`` (each a JSON array; of ``kills`` the last item is the list
of those on) and ``status``. The last frame of a round carries the id to resume from, so that a broken round is sent
again rather than lost. ``reset`` says that something is missing: load the dashboard again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

from litestar.types import Receive, Scope, Send

from api.dashboard import summary
from api.feed import ReadModel
from api.window import Message
from api.wire import full_json

RETRY_MS = 1000
HEARTBEAT = b": heartbeat\n\n"
STATUS_S = 1.0


def frame(kind: str, data: bytes, cursor: str = "") -> bytes:
    """One event; JSON has no line breaks, so one ``data`` line is enough."""
    number = f"id: {cursor}\n" if cursor else ""
    return f"{number}event: {kind}\ndata: ".encode() + data + b"\n\n"


def frames(messages: list[Message], cursor: str, decisions_max: int) -> bytes:
    """A round: the messages by kind, of those with one key only the last, the id on the last frame."""
    kinds: dict[str, dict[object, bytes]] = {}
    for message in messages:
        kinds.setdefault(message.kind, {})[message.key or message.number] = message.data
    rounds = [(kind, b"[" + b",".join(list(news.values())[-decisions_max:]) + b"]") for kind, news in kinds.items()]
    last = len(rounds) - 1
    return b"".join(frame(kind, data, cursor if index == last else "") for index, (kind, data) in enumerate(rounds))


class EventStream:
    """An ASGI application that sends until the client leaves, falls behind or the server ends."""

    def __init__(self, model: ReadModel, resume: str) -> None:
        self._model, self._settings, self._window = model, model.settings, model.window
        number = self._window.number_of(resume)
        known = number is not None and self._window.after(number) is not None
        self._lost = bool(resume) and not known
        self._number = number if known and number is not None else self._window.last
        self._status_at = self._sent_at = 0.0
        self._status = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        del scope
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            await self._serve(send, gone)
        finally:
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone

    async def _serve(self, send: Send, gone: asyncio.Future[None]) -> None:
        first = f"retry: {RETRY_MS}\n\n".encode()
        await self._send(send, first + self._reset() if self._lost else first)
        while not (self._window.closed or gone.done()):
            news = self._news(time.monotonic())
            if news is None or not await self._send(send, news):
                break  # too slow: it comes back, and starts from the dashboard
            await asyncio.wait({gone}, timeout=1 / self._settings.frames_per_s)
        await self._send(send, b"", more=False)

    def _news(self, now_s: float) -> bytes | None:
        """What is to be sent now; ``None`` when the client has fallen out of the window."""
        messages = self._window.after(self._number)
        if messages is None:
            return None
        news = b""
        if messages:
            self._number = messages[-1].number
            news = frames(messages, self._window.cursor(self._number), self._settings.recent)
        news += self._status_frame(now_s)
        if news:
            self._sent_at = now_s
        elif now_s - self._sent_at > self._settings.heartbeat_s:
            self._sent_at, news = now_s, HEARTBEAT
        return news

    def _status_frame(self, now_s: float) -> bytes:
        """The strip at the top, at most once a second and only if it changed."""
        if now_s - self._status_at < STATUS_S:
            return b""
        self._status_at = now_s
        status = full_json(summary(self._model, int(time.time() * 1000)))
        if status == self._status:
            return b""
        self._status = status
        return frame("status", status)

    def _reset(self) -> bytes:
        return frame("reset", b"{}", self._window.cursor())

    async def _send(self, send: Send, data: bytes, more: bool = True) -> bool:
        """Whether the client took it in time."""
        if not data and more:
            return True
        try:
            async with asyncio.timeout(self._settings.send_timeout_s):
                await send({"type": "http.response.body", "body": data, "more_body": more})
        except TimeoutError:
            return False
        return True


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
