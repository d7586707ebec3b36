"""An embedded broker for tests that need one but no worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from riskstream.embedded.broker import EmbeddedBroker
from streams.settings import StreamSettings
from streams.topics import required_topics


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    """A broker with all topics, two partitions of the accounts."""
    with EmbeddedBroker(required_topics(StreamSettings(partitions=2))) as started:
        yield started


@pytest.fixture
def settings(broker: EmbeddedBroker) -> StreamSettings:
    """Settings that fit it."""
    return StreamSettings(
        bootstrap_servers=broker.bootstrap_servers, partitions=2, fetch_wait_ms=5, session_timeout_ms=2000
    )
