"""Layer 10, final assessment: one score out of the nine layers before it."""

from __future__ import annotations

from collections.abc import Sequence

from risk.layers.checks import at_least, summarise
from schemas.decisions import LayerResult, Verdict
from schemas.limits import LimitSet
from schemas.reasons import Reason


def assessment(layers: Sequence[LayerResult], limits: LimitSet, reducing: bool) -> LayerResult:
    """The score against the least score allowed."""
    check = at_least("score", score(layers), limits.score_min, "points", Reason.SCORE_TOO_LOW)
    return summarise(10, "assessment", [check], reducing)


def score(layers: Sequence[LayerResult]) -> float:
    """0 (refuse) to 100 (all limits untouched): half the least headroom of a layer, half the mean of all.

    A layer that rejects counts 0, one without a measured headroom 1; an exempt one counts what it measured.
    """
    rooms = [_room(layer) for layer in layers]
    return 100.0 * (0.5 * min(rooms) + 0.5 * sum(rooms) / len(rooms))


def _room(layer: LayerResult) -> float:
    headroom, verdict = layer.headroom, layer.verdict
    if verdict is Verdict.FAIL or verdict is Verdict.UNAVAILABLE:
        return 0.0
    if headroom is None:
        return 0.0 if verdict is Verdict.EXEMPT else 1.0
    return 0.0 if headroom < 0.0 else min(headroom, 1.0)
