"""The API as a process: follows the topics, serves until it is told to stop."""

from __future__ import annotations

import socket
import sys
import time
import uuid
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import FrameType

import uvicorn

from api.app import create_app
from api.archive import Archive
from api.feed import ReadModel
from api.follow import Follower
from api.gateway import TopicGateway
from api.settings import ApiSettings
from api.window import Window
from streams.producer import EventProducer
from streams.settings import Clock, StreamSettings

GRACE_S = 1


class Server(uvicorn.Server):
    """Ends on SIGTERM or SIGINT with exit code 0, live streams included, and says where it listens."""

    def __init__(self, config: uvicorn.Config, window: Window) -> None:
        super().__init__(config)
        self._window = window
        self.address = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Bind, then print the address on standard output."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self.address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            sys.stdout.write(f"serving {self.address}\n")
            sys.stdout.flush()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal asks for the end; unlike the base class this does not raise it again afterwards."""
        del sig, frame
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the live streams first: the base class waits for open responses."""
        self._window.close()
        await super().shutdown(sockets)


def run(stream: StreamSettings, api: ApiSettings, database_url: str | None = None) -> int:
    """Serve until SIGTERM or SIGINT; blocking.

    :param database_url: where old decisions are looked up; without it only recent ones are found.
    :return: the exit code: 0, or 1 if it could not listen.
    """
    server = build(stream, api, database_url)
    server.run()
    return 0 if server.address else 1


def build(stream: StreamSettings, api: ApiSettings, database_url: str | None = None) -> Server:
    """Everything wired; nothing connects before the server runs."""
    model = ReadModel(api, boot=uuid.uuid4().hex[:8])
    gateway = TopicGateway(partial(EventProducer, stream), api.decision_timeout_ms)
    follower = Follower(stream, model, gateway.settle)

    def clock() -> int:
        return model.now_ns if stream.clock is Clock.EVENT else time.time_ns()

    def background() -> AbstractAsyncContextManager[None]:
        return follower.running(gateway.producer)

    archive = Archive(database_url) if database_url else None
    app = create_app(model, gateway, api, archive=archive, clock=clock, background=background)
    return Server(config_of(app, api), model.window)


def config_of(app: object, api: ApiSettings) -> uvicorn.Config:
    """uvicorn's settings; its loop is uvloop where that is installed."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=api.host,
        port=api.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=GRACE_S,
    )
