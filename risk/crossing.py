"""Where checks of two sizes of an order say that a limit is met: their headroom as a straight line in the quantity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schemas.decisions import LayerResult


def between(passes: Sequence[LayerResult], refused: Sequence[LayerResult], weight: float = 1.0) -> float | None:
    """Share of the way from the size that passes to the refused one, at which the first of its checks meets its limit.

    0 if one that refuses excused the smaller size; ``None`` if none that refuses has measures of both, beyond its limit
    for the refused one. The headroom of the refused size counts ``weight`` times.
    """
    room = dict(_headrooms(passes))
    beyond = [(check, over) for check, over in _refusing(refused) if over is not None and over < 0.0]
    measured = [(room[check], over) for check, over in beyond if check in room]
    return min((max(0.0, left / (abs(left) - weight * over)) for left, over in measured), default=None)


def downward(one: Sequence[LayerResult], more: Sequence[LayerResult]) -> float | None:
    """Steps from ``one``, each as long as that to ``more``, at which all that refuses it has met its limit; ``None`` if
    something that refuses it has no measure, or more does not bring it nearer."""
    room, steps = dict(_headrooms(more)), 0.0
    for check, over in _refusing(one):
        gained = room.get(check, over) - over if over is not None else 0.0
        if over is None or gained <= 0.0:
            return None
        steps = max(steps, -over / gained)
    return steps


def _headrooms(layers: Sequence[LayerResult]) -> Iterator[tuple[tuple[int, str], float]]:
    """By layer and name, of what was measured."""
    for layer in layers:
        for check in layer.checks:
            if check.headroom is not None:
                yield (layer.layer, check.name), check.headroom


def _refusing(layers: Sequence[LayerResult]) -> Iterator[tuple[tuple[int, str], float | None]]:
    """By layer and name, the headroom of what refuses; of the score only if nothing else does, for it is made of it."""
    rejecting = [layer for layer in layers if layer.verdict.rejects]
    for layer in rejecting[:-1] if len(rejecting) > 1 and rejecting[-1] is layers[-1] else rejecting:
        for check in layer.checks:
            if check.verdict.rejects:
                yield (layer.layer, check.name), check.headroom
