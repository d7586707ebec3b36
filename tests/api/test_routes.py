"""The endpoints, by HTTP in memory."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.app import create_app
from api.feed import ReadModel
from schemas.decisions import Decision, LayerResult, Status
from tests.api.world import Answering, Silent, decisions, full_model

Client = AsyncTestClient[Litestar]
ROOT = "/api/v1/risk"
ORDER = {"account_id": "quant", "symbol": "AAPL", "side": "buy", "quantity": "100"}


async def get(client: Client, path: str, status: int = 200) -> Any:
    """The JSON of an answer with the expected status."""
    response = await client.get(f"{ROOT}/{path}")
    assert response.status_code == status, response.text
    return response.json()


async def test_check_answers_with_all_layers(client: Client, gateway: Answering) -> None:
    """A check answers 200 with the whole decision, every field written, rejected or not."""
    response = await client.post(f"{ROOT}/check-pre-trade", json=ORDER)
    assert response.status_code == 200
    decision = response.json()
    assert decision["status"] == "rejected"
    assert [layer["layer"] for layer in decision["layers"]] == list(range(1, 11))
    assert set(decision) == {"type", *Decision.__struct_fields__}
    assert all(set(layer) == set(LayerResult.__struct_fields__) for layer in decision["layers"])
    assert gateway.orders[0].dry_run


async def test_approved_is_200_too(model: ReadModel) -> None:
    """An approval comes with the same status code as a rejection."""
    async with AsyncTestClient(create_app(model, Answering(Status.APPROVED), model.settings)) as client:
        response = await client.post(f"{ROOT}/check-pre-trade", json=ORDER)
    assert response.status_code == 200
    assert response.json()["status"] == "approved"


async def test_check_fills_in_what_is_missing(model: ReadModel, gateway: Answering) -> None:
    """Without id and time an order gets a new id and the clock's time; dry_run is forced whatever the body says."""
    app = create_app(model, gateway, model.settings, clock=lambda: model.now_ns)
    async with AsyncTestClient(app) as client:
        for _ in range(2):
            await client.post(f"{ROOT}/check-pre-trade", json=ORDER | {"dry_run": False, "type": "order_cancel"})
        await client.post(f"{ROOT}/check-pre-trade", json=ORDER | {"order_id": "mine", "event_time_ns": 7})
    first, second, third = gateway.orders
    assert first.order_id != second.order_id
    assert first.event_time_ns == model.now_ns
    assert all(order.dry_run for order in gateway.orders)
    assert (third.order_id, third.event_time_ns) == ("mine", 7)


async def test_check_keeps_all_digits(client: Client, gateway: Answering) -> None:
    """A quantity written as a JSON number is the decimal that was written, not its nearest double."""
    body = '{"account_id":"a","symbol":"S","side":"buy","quantity":0.100000000001,"limit_price":123456789.123456789}'
    await client.post(f"{ROOT}/check-pre-trade", content=body)
    assert gateway.orders[0].quantity == Decimal("0.100000000001")
    assert gateway.orders[0].limit_price == Decimal("123456789.123456789")


@pytest.mark.parametrize(
    ("change", "field", "value", "expected"),
    [
        ({"side": "up"}, "side", "up", "one of buy, sell, sell_short"),
        ({"quantity": -1}, "quantity", -1, "more than 0"),
        ({"quantity": "NaN"}, "quantity", "NaN", "a finite number"),
        ({"quantity": "ten"}, "quantity", "ten", "a decimal such as 12.5"),
        ({"account_id": ""}, "account_id", "", "`str` of length >= 1"),
        ({"account_id": 5}, "account_id", 5, "`str`"),
        ({"reduce_only": "x"}, "reduce_only", "x", "`bool`"),
        ({"event_time_ns": -1}, "event_time_ns", -1, "`int` >= 0"),
        ({"limit_prise": 2}, "limit_prise", 2, "one of the names order_id"),
    ],
)
async def test_bad_order_is_named(
    client: Client, gateway: Answering, change: dict[str, Any], field: str, value: Any, expected: str
) -> None:
    """A body that is no order gets 400 with the field, the value that was seen and what was expected."""
    response = await client.post(f"{ROOT}/check-pre-trade", json=ORDER | change)
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["field"], error["value"]) == (field, value)
    assert error["expected"].startswith(expected)
    assert error["message"].startswith(f"`{field}` is ")
    assert f", expected {expected}" in error["message"]
    assert gateway.orders == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{}", "`account_id` is missing, expected `str`"),
        (b"not json\n", "the body is 'not json', expected a JSON object with an order: JSON is malformed"),
        (b"[]", "the body is '[]', expected a JSON object with an order: "),
        (b'{"qty":7}', "`qty` is 7, expected one of the names order_id, account_id"),
    ],
)
async def test_bad_bodies_read_as_bad_lines_of_a_file_do(client: Client, body: bytes, message: str) -> None:
    """One style for all: the field or the body, what it is, and what was expected."""
    response = await client.post(f"{ROOT}/check-pre-trade", content=body)
    assert response.json()["error"]["message"].startswith(message)


@pytest.mark.parametrize("name", sorted(ORDER))
async def test_missing_field_is_named(client: Client, name: str) -> None:
    """What an order must say and doesn't is named."""
    response = await client.post(f"{ROOT}/check-pre-trade", json={key: ORDER[key] for key in ORDER if key != name})
    assert response.status_code == 400
    assert response.json()["error"]["field"] == name


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"{", 400),
        (b"null", 400),
        (b"\xff\xfe", 400),
        (b'{"quantity": NaN}', 400),
        (b"[" * 20_000, 400),
        (b'{"account_id":"' + b"x" * 70_000 + b'"}', 413),
    ],
)
async def test_no_body_breaks_the_api(client: Client, body: bytes, status: int) -> None:
    """Whatever the bytes are, the answer is an error body, never a 500."""
    response = await client.post(f"{ROOT}/check-pre-trade", content=body)
    assert response.status_code == status
    assert response.json()["error"]["status"] == status


async def test_no_worker_is_never_an_approval(model: ReadModel) -> None:
    """Without an answer a check is 503 and says rejected and unknown."""
    async with AsyncTestClient(create_app(model, Silent(), model.settings)) as client:
        response = await client.post(f"{ROOT}/check-pre-trade", json=ORDER)
    assert response.status_code == 503
    assert response.json()["status"] == "rejected"
    assert response.json()["outcome"] == "unknown"
    assert b"approved" not in response.content


async def test_metrics_of_all_and_of_one(client: Client) -> None:
    """Metrics come for every account or for one; an account that is not known is 404 and named."""
    everyone = await get(client, "metrics")
    assert [each["account_id"] for each in everyone] == ["algo", "energy", "pension", "quant", "retail"]
    assert [each["account_id"] for each in await get(client, "metrics?account_id=quant")] == ["quant"]
    error = (await get(client, "metrics?account_id=nobody", 404))["error"]
    assert (error["field"], error["value"]) == ("account_id", "nobody")


async def test_dashboard_has_everything(client: Client, model: ReadModel) -> None:
    """One object has the strip, accounts, charts, breakers, reasons, decisions and where the stream goes on."""
    picture = await get(client, "dashboard?account_id=quant")
    assert picture["account_id"] == "quant"
    assert picture["cursor"] == model.window.cursor()
    assert picture["summary"]["rejected"] == sum(each["count"] for each in picture["summary"]["reasons"])
    assert all(picture[name] for name in ("accounts", "breakers", "decisions", "history", "title"))
    await get(client, "dashboard?account_id=nobody", 404)
    assert (await get(client, "history?account_id=quant"))["equity"] == picture["history"]["equity"]


async def test_decisions_are_filtered(client: Client) -> None:
    """Lines come newest first, by account, by status and up to a limit; a bad filter is named."""
    lines = await get(client, "decisions?limit=5")
    assert [line["order_id"] for line in lines] == [each.order_id for each in reversed(decisions()[-5:])]
    filtered = await get(client, "decisions?account_id=quant&status=rejected&limit=1000")
    assert filtered
    assert {(line["account_id"], line["status"]) for line in filtered} == {("quant", "rejected")}
    assert (await get(client, "decisions?status=maybe", 400))["error"]["expected"] == "approved or rejected"
    assert (await get(client, "decisions?limit=0", 400))["error"]["field"] == "limit"


@pytest.mark.parametrize(
    ("path", "name", "value", "expected"),
    [
        (f"{ROOT}/metrics?account=nope", "account", "nope", "one of the parameters account_id"),
        (f"{ROOT}/metrics?account_id=quant&pretty", "pretty", "", "one of the parameters account_id"),
        (f"{ROOT}/decisions?state=rejected", "state", "rejected", "one of the parameters account_id, status, limit"),
        (f"{ROOT}/decisions/o?account=a", "account", "a", "one of the parameters account_id"),
        (f"{ROOT}/dashboard?Account_id=quant", "Account_id", "quant", "one of the parameters account_id"),
        (f"{ROOT}/history?account_id=quant&limit=1", "limit", "1", "one of the parameters account_id"),
        (f"{ROOT}/stream?cursor=c", "cursor", "c", "one of the parameters after"),
        (f"{ROOT}/health?context=1", "context", "1", "no parameter"),
        ("/metrics?name=x", "name", "x", "no parameter"),
        ("/schema?x=1", "x", "1", "no parameter"),
        ("/static/style.css?v=1", "v", "1", "no parameter"),
        ("/?account_id=quant", "account_id", "quant", "no parameter"),
    ],
)
async def test_a_parameter_that_a_route_does_not_have_is_refused(
    client: Client, path: str, name: str, value: str, expected: str
) -> None:
    """400 with the parameter and those that the route has: a mistyped filter never answers with everything."""
    response = await client.get(path)
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["field"], error["value"], error["expected"]) == (name, value, expected)
    assert error["message"] == f"`{name}` is {value!r}, expected {expected}"


async def test_a_check_has_no_parameters(client: Client, gateway: Answering) -> None:
    """What is asked stands in the body; a parameter is refused and nothing is decided."""
    response = await client.post(f"{ROOT}/check-pre-trade?dry_run=false", json=ORDER)
    assert response.status_code == 400
    assert response.json()["error"]["field"] == "dry_run"
    assert gateway.orders == []


@pytest.mark.parametrize("path", ["/", f"{ROOT}/health"])
async def test_load_balancers_may_ask_by_head(client: Client, path: str) -> None:
    """HEAD has the status and headers of GET, and no body."""
    asked, whole = await client.head(path), await client.get(path)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-length"] == whole.headers["content-length"] == str(len(whole.content))


async def test_decision_by_order_id(client: Client) -> None:
    """A decision in memory comes with its ten layers; one that is not known is 404."""
    known = next(each for each in reversed(decisions()) if each.layers)
    found = await get(client, f"decisions/{known.order_id}?account_id={known.account_id}")
    assert found["reason"] == known.reason
    assert len(found["layers"]) == 10
    await get(client, "decisions/never-sent", 404)


async def test_health_says_why(model: ReadModel) -> None:
    """Health is 200 while figures can be relied on and 503 when nothing is heard of a worker."""
    async with AsyncTestClient(create_app(model, Silent(), model.settings)) as client:
        assert await get(client, "health") == {"status": "ok", "reasons": []}
    old = full_model(now_ms=1)
    async with AsyncTestClient(create_app(old, Silent(), old.settings)) as client:
        assert (await get(client, "health", 503))["status"] == "down"


PATHS = (
    "/",
    "/nothing",
    "/schema",
    "/metrics",
    f"{ROOT}/health",
    f"{ROOT}/metrics?account_id=x",
    "/static/style.css",
    "/static/js/app.js",
    "/static/vendor/uPlot.esm.js",
)


@pytest.mark.parametrize("path", PATHS)
async def test_every_response_is_guarded(client: Client, path: str) -> None:
    """Errors and files included, every response forbids inline code, foreign hosts, framing and sniffing."""
    headers = (await client.get(path)).headers
    policy = dict(part.partition(" ")[::2] for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[f"{kind}-src"] for kind in ("script", "style", "connect", "img")} == {"'self'"}
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


async def test_page_loads_nothing_from_elsewhere(client: Client) -> None:
    """The page and its files name no other host and have no inline script or style."""
    page = (await client.get("/")).text
    assert "http://" not in page
    assert "https://" not in page
    assert "<style" not in page
    assert "style=" not in page
    assert "<script>" not in page


async def test_openapi_document_describes_the_endpoints(client: Client) -> None:
    """The document at /schema has every endpoint, the body of a check and the shape of a decision."""
    document = (await client.get("/schema")).json()
    assert {
        f"{ROOT}/{name}"
        for name in (
            "check-pre-trade",
            "metrics",
            "dashboard",
            "health",
            "decisions",
            "stream",
            "decisions/{order_id}",
            "history",
        )
    } < set(document["paths"])
    check = document["paths"][f"{ROOT}/check-pre-trade"]["post"]
    assert check["requestBody"]["content"]["application/json"]["schema"]["required"] == sorted(
        ORDER, key=["account_id", "symbol", "side", "quantity"].index
    )
    assert "layers" in document["components"]["schemas"]["Decision"]["properties"]


async def test_prometheus_metrics_count_requests_and_decisions(client: Client, model: ReadModel) -> None:
    """Requests are counted by route, never by what a client wrote, and decisions as the journal has them."""
    await client.get(f"{ROOT}/decisions/some-id")
    text = (await client.get("/metrics")).text
    assert f'riskstream_api_decisions_total{{status="rejected"}} {float(model.tally.rejected)}' in text
    assert 'path="/api/v1/risk/decisions/{order_id}",status="404"' in text
    assert "some-id" not in text
