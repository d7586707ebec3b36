"""The ten layers of pre-trade checks, in order of precedence. All are evaluated and reported on every decision, but
for an order that came too late: of that, only the first is."""

from __future__ import annotations

from collections.abc import Callable

from risk.layers.assessment import assessment
from risk.layers.black_swan import black_swan
from risk.layers.breakers import breakers
from risk.layers.controls import order_controls
from risk.layers.correlation import correlation
from risk.layers.liquidity import liquidity
from risk.layers.portfolio import portfolio
from risk.layers.stress import stress
from risk.layers.value_at_risk import value_at_risk
from risk.layers.volatility import volatility
from risk.proposal import Proposal
from schemas.decisions import LayerResult, Verdict

#: Layers 1 to 9; the tenth, :func:`assessment`, judges by these.
LAYERS: tuple[Callable[[Proposal], LayerResult], ...] = (
    order_controls,
    portfolio,
    correlation,
    liquidity,
    value_at_risk,
    stress,
    breakers,
    volatility,
    black_swan,
)
_SKIPPED = tuple(
    LayerResult(layer=number, name=layer.__name__, verdict=Verdict.SKIPPED)
    for number, layer in enumerate((*LAYERS, assessment), 1)
)


def evaluate(proposal: Proposal) -> tuple[LayerResult, ...]:
    """All ten results of an order."""
    if proposal.too_late:
        return (order_controls(proposal), *_SKIPPED[1:])
    nine = tuple(layer(proposal) for layer in LAYERS)
    return (*nine, assessment(nine, proposal.limits, proposal.preset, proposal.reducing))
