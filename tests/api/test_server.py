"""The API as a process of its own."""

from __future__ import annotations

import signal
import time

import httpx
import msgspec
import pytest

from api.settings import ApiSettings
from riskstream.settings import Settings, environment, load
from streams.settings import StreamSettings
from tests.api.serving import process_of, served
from tests.api.test_stream import parsed
from tests.api.world import NOW_MS, Silent, decisions, entry, full_model
from tests.streams.stage import Stage
from tests.waiting import until

NOWHERE = StreamSettings(bootstrap_servers="127.0.0.1:1")
STREAM = "/api/v1/risk/stream"


def test_settings_go_through_the_environment() -> None:
    """What one process is told about the API another one reads back from the environment."""
    api = ApiSettings(port=0, heartbeat_s=3.5, title="desk")
    assert load(environment(Settings(api=api))).api == api


def test_ends_on_sigterm_with_open_streams() -> None:
    """SIGTERM ends the process within two seconds with exit code 0 although a client follows the stream."""
    with process_of(NOWHERE) as (process, address), httpx.stream("GET", address + STREAM, timeout=5) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        began_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        assert time.monotonic() - began_s < 2.0


def test_without_a_broker_it_serves_and_says_down() -> None:
    """A broker that is away makes the health 503, an answer to a check 503 and never approved, and no crash."""
    order = {"account_id": "acc", "symbol": "AAA", "side": "buy", "quantity": 1}
    with process_of(NOWHERE) as (_, address):
        assert httpx.get(f"{address}/api/v1/risk/health").status_code == 503
        answer = httpx.post(f"{address}/api/v1/risk/check-pre-trade", json=order)
        assert (answer.status_code, answer.json()["status"]) == (503, "rejected")


def test_stream_over_http_resumes_by_header() -> None:
    """Last-Event-ID goes before the cursor of the address, as browsers send it when they come back."""
    model = full_model()
    before = model.window.cursor()
    model.journal([entry(decisions()[0], 10_000)], NOW_MS)
    with (
        served(model, Silent()) as address,
        httpx.stream("GET", f"{address}{STREAM}?after=nonsense", headers={"last-event-id": before}) as response,
    ):
        got = b""
        for chunk in response.iter_bytes():
            got += chunk
            if b"event: decisions" in got:
                break
    assert [line["seq"] for each in parsed(got) if each.kind == "decisions" for line in each.data] == [10_000]


def test_clients_are_bounded() -> None:
    """One client more than allowed is refused with 503 while the others go on."""
    model = full_model(clients_max=1)
    with served(model, Silent()) as address, httpx.stream("GET", address + STREAM) as first:
        assert first.status_code == 200
        chunks = first.iter_bytes()  # letting go of it would close the connection
        assert next(chunks)
        with httpx.stream("GET", address + STREAM) as second:
            assert second.status_code == 503


@pytest.mark.e2e
async def test_check_through_broker_and_worker() -> None:
    """A check goes through the orders topic, is decided by a worker, reserves nothing and shows on the dashboard."""
    async with Stage() as stage:
        stage.settings = msgspec.structs.replace(stage.settings, metrics_ms=200)
        stage.start_worker()
        await stage.publish_market()
        with process_of(stage.settings) as (_, address):
            async with httpx.AsyncClient(base_url=f"{address}/api/v1/risk", timeout=10) as client:
                await _checks(client)


async def _checks(client: httpx.AsyncClient) -> None:
    async def healthy() -> bool:
        return (await client.get("/health")).json()["status"] == "ok"

    await until(healthy, 20, "health ok")

    order = {"account_id": "acc", "symbol": "AAA", "side": "buy", "quantity": "10"}

    async def approved() -> bool:
        answer = await client.post("/check-pre-trade", json=order)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["status"]) == "approved"

    await until(approved, 20, "an approval, once the market is known")
    decision = (await client.post("/check-pre-trade", json=order)).json()
    assert (decision["dry_run"], decision["reservation"], len(decision["layers"])) == (True, None, 10)
    assert (await client.get(f"/decisions/{decision['order_id']}")).json() == decision
    refused = (await client.post("/check-pre-trade", json=order | {"account_id": "nobody"})).json()
    assert (refused["status"], refused["reason"]) == ("rejected", "ACCOUNT_UNKNOWN")
    summary = (await client.get("/dashboard")).json()["summary"]
    assert summary["checks"] >= 3
    assert summary["approved"] == summary["rejected"] == 0
