"""GARCH parameters are refitted in a process of their own, on a schedule and after a break; a fit that is not believed
leaves them as they were, and is an alert on its topic."""

from __future__ import annotations

import asyncio
import re
from functools import cache
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from risk.estimators.regime import CALM, STRESSED
from risk.garch_refit import GarchRefit
from risk.market import MarketConfig, MarketState
from schemas.outputs import Alert
from schemas.topics import ALERTS
from streams.background import worker_background
from streams.publisher import Publisher
from streams.reader import EventReader
from streams.settings import Clock, StreamSettings
from tests.risk.test_garch_refit import price
from tests.risk.world import DAY_NS, START_NS, bar
from tests.waiting import until

DAYS, SCHEDULE = 300, 21
SYMBOLS = ("AAA", "PEG", "LULL")


@cache
def closes() -> NDArray[np.float64]:
    """Of three symbols [T, 3]: one whose fit is believed; returns too small for the optimiser to converge; a calm after
    a storm: its likeliest variance is not stationary, and its likeliest stationary one a small part of the last."""
    random, days = np.random.default_rng(0), DAYS + SCHEDULE
    storm = np.where(np.arange(days) < 100, 0.05, 0.0005)
    return np.column_stack(
        [
            [price("AAA", day) for day in range(days)],
            1e8 + np.round(0.1 * random.standard_normal(days), 4),
            1e4 * np.cumprod(1.0 + storm * random.standard_normal(days)),
        ]
    )


def feed(market: MarketState, days: range, crash: float = 0.0) -> None:
    for day in days:
        for symbol, close in zip(SYMBOLS, closes()[day].tolist(), strict=True):
            fallen = close * (1.0 - crash) if symbol == "AAA" else close
            market.apply_bar(bar(symbol, fallen, START_NS + day * DAY_NS))


class Refits:
    """A worker's refits of a market over a broker, and the alerts that a user reads meanwhile."""

    def __init__(self, market: MarketState, settings: StreamSettings) -> None:
        self.alerts: list[Alert] = []
        self._publisher, self._told = Publisher(settings), EventReader(settings, ALERTS)
        on_event_time = msgspec.structs.replace(settings, clock=Clock.EVENT)
        self._background, self._ready = worker_background(on_event_time, market, self._publisher), asyncio.Event()
        self._background.schedule.measures[:] = [GarchRefit()]

    async def __aenter__(self) -> Self:
        await self._told.__aenter__()
        await self._publisher.start()
        self._entries = self._told.entries()
        self._ready.set()
        self._task = asyncio.create_task(self._background.run(self._ready))
        return self

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._entries.aclose()
        await self._publisher.stop()
        await self._told.__aexit__(None, None, None)

    async def ended(self, jobs: int, alerts: int) -> None:
        """Wait until so many jobs gave a result, and so many alerts were read."""

        async def have() -> bool:
            self.alerts.extend(entry.event for entry in await anext(self._entries))
            return self._background.schedule.counts["garch_refit"] >= jobs and len(self.alerts) >= alerts

        await until(have, 90.0, f"{jobs} jobs and {alerts} alerts")
        assert (self._background.schedule.counts, len(self.alerts)) == ({"garch_refit": jobs}, alerts)


async def test_when_symbols_are_fitted_and_what_is_not_believed_of_it(settings: StreamSettings) -> None:
    """At first all, one of which gets parameters while the forecasts of the others stay; then the one whose regime
    broke; 21 bars after their last fit the others again. The topic of alerts has each that is not believed, and why."""
    market = MarketState(MarketConfig())
    feed(market, range(DAYS))
    before, first_ns = market.forecast.copy(), market.now_ns
    async with Refits(market, settings) as refits:
        await refits.ended(jobs=1, alerts=2)
        assert market.garch_time_ns.tolist() == [first_ns, 0, 0]
        assert (market.forecast != before).tolist() == [True, False, False]

        feed(market, range(DAYS, DAYS + 1), crash=0.25)
        assert market.regime.tolist() == [STRESSED, CALM, CALM]
        await refits.ended(jobs=2, alerts=3)
        assert market.garch_time_ns.tolist() == [first_ns + DAY_NS, 0, 0]

        feed(market, range(DAYS + 1, DAYS + SCHEDULE))
        await refits.ended(jobs=3, alerts=5)
    assert {(alert.account_id, alert.category) for alert in refits.alerts} == {("all", "background")}
    peg, lull, broken, *later = (alert.text for alert in refits.alerts)
    assert peg.startswith("GARCH of PEG stays as it was: GARCH normal: the fit did not converge")
    assert re.search(r"^GARCH of LULL stays as it was: .* the persistence would be 1\.0000", lull)
    assert re.search(r"persistence at most 0\.999: the forecast variance would change by the factor 0\.00", lull)
    assert re.search(r"^GARCH of AAA goes on as .* expected .* `alpha` \+ `gamma` / 2 \+ `beta` below 1", broken)
    assert [text[: text.index(":")] for text in later] == [f"GARCH of {name} stays as it was" for name in SYMBOLS[1:]]
