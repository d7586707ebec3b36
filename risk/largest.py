"""The largest part of a refused order that would be approved now."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from risk.exact import ZERO, floor_to
from risk.layers import evaluate
from risk.proposal import Proposal
from risk.propose import resized
from schemas.decisions import Check, LayerResult

#: So many equal parts of the quantity are looked at, then the stretch to the next is halved so often: the answer is
#: found to 1/1024 of the quantity asked for.
PARTS, HALVINGS = 4, 8


def largest_approvable(proposal: Proposal, refused: Sequence[LayerResult]) -> Decimal:
    """In whole lots, 0 if none was found; ``refused`` are the layers of the whole order.

    A size is named only if it passes all ten layers itself, and one that is larger by the tolerance, or by a lot, does
    not. Sizes that pass need not be one stretch from the smallest on, for a hedge may be too small as well as too
    large: a further stretch is found if it has one of the parts in it.
    """
    if proposal.instrument is None or proposal.unit is None or proposal.account is None:
        return ZERO
    lot = proposal.instrument.lot_size
    whole = floor_to(proposal.quantity, lot)
    if not whole:
        return ZERO
    smallest = evaluate(resized(proposal, lot))
    if _rejections(smallest) & _rejections(refused):  # what says the same of both says it of all between
        return ZERO
    low, high = _bracket(proposal, lot, whole, not _rejects(smallest))
    for _ in range(HALVINGS):
        middle = floor_to((low + high) / 2, lot)
        if middle in (low, high):
            break
        low, high = (middle, high) if _passes(proposal, middle) else (low, middle)
    return low


def _bracket(proposal: Proposal, lot: Decimal, whole: Decimal, smallest_passes: bool) -> tuple[Decimal, Decimal]:
    """The largest of the parts, or the lot, that passes, and the next above it, which does not; twice the same where
    there is nothing between to look for."""
    parts = {floor_to(whole * part / PARTS, lot) for part in range(1, PARTS + 1)}
    above = proposal.quantity
    for part in sorted(parts - {ZERO, lot, proposal.quantity}, reverse=True):
        if _passes(proposal, part):
            return part, part if part == whole else above
        above = part
    return (lot, above) if smallest_passes else (ZERO, ZERO)


def _passes(proposal: Proposal, quantity: Decimal) -> bool:
    return not _rejects(evaluate(resized(proposal, quantity)))


def _rejects(layers: Sequence[LayerResult]) -> bool:
    return any(layer.verdict.rejects for layer in layers)


def _rejections(layers: Sequence[LayerResult]) -> set[Check]:
    """What the layers before the score, which is made of them, have against the order."""
    return {check for layer in layers[:-1] for check in layer.checks if check.verdict.rejects}
