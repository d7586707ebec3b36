"""Reasons are a closed set of stable codes in order of precedence."""

from __future__ import annotations

import re

import pytest

from schemas.reasons import EXPLANATIONS, Reason, snake_case

#: FIX 5.0 SP2, tag 103.
FIX_ORD_REJ_REASONS = {*range(27), 99}
reasons = pytest.mark.parametrize("reason", Reason)


def test_explanations_follow_the_enum() -> None:
    """Every reason is explained, in the order of the enum."""
    assert list(EXPLANATIONS) == list(Reason)


def test_layers_ascend() -> None:
    """Precedence goes through the layers in order, and each of the ten has a reason of its own."""
    layers = [what.layer for what in EXPLANATIONS.values()]
    assert layers == sorted(layers)
    assert set(layers) == set(range(11))


@reasons
def test_codes_are_category_and_condition(reason: Reason) -> None:
    """A code reads CATEGORY_CONDITION, and its value is its name."""
    assert reason.value == reason.name
    assert reason is Reason.APPROVED or re.fullmatch(r"[A-Z]+(_[A-Z]+)+", reason)


@reasons
def test_fix_codes_are_legal(reason: Reason) -> None:
    """A refusal has a legal OrdRejReason; an approval has none."""
    assert (EXPLANATIONS[reason].fix is None) == (reason is Reason.APPROVED)
    assert reason is Reason.APPROVED or EXPLANATIONS[reason].fix in FIX_ORD_REJ_REASONS


@reasons
def test_texts_are_plain_sentences(reason: Reason) -> None:
    """A text fits FIX Text and a table cell: one line, no full stop, no pipe, unlike any other."""
    text = EXPLANATIONS[reason].text
    assert re.fullmatch(r"[^|\n]{10,100}[^.|\n]", text)
    assert [what.text for what in EXPLANATIONS.values()].count(text) == 1


@pytest.mark.parametrize(("name", "tag"), [("OrderRequest", "order_request"), ("Fill", "fill"), ("FxRate", "fx_rate")])
def test_tags(name: str, tag: str) -> None:
    """A type's tag is its class name in snake case."""
    assert snake_case(name) == tag
