"""The command line in this process, and a broker for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from click.testing import Result
from typer.testing import CliRunner

from riskstream.cli import app
from riskstream.embedded.broker import EmbeddedBroker
from riskstream.settings import Settings, environment
from streams.settings import StreamSettings
from streams.topics import required_topics

Cli = Callable[..., Result]


@pytest.fixture
def settings() -> Iterator[StreamSettings]:
    """Of an embedded broker with all topics, four partitions of the accounts."""
    with EmbeddedBroker(required_topics(StreamSettings())) as broker:
        yield StreamSettings(bootstrap_servers=broker.bootstrap_servers, fetch_wait_ms=5)


@pytest.fixture
def cli(settings: StreamSettings) -> Cli:
    """Runs a command on it."""
    variables = environment(Settings(stream=settings))

    def invoke(*command: str, env: dict[str, str] | None = None, **options: str) -> Result:
        return CliRunner().invoke(app, list(command), env=variables | (env or {}), **options)  # type: ignore[arg-type]

    return invoke
