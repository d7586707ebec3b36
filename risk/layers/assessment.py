"""Layer 10, final assessment: one score out of the nine layers before it.

score = 100 * (s * min(room) + (1 - s) * sum(w * room) / sum(w)) with the preset's weights w and share s of the worst. A
layer's room is the headroom of its binding check, the share of its limit that is left: 1 untouched, 0 at the limit. A
layer that rejects has 0, one without a measured headroom 1; an exempt one has what it measured.
"""

from __future__ import annotations

from collections.abc import Sequence

from risk.layers.checks import at_least, summarise
from schemas.decisions import Check, LayerResult, Verdict
from schemas.limits import LimitSet
from schemas.presets import Preset
from schemas.reasons import Reason


def assessment(layers: Sequence[LayerResult], limits: LimitSet, preset: Preset, reducing: bool) -> LayerResult:
    """The score against the least score allowed; each factor is reported with its weight as limit, the worst layer's
    room with its share."""
    rooms = [_room(layer) for layer in layers]
    weights = [preset.score_weights[layer.name] for layer in layers]
    share = preset.score_worst_share
    check = at_least("score", score(rooms, weights, share), limits.score_min, "points", Reason.SCORE_TOO_LOW)
    worst = Check(name="worst_layer", measure=min(rooms), limit=share, unit="room, share")
    factors = [
        Check(name=layer.name, measure=room, limit=weight, unit="room, weight")
        for layer, room, weight in zip(layers, rooms, weights, strict=True)
    ]
    ages_ns = [layer.input_age_ns for layer in layers if layer.input_age_ns is not None]
    return summarise(10, "assessment", [check, worst, *factors], reducing, max(ages_ns, default=None))


def score(rooms: Sequence[float], weights: Sequence[float], worst_share: float) -> float:
    """0 (refuse) to 100 (all limits untouched).

    >>> score([1.0, 0.5], [1.0, 3.0], 0.5)
    56.25
    """
    mean = sum(room * weight for room, weight in zip(rooms, weights, strict=True)) / sum(weights)
    return 100.0 * (worst_share * min(rooms) + (1.0 - worst_share) * mean)


def _room(layer: LayerResult) -> float:
    headroom, verdict = layer.headroom, layer.verdict
    if verdict is Verdict.FAIL or verdict is Verdict.UNAVAILABLE:
        return 0.0
    if headroom is None:
        return 0.0 if verdict is Verdict.EXEMPT else 1.0
    return 0.0 if headroom < 0.0 else min(headroom, 1.0)
