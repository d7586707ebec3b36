"""The circuit breaker: a transition table, and what trips it. A pair that is not in the table is a bug and raises."""

from __future__ import annotations

from enum import StrEnum

from risk.state import Breaker
from schemas.commands import BreakerKind, BreakerLevel
from schemas.limits import LimitSet

LEVELS: tuple[BreakerLevel, ...] = tuple(BreakerLevel)
SEVERITY: dict[BreakerLevel, int] = {level: rank for rank, level in enumerate(LEVELS)}
#: A level is left again when the loss is below this share of the threshold that entered it.
EASING = 0.8


class Trigger(StrEnum):
    """What can move a breaker."""

    LOSS_WARNING = "loss_warning"
    LOSS_RESTRICTED = "loss_restricted"
    LOSS_REDUCE_ONLY = "loss_reduce_only"
    LOSS_HALTED = "loss_halted"
    EASED = "eased"
    NEW_DAY = "new_day"
    RESET = "reset"


_N, _W, _R, _O, _H = LEVELS
#: Upwards at once, to the level of the loss; downwards one level at a time; out of a halt by a reset only.
TRANSITIONS: dict[tuple[BreakerLevel, Trigger], BreakerLevel] = {
    (_N, Trigger.LOSS_WARNING): _W,
    (_N, Trigger.LOSS_RESTRICTED): _R,
    (_N, Trigger.LOSS_REDUCE_ONLY): _O,
    (_N, Trigger.LOSS_HALTED): _H,
    (_W, Trigger.LOSS_RESTRICTED): _R,
    (_W, Trigger.LOSS_REDUCE_ONLY): _O,
    (_W, Trigger.LOSS_HALTED): _H,
    (_R, Trigger.LOSS_REDUCE_ONLY): _O,
    (_R, Trigger.LOSS_HALTED): _H,
    (_O, Trigger.LOSS_HALTED): _H,
    (_W, Trigger.EASED): _N,
    (_R, Trigger.EASED): _W,
    (_O, Trigger.EASED): _R,
    (_W, Trigger.NEW_DAY): _N,
    (_R, Trigger.NEW_DAY): _N,
    (_O, Trigger.NEW_DAY): _N,
    (_W, Trigger.RESET): _N,
    (_R, Trigger.RESET): _N,
    (_O, Trigger.RESET): _N,
    (_H, Trigger.RESET): _N,
}
_LOSS_TRIGGER = {
    _W: Trigger.LOSS_WARNING,
    _R: Trigger.LOSS_RESTRICTED,
    _O: Trigger.LOSS_REDUCE_ONLY,
    _H: Trigger.LOSS_HALTED,
}


def moved(level: BreakerLevel, trigger: Trigger) -> BreakerLevel:
    """Where a trigger leads.

    :raises KeyError: the table has no such pair.
    """
    return TRANSITIONS[level, trigger]


def thresholds(limits: LimitSet, kind: BreakerKind) -> tuple[float, float, float, float]:
    """Losses, as fractions of the base equity, at which the four levels begin."""
    if kind is BreakerKind.DAILY_LOSS:
        return (
            limits.daily_loss_warn_max,
            limits.daily_loss_restrict_max,
            limits.daily_loss_reduce_max,
            limits.daily_loss_halt_max,
        )
    return (
        limits.drawdown_warn_max,
        limits.drawdown_restrict_max,
        limits.drawdown_reduce_max,
        limits.drawdown_halt_max,
    )


def loss(breaker: Breaker, equity: float) -> float | None:
    """Loss since the breaker's base equity as a fraction of it, 0 for a gain; ``None`` without a base."""
    return max(0.0, 1.0 - equity / breaker.base) if breaker.base > 0 else None


def level_of(loss_now: float, bounds: tuple[float, float, float, float]) -> BreakerLevel:
    """The highest level whose threshold the loss exceeds, also where a limit was set below that of a milder level."""
    return next((LEVELS[rank] for rank in (4, 3, 2, 1) if loss_now > bounds[rank - 1]), BreakerLevel.NORMAL)


def trigger_of(breaker: Breaker, loss_now: float, bounds: tuple[float, float, float, float]) -> Trigger | None:
    """What the loss does to the breaker, if anything. A latched breaker and a halt wait for a reset."""
    if breaker.latched or breaker.level is BreakerLevel.HALTED:
        return None
    measured = level_of(loss_now, bounds)
    if SEVERITY[measured] > SEVERITY[breaker.level]:
        return _LOSS_TRIGGER[measured]
    if breaker.level is BreakerLevel.NORMAL:
        return None
    entered_at = bounds[SEVERITY[breaker.level] - 1]
    return Trigger.EASED if loss_now < EASING * entered_at else None


def diagram() -> str:
    """The transition table as a Mermaid state diagram."""
    edges: dict[tuple[str, str], list[str]] = {}
    for (start, trigger), end in TRANSITIONS.items():
        edges.setdefault((start.value, end.value), []).append(trigger.value)
    lines = [f"    {start} --> {end}: {', '.join(names)}" for (start, end), names in edges.items()]
    return "\n".join(["stateDiagram-v2", "    [*] --> normal", *lines])
