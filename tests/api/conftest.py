"""Fixtures of the API's tests."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.app import create_app
from api.feed import ReadModel
from tests.api.world import Answering, full_model


@pytest.fixture
def model() -> ReadModel:
    """A model that has read the recording up to this moment."""
    return full_model(now_ms=int(time.time() * 1000))


@pytest.fixture
def gateway() -> Answering:
    """A worker that refuses."""
    return Answering()


@pytest.fixture
async def client(model: ReadModel, gateway: Answering) -> AsyncIterator[AsyncTestClient[Litestar]]:
    """A client of an application over both."""
    async with AsyncTestClient(create_app(model, gateway, model.settings)) as client:
        yield client
