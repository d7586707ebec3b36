"""The backtest of an account's VaR, from the engine over the journal to its topic."""

from __future__ import annotations

from schemas.codec import encode
from schemas.outputs import Backtest
from schemas.topics import BACKTESTS
from streams.journal import Kind
from streams.log import Pending
from streams.reader import EventReader
from streams.settings import StreamSettings
from tests.risk.sinking import SinkingWorld
from tests.streams.holder import Holder
from tests.streams.test_projector import running
from tests.waiting import until


async def test_a_red_zone_stands_on_the_topic(settings: StreamSettings) -> None:
    """The day that an account's backtest turns red is a record of each of its models and levels on
    ``risk.backtests.v1``, that of its limits with the zone and the share of them that is left."""
    world, holder = SinkingWorld(), Holder(settings)
    rolled = world.until("red")
    await holder.take_over()
    await holder.append([Pending(Kind.EVENT, None, None, encode(rolled))])
    await holder.stop()
    found: list[Backtest] = []
    async with running(settings), EventReader(settings, BACKTESTS) as reader:
        entries = reader.entries()

        async def all_there() -> bool:
            found.extend(entry.event for entry in await anext(entries))
            return len(found) >= len(rolled.backtests)

        await until(all_there, 15, "the backtests of the day")
    assert settings.topic(BACKTESTS) == "risk.backtests.v1"
    levels = {(each.method, each.confidence) for each in found}
    assert levels == {(m, c) for m in ("filtered_historical", "parametric_normal") for c in (0.95, 0.975, 0.99)}
    (own,) = (each for each in found if (each.method, each.confidence) == ("filtered_historical", 0.99))
    assert (own.account_id, own.zone, own.scale, own.exceeded) == ("acc", "red", 0.75, True)
    assert (own.exceptions, own.observations) == (rolled.exceptions, rolled.observations)
