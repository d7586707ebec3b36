"""The live page in a real browser: account, decision, ten layers; no error and no violation of the policy.

``RISKSTREAM_REQUIRE_BROWSER=1`` turns a missing browser into a failure, ``RISKSTREAM_SCREENSHOT=FILE`` keeps a picture.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from api.feed import ReadModel
from api.settings import ApiSettings
from schemas.decisions import Decision, Status
from tests.api.serving import served
from tests.api.world import Answering, decisions, entry, feed, full_model, recorded

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SEQUENCE = count(100_000)
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium; the tests are skipped where there is none."""
    if not Path(CHROMIUM).exists():
        reason = f"no browser at {CHROMIUM}: install Debian's chromium to click through the page"
        if os.environ.get("RISKSTREAM_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def model() -> ReadModel:
    """A model that has read the recording up to now."""
    return full_model(now_ms=int(time.time() * 1000), silence_s=300)


@pytest.fixture(scope="module")
def address(model: ReadModel) -> Iterator[str]:
    """A server over it."""
    with served(model, Answering()) as address:
        yield address


@pytest.fixture(params=["dark", "light"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """The page on a desktop, in both colour schemes; what the console says of errors fails the test."""
    yield from opened(browser, address, DESKTOP, request.param)


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    """The page on a telephone."""
    yield from opened(browser, address, PHONE, "light")


def opened(browser: Browser, address: str, viewport: dict[str, int], scheme: str) -> Iterator[Page]:
    """The loaded page; afterwards nothing may have gone wrong in it."""
    context = browser.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
    page, faults = context.new_page(), []
    page.on("console", lambda message: faults.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "requestfailed",
        lambda request: (
            faults.append(f"{request.url} failed")
            if not request.url.endswith("stream") and "/stream?" not in request.url
            else None
        ),
    )
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation',"
        " (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"
    )
    page.goto(address)
    expect(page.locator("#decisions tr").first).to_be_visible()
    expect(page.locator("#connection")).to_have_text("live")
    yield page
    context.close()
    assert faults == []


def newest(status: Status) -> Decision:
    """The newest recorded decision on an order with all layers and this status."""
    return next(each for each in reversed(decisions()) if each.status is status and each.layers)


def show(page: Page, decision: Decision) -> None:
    """Filter the list down to a decision and open it with the keyboard."""
    page.get_by_label("Search symbol, reason or order").fill(decision.order_id)
    page.locator(f'[data-order="{decision.order_id}"] button').first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel .layer-result")).to_have_count(10)


def test_account_to_decision_to_layers(page: Page, model: ReadModel) -> None:
    """A click on an account changes the charts; a decision opens to its ten layers, each to its checks."""
    page.locator('[data-account="quant"]').click()
    expect(page.locator('[data-account="quant"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".of-account").first).to_have_text("quant")
    expect(page.locator(".chart canvas")).to_have_count(3)
    expect(page.locator("#equity-chart .u-value").last).to_have_text(f"{model.metrics['quant'].equity:,.0f}")
    expect(page.locator("#exposure tbody tr")).to_have_count(len(model.metrics["quant"].exposures))
    shows_breakers(page, model)
    picture(page)
    refused = newest(Status.REJECTED)
    show(page, refused)
    panel = page.locator("#panel")
    expect(panel.locator(".verdict")).to_contain_text(refused.reason.value)
    failing = panel.locator(".layer-result[open]").first
    expect(failing.locator(".checks tbody tr").first).to_be_visible()
    first = panel.locator('[data-layer="1"]')
    first.locator("summary").click()
    expect(first.locator(".checks tbody tr")).to_have_count(len(refused.layers[0].checks))
    expect(panel.locator("pre")).to_contain_text(str(refused.order.event_time_ns))
    picture(page, "-decision")
    page.keyboard.press("Escape")
    expect(panel).not_to_be_visible()


def shows_breakers(page: Page, model: ReadModel) -> None:
    """Each breaker with its level, and the VaR chart with its limit."""
    rows = page.locator("#breakers tr")
    states = model.breakers.states()
    expect(rows).to_have_count(len(states))
    for row, breaker in zip(rows.all(), states, strict=True):
        expect(row).to_contain_text(breaker.account_id)
        expect(row).to_contain_text(breaker.level.value.replace("_", "-"))
    expect(page.locator("#var-chart .u-value").last).to_have_text(f"{model.metrics['quant'].var_limit:,.0f}")


def test_news_come_by_themselves(page: Page, model: ReadModel) -> None:
    """A decision that is made while the page is open appears on top; a paused list waits until it goes on."""
    rows = page.locator("#decisions tr")
    first, second = newest(Status.APPROVED), newest(Status.REJECTED)
    decide(model, first)
    expect(rows.first).to_have_attribute("data-order", first.order_id)
    page.get_by_role("button", name="Pause").click()
    before = rows.count()
    decide(model, second)
    expect(page.locator('[data-tile="rejected"] .value')).to_have_text(str(model.tally.rejected))
    assert rows.count() == before
    page.get_by_role("button", name="Resume").click()
    expect(rows.first).to_have_attribute("data-order", second.order_id)


@pytest.mark.parametrize("level", ["halted", "normal"])
def test_the_strip_is_as_new_as_the_tables(page: Page, model: ReadModel, level: str) -> None:
    """Moves of breakers are in table, cards, tile and clock at once, though the last summary did not know of them."""
    at_ns = model.now_ns + 3_600_000_000_000
    moves = [
        {"account_id": each.account_id, "breaker": each.breaker, "level": level, "moved_at_ns": str(at_ns)}
        for each in model.breakers.states()
    ]
    page.evaluate("async (moves) => (await import('/static/js/store.js')).news('breakers', moves)", moves)
    expect(page.locator("#breakers .badge").first).to_have_text(level)
    expect(page.locator('[data-account="quant"] .badge').first).to_contain_text(level)
    expect(page.locator('[data-tile="breaker"] .value')).to_have_text(level)
    expect(page.locator("#now")).to_have_text(f"{datetime.fromtimestamp(at_ns // 10**9, UTC):%Y-%m-%d %H:%M:%S} UTC")


def test_a_page_that_was_there_first_draws_what_comes(browser: Browser) -> None:
    """Opened before any account is known: the first one that has figures is chosen, and its charts have them."""
    model, now_ms = ReadModel(ApiSettings(port=0), boot="run"), int(time.time() * 1000)
    feed(model, tuple(each for each in recorded() if isinstance(each[1], Decision)), now_ms=now_ms)
    model.state.caught_up = True
    with served(model, Answering()) as address:
        for page in opened(browser, address, DESKTOP, "light"):
            feed(model, tuple(each for each in recorded() if each[0] != "journal"), now_ms=now_ms)
            chosen = page.locator('[data-account][aria-pressed="true"]')
            expect(chosen).to_have_count(1)
            equity = model.metrics[chosen.get_attribute("data-account") or ""].equity
            expect(page.locator("#equity-chart .u-value").last).to_have_text(f"{equity:,.0f}")


def test_decisions_say_their_day(page: Page) -> None:
    """A day of the demo lasts a second: the time alone would say nothing."""
    expect(page.locator("#decisions .time").first).to_have_text(re.compile(r"^\d\d-\d\d \d\d:\d\d:\d\d$"))


def decide(model: ReadModel, decision: Decision) -> None:
    """A decision enters the journal now; it is a new record each time."""
    now_ms = int(time.time() * 1000)
    model.journal([entry(decision, next(SEQUENCE), now_ms)], now_ms)


def test_filters_narrow_the_list(page: Page) -> None:
    """Status, account and a click on a reason leave only the decisions that match."""
    page.get_by_label("Status").select_option("rejected")
    expect(page.locator("#decisions tr.approved")).to_have_count(0)
    page.locator("#reasons .reason").first.click()
    reason = page.locator("#reasons .reason .code").first.inner_text()
    assert set(page.locator("#decisions .why .code").all_inner_texts()) == {reason}


def test_phone_is_not_wider_than_its_screen(phone: Page) -> None:
    """On a telephone nothing sticks out to the side, closed or with a decision open."""
    width = "document.documentElement.scrollWidth"
    assert phone.evaluate(width) == PHONE["width"]
    show(phone, newest(Status.REJECTED))
    assert phone.evaluate(width) == PHONE["width"]
    assert phone.locator("#panel").evaluate("panel => panel.scrollWidth") <= PHONE["width"]
    picture(phone, "-phone")


def picture(page: Page, suffix: str = "") -> None:
    """Keep a screenshot where the environment says so."""
    target = os.environ.get("RISKSTREAM_SCREENSHOT")
    if target:
        dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        path = Path(target)
        page.screenshot(path=path.with_name(f"{path.stem}{suffix}-{'dark' if dark else 'light'}{path.suffix}"))
