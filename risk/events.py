"""What the market alone changes in account state: day rolls, new peaks, breaker moves. Each becomes a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from risk.book import Book
from risk.breaker import SEVERITY, Trigger, level_of, loss, moved, thresholds, trigger_of
from risk.sightings import Range
from risk.state import AccountState, Breaker
from risk.var_backtest import day_rolled
from schemas.commands import BreakerKind, BreakerLevel
from schemas.records import BreakerMoved, DayRolled, PeakReached

DAY_NS = 86_400_000_000_000
#: A new peak is journaled when it is higher by this share, so a rising market does not write a record a tick; the
#: drawdown is understated by no more than this.
PEAK_STEP = 1e-4


Confirmed = Callable[[], Range | None]


def market_events(
    account: AccountState, book: Book, now_ns: int, confirmed: Confirmed, benchmark: float | None = None
) -> Iterator[DayRolled | PeakReached | BreakerMoved]:
    """Records for one account, in the order in which they must be applied.

    ``confirmed`` gives the equity that recent prices confirm (see :func:`risk.confirmation.confirmed_equity`). What
    later losses are measured against, and what only a reset ends, rests on that: a day begins at its middle, a peak is
    its least, and a breaker latches at a halt only if its best is such a loss too. So one bad price does nothing that
    lasts. Orders are held to the loss at once (layer 7). ``benchmark`` is its level, if there is one.
    """
    if book.unvalued:
        return
    day, drawdown = now_ns // DAY_NS, account.breakers[BreakerKind.DRAWDOWN]
    daily = account.breakers[BreakerKind.DAILY_LOSS]
    began = confirmed() if day > account.day else None
    if began is not None and began.middle > 0:
        yield day_rolled(account, book, began.middle, day, now_ns, benchmark)
        yield from _new_day(account, daily, began.middle, now_ns)
        daily = Breaker(level=_after_new_day(daily), base=began.middle, latched=daily.latched)
    peak = _new_peak(drawdown, book.equity, confirmed)
    if peak is not None:
        yield PeakReached(account_id=account.definition.account_id, equity=peak, event_time_ns=now_ns)
        drawdown = Breaker(level=drawdown.level, base=peak, latched=drawdown.latched)
    for kind, breaker in ((BreakerKind.DAILY_LOSS, daily), (BreakerKind.DRAWDOWN, drawdown)):
        yield from _move(account, kind, breaker, book.equity, now_ns, confirmed)


def _new_peak(breaker: Breaker, equity: float, confirmed: Confirmed) -> float | None:
    """The least of the equities that were seen, if even that is beyond the peak."""
    least = breaker.base * (1.0 + PEAK_STEP)
    seen = confirmed() if equity > least else None
    return seen.low if seen is not None and seen.low > least else None


def _halts(breaker: Breaker, bounds: tuple[float, float, float, float], confirmed: Confirmed) -> bool:
    """Whether the loss is one at the halt at the best of the recent prices too."""
    seen = confirmed()
    lost = loss(breaker, seen.high) if seen is not None else None
    return lost is not None and level_of(lost, bounds) is BreakerLevel.HALTED


def _after_new_day(breaker: Breaker) -> BreakerLevel:
    kept = breaker.latched or breaker.level in {BreakerLevel.NORMAL, BreakerLevel.HALTED}
    return breaker.level if kept else moved(breaker.level, Trigger.NEW_DAY)


def _new_day(account: AccountState, breaker: Breaker, equity: float, now_ns: int) -> Iterator[BreakerMoved]:
    level = _after_new_day(breaker)
    if level is not breaker.level:
        yield BreakerMoved(
            account_id=account.definition.account_id,
            breaker=BreakerKind.DAILY_LOSS,
            level_from=breaker.level,
            level_to=level,
            trigger=Trigger.NEW_DAY,
            measure=0.0,
            limit=account.limits.daily_loss_warn_max,
            equity=equity,
            event_time_ns=now_ns,
        )


def _move(
    account: AccountState, kind: BreakerKind, breaker: Breaker, equity: float, now_ns: int, confirmed: Confirmed
) -> Iterator[BreakerMoved]:
    bounds, lost = thresholds(account.limits, kind), loss(breaker, equity)
    trigger = trigger_of(breaker, lost, bounds) if lost is not None else None
    if trigger is None or lost is None:
        return
    if trigger is Trigger.LOSS_HALTED and not _halts(breaker, bounds, confirmed):
        if breaker.level is BreakerLevel.REDUCE_ONLY:
            return
        trigger = Trigger.LOSS_REDUCE_ONLY
    level = moved(breaker.level, trigger)
    limit = bounds[max(SEVERITY[level], SEVERITY[breaker.level]) - 1]
    yield BreakerMoved(
        account_id=account.definition.account_id,
        breaker=kind,
        level_from=breaker.level,
        level_to=level,
        trigger=trigger,
        measure=lost,
        limit=limit,
        equity=equity,
        event_time_ns=now_ns,
    )
