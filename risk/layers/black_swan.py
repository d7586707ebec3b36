"""Layer 9, black swan: the VIX, the turbulence of all returns together, the share of all movement that few
factors absorb, and abnormal volume in the instrument."""

from __future__ import annotations

import math

from risk.layers.breakers import RESTRICTED_SHARE
from risk.layers.checks import at_most, missing, summarise, unusable, warned
from risk.proposal import Proposal
from schemas.decisions import Check, LayerResult
from schemas.reasons import Reason


def black_swan(p: Proposal) -> LayerResult:
    """What does not happen, until it does."""
    market, marked_ns = p.market, p.unit and p.unit.oldest_ns
    age_ns = p.age_ns(market.vix_time_ns, market.turbulence_time_ns, market.analysis.time_ns, marked_ns, p.bar_ns)
    checks = [*_vix(p, p.age_ns(market.vix_time_ns)), _turbulence(p), _absorption(p), _volume(p)]
    return summarise(9, "black_swan", checks, p.reducing, age_ns)


def _vix(p: Proposal, age_ns: int | None) -> list[Check]:
    """Four levels: it warns, restricts sizes, brings in the preset's crisis limits (see ``Proposal.crisis``), refuses.
    None of them latches, so one print before the open does no more than what it is true for."""
    vix, limits = p.market.vix, p.limits
    if age_ns is None or math.isnan(vix):
        return [missing("vix", Reason.VIX_MISSING)]
    if age_ns > limits.vix_age_max_ns:
        return [at_most("vix_age", float(age_ns), limits.vix_age_max_ns, "ns", Reason.VIX_STALE)]
    level = at_most("vix", vix, limits.vix_max, "index points", Reason.VIX_EXCEEDED)
    if vix <= limits.vix_restrict_max:
        return [warned(level) if vix > limits.vix_warn_max else level]
    return [
        warned(level),
        at_most(
            "vix_restricted_value",
            p.value,
            RESTRICTED_SHARE * limits.order_value_max,
            "money",
            Reason.VIX_SIZE_RESTRICTED,
        ),
    ]


def _turbulence(p: Proposal) -> Check:
    """Of the last complete row of returns; no longer known when rows stop coming."""
    found, age_ns = p.market.turbulence, p.age_ns(p.market.turbulence_time_ns)
    reason = Reason.TURBULENCE_UNAVAILABLE
    return unusable("turbulence", found, age_ns, p.limits.turbulence_age_max_ns, reason) or at_most(
        "turbulence", found, p.limits.turbulence_max, "x normal", Reason.TURBULENCE_EXCEEDED
    )


def _absorption(p: Proposal) -> Check:
    """Of all movement, what a fifth of the factors absorb; computed beside the decisions."""
    found = p.market.analysis.absorption
    reason = Reason.ABSORPTION_UNAVAILABLE
    return unusable("absorption", found, p.analysis_age_ns, p.limits.analysis_age_max_ns, reason) or at_most(
        "absorption", found, p.limits.absorption_max, "fraction", Reason.ABSORPTION_EXCEEDED
    )


def _volume(p: Proposal) -> Check:
    """Volume since the last bar against the mean volume of a bar."""
    mean = float(p.market.mean_volume[p.index]) if p.index is not None else math.nan
    if p.index is None or not mean > 0:
        return missing("volume_anomaly", Reason.VOLUME_ANOMALY_UNAVAILABLE)
    ratio = float(p.market.volume[p.index]) / mean
    return at_most(
        "volume_anomaly", ratio, p.limits.volume_anomaly_max, "x mean volume", Reason.VOLUME_ANOMALY_EXCEEDED
    )
