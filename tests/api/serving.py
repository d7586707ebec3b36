"""A real server of the API: in a thread over a given model, or as a process over a broker."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.app import create_app
from api.feed import ReadModel
from api.gateway import Gateway
from api.server import Server, config_of
from api.settings import ApiSettings
from riskstream.settings import Settings, environment
from streams.settings import StreamSettings
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
PROCESS = (
    "import sys; from riskstream.settings import load; from api.server import run; s = load(); "
    "sys.exit(run(s.stream, s.api, s.database_url or None))"
)


@contextmanager
def served(model: ReadModel, gateway: Gateway) -> Iterator[str]:
    """The address of a server in a thread of its own; it ends with the context."""
    server = Server(config_of(create_app(model, gateway, model.settings), model.settings), model.window)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.address, 10, "the server")
        yield server.address
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive(), "the server did not end"


@contextmanager
def process_of(stream: StreamSettings, database_url: str = "") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The API as a process on any free port, and its address; SIGTERM must end it with exit code 0."""
    settings = Settings(stream=stream, api=ApiSettings(port=0), database_url=database_url)
    with subprocess.Popen(
        [sys.executable, "-c", PROCESS],
        env={"PATH": "/usr/bin:/bin"} | environment(settings),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            assert line.startswith("serving http://"), line
            yield process, line.split()[1]
        finally:
            process.terminate()
        assert process.wait(5) == 0
