"""Decisions that memory let go, from the database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar.testing import AsyncTestClient

from api.app import create_app
from api.archive import Archive, ArchiveFault
from riskstream.embedded.postgres import EmbeddedPostgres
from sinks.timescale import TimescaleSink
from tests.api.world import Silent, full_model
from tests.sinks import samples

ROOT = "/api/v1/risk"
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A database into which the sink wrote five decisions."""
    with EmbeddedPostgres() as server:
        sink = TimescaleSink(server.dsn)
        sink.prepare()
        for item in samples.decisions(5):
            sink.add(item)
        sink.flush()
        sink.close()
        yield server.dsn


async def test_old_decision_comes_from_the_database(database: str) -> None:
    """What memory does not have is answered from the database, the same decision with all its layers; else 404."""
    stored, model = samples.decision(3), full_model()
    async with AsyncTestClient(create_app(model, Silent(), model.settings, archive=Archive(database))) as client:
        found = (await client.get(f"{ROOT}/decisions/{stored.order_id}")).json()
        assert (await client.get(f"{ROOT}/decisions/never-sent")).status_code == 404
    assert (found["order_id"], found["market_version"], len(found["layers"])) == (stored.order_id, 3, 10)
    assert found["order"]["quantity"] == str(stored.order.quantity)


async def test_archive_finds_by_account(database: str) -> None:
    """An order id of another account is not found."""
    archive = Archive(database)
    assert await archive.explain("order-3", "alpha") == samples.decision(3)
    assert await archive.explain("order-3", "beta") is None
    assert await archive.probe() == ""


async def test_dead_database_costs_answers_only() -> None:
    """Without its database the API answers 503 for what is not in memory, and all else; its health is not ok."""
    archive, model = Archive(NOWHERE), full_model()
    async with AsyncTestClient(create_app(model, Silent(), model.settings, archive=archive)) as client:
        assert (await client.get(f"{ROOT}/decisions/never-sent")).status_code == 503
        known = (await client.get(f"{ROOT}/decisions?limit=1")).json()[0]["order_id"]
        assert (await client.get(f"{ROOT}/decisions/{known}")).status_code == 200
        reasons = (await client.get(f"{ROOT}/health")).json()["reasons"]
    assert any(reason.startswith("the database can't be read") for reason in reasons)
    with pytest.raises(ArchiveFault):
        await archive.explain("never-sent")
