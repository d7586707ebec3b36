"""What the market alone changes in account state: day rolls, new peaks, breaker moves. Each becomes a record."""

from __future__ import annotations

from collections.abc import Iterator

from risk.book import Book
from risk.breaker import SEVERITY, Trigger, loss, moved, thresholds, trigger_of
from risk.state import AccountState, Breaker
from risk.var_backtest import day_rolled
from schemas.commands import BreakerKind, BreakerLevel
from schemas.records import BreakerMoved, DayRolled, PeakReached

DAY_NS = 86_400_000_000_000
#: A new peak is journaled when it is higher by this share, so a rising market does not write a record a tick; the
#: drawdown is understated by no more than this.
PEAK_STEP = 1e-4


def market_events(
    account: AccountState, book: Book, now_ns: int, confirmed: bool
) -> Iterator[DayRolled | PeakReached | BreakerMoved]:
    """Records for one account, in the order in which they must be applied.

    ``confirmed``: a loss of this size was seen at an earlier version of the market too; only then does a breaker
    latch at its halt, so that one bad price never does. Orders are held to the loss at once (layer 7).
    """
    equity = book.equity
    if book.unvalued or equity <= 0:
        return
    account_id, day = account.definition.account_id, now_ns // DAY_NS
    daily, drawdown = account.breakers[BreakerKind.DAILY_LOSS], account.breakers[BreakerKind.DRAWDOWN]
    if day > account.day:
        yield day_rolled(account, book, day, now_ns)
        yield from _new_day(account, daily, equity, now_ns)
        daily = Breaker(level=_after_new_day(daily), base=equity, latched=daily.latched)
    if equity > drawdown.base * (1.0 + PEAK_STEP):
        yield PeakReached(account_id=account_id, equity=equity, event_time_ns=now_ns)
        drawdown = Breaker(level=drawdown.level, base=equity, latched=drawdown.latched)
    for kind, breaker in ((BreakerKind.DAILY_LOSS, daily), (BreakerKind.DRAWDOWN, drawdown)):
        yield from _move(account, kind, breaker, equity, now_ns, confirmed)


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
    account: AccountState, kind: BreakerKind, breaker: Breaker, equity: float, now_ns: int, confirmed: bool
) -> Iterator[BreakerMoved]:
    bounds, lost = thresholds(account.limits, kind), loss(breaker, equity)
    trigger = trigger_of(breaker, lost, bounds) if lost is not None else None
    if trigger is None or lost is None:
        return
    if trigger is Trigger.LOSS_HALTED and not confirmed:
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
