"""The largest part of a refused order that would be approved now."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from risk.crossing import between, downward
from risk.exact import ZERO, floor_to
from risk.layers import evaluate
from risk.proposal import Proposal
from risk.propose import FLAT, resized
from schemas.decisions import Check, LayerResult

#: So many equal parts of the quantity are looked at, then at most so many sizes between one that passes and the next
#: that does not, until they are a lot apart or this share of the one that passes.
PARTS, LOOKS, TOLERANCE = 4, 24, Decimal(1) / 1024
#: That a size at its very limit is not lost to rounding.
ROUNDING = 1.0 + 1e-12


class Size(NamedTuple):
    """A quantity, and what the layers say of it."""

    quantity: Decimal
    layers: Sequence[LayerResult]

    @property
    def passes(self) -> bool:
        """Whether no layer rejects it."""
        return not any(layer.verdict.rejects for layer in self.layers)


def largest_approvable(proposal: Proposal, refused: Sequence[LayerResult]) -> Decimal:
    """In whole lots, 0 if none was found; ``refused`` are the layers of the whole order.

    A size is named only if it passes all ten layers itself, and one that is larger by a 1024th of it, or by a lot,
    does not. Sizes that pass need not be one stretch from the smallest on, for a hedge may be too small as well as too
    large: a further stretch is found if it has one of the parts in it, or begins where the line through the first two
    lots says.
    """
    if proposal.instrument is None or proposal.unit is None or proposal.account is None:
        return ZERO
    lot = proposal.instrument.lot_size
    whole = floor_to(_possible(proposal), lot)
    if not whole:
        return ZERO
    smallest = _sized(proposal, lot)
    if _rejections(smallest.layers) & _rejections(refused):  # what says the same of both says it of all between
        return ZERO
    low, high = _bracket(proposal, smallest, whole, Size(proposal.quantity, refused))
    if low is None:
        return ZERO
    return whole if low.quantity == whole else _narrowed(proposal, low, high, lot)


def _possible(proposal: Proposal) -> Decimal:
    """What the limits of an order's own quantity and value leave of it; no more is worth a look."""
    limits, quantity, value = proposal.limits, float(proposal.quantity), proposal.value
    share = min(
        limits.order_quantity_max / quantity if quantity > limits.order_quantity_max else 1.0,
        limits.order_value_max / value if value > limits.order_value_max else 1.0,
    )
    return proposal.quantity * Decimal(share * ROUNDING) if share < 1.0 else proposal.quantity


def _bracket(proposal: Proposal, smallest: Size, whole: Decimal, refused: Size) -> tuple[Size | None, Size]:
    """The largest that passes of the parts, what closes the position and the least sizes; and the next above it that
    does not."""
    lot, high = smallest.quantity, refused
    parts = {floor_to(whole * part / PARTS, lot) for part in range(1, PARTS + 1)}
    parts.add(min(whole, floor_to(_closing(proposal), lot)))
    for part in sorted(parts - {ZERO, lot, refused.quantity}, reverse=True):
        size = _sized(proposal, part)
        if size.passes:
            return size, high
        high = size
    return (smallest if smallest.passes else _least_hedge(proposal, smallest, high)), high


def _least_hedge(proposal: Proposal, smallest: Size, high: Size) -> Size | None:
    """The least size that mends what a lot is refused for, if more of it does and that size passes."""
    lot = smallest.quantity
    if high.quantity <= 2 * lot:
        return None
    lots = downward(smallest.layers, _sized(proposal, 2 * lot).layers)
    quantity = lot + floor_to(lot * Decimal(lots), lot) + lot if lots is not None else high.quantity
    size = _sized(proposal, quantity) if quantity < high.quantity else None
    return size if size is not None and size.passes else None


def _narrowed(proposal: Proposal, low: Size, high: Size, lot: Decimal) -> Decimal:
    """The size up to which orders pass, between one that does and one that does not.

    By the Illinois method (Dowell, Jarratt 1971) over the checks that refuse: where a line meets the limit, an end that
    stays for a second time counting half. Each third look is in the middle instead, of the logarithms where the ends
    are far apart, and all looks are once no more are left than the middle needs: no shape of a check keeps the ends
    apart.
    """
    weight, raised = 1.0, None
    for look in range(LOOKS):
        step = max(lot, floor_to(low.quantity * TOLERANCE, lot))
        if high.quantity - low.quantity <= step:
            break
        free = look % 3 < 2 and LOOKS - look > _middles(low.quantity, high.quantity, step)
        share = between(low.layers, high.layers, weight) if free else None
        aim = _middle(low.quantity, high.quantity) if share is None else _along(low.quantity, high.quantity, share)
        size = _sized(proposal, floor_to(min(max(aim, low.quantity + step), high.quantity - lot), lot))
        weight = (weight / 2 if size.passes else weight * 2) if size.passes is raised else 1.0
        raised = size.passes
        low, high = (size, high) if size.passes else (low, size)
    return low.quantity


def _middles(low: Decimal, high: Decimal, step: Decimal) -> int:
    """After how many looks in the middle, at most, the ends are a step apart: 19 for the widest there are."""
    looks, doublings = 0, math.log2(high / low)
    while doublings > 2.0:
        looks, doublings = looks + 1, doublings / 2
    steps = min(float((high - low) / step), (2.0**doublings - 1.0) / float(TOLERANCE))
    # two more, for whole lots: a step may be little more than half of its share, and a middle a lot aside
    return looks + math.ceil(math.log2(steps)) + 2


def _closing(proposal: Proposal) -> Decimal:
    """The quantity that closes the position with what is working, 0 for an order on its side: beyond it limits hold."""
    assert proposal.account is not None, "sizes are looked for in an account"
    sign, holding = proposal.order.side.sign, proposal.account.holdings.get(proposal.order.symbol, FLAT)
    working = holding.working_buy if sign > 0 else holding.working_sell
    return max(ZERO, -sign * holding.quantity - working) + (proposal.quantity - proposal.added)


def _along(low: Decimal, high: Decimal, share: float) -> Decimal:
    return low + (high - low) * Decimal(share * ROUNDING)


def _middle(low: Decimal, high: Decimal) -> Decimal:
    return (low + high) / 2 if high <= 4 * low else (low * high).sqrt()


def _sized(proposal: Proposal, quantity: Decimal) -> Size:
    return Size(quantity, evaluate(resized(proposal, quantity)))


def _rejections(layers: Sequence[LayerResult]) -> set[Check]:
    """What the layers before the score, which is made of them, have against the order."""
    return {check for layer in layers[:-1] for check in layer.checks if check.verdict.rejects}
