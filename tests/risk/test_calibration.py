"""Limits on the whole market can bind: they lie within what it has seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from schemas.presets import PRESETS
from tests.risk.calibration import observed, refreshed

DOCUMENT = Path(__file__).parents[2] / "docs" / "limits.md"


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", ["correlation_break_max", "absorption_max", "arch_lm_max", "regime_max"])
def test_a_limit_lies_within_the_observed_range(name: str, preset: str) -> None:
    """Beyond at least 85 % of what was seen in ten years and a half, and below the worst of it."""
    limit, values = getattr(PRESETS[preset].limits, name), observed()[name]
    assert np.mean(values <= limit) > 0.85
    assert values.max() > limit


def test_the_document_has_the_quantiles_and_limits_of_today() -> None:
    """Its table is made by the code."""
    text = DOCUMENT.read_text("utf-8")
    assert refreshed(text) == text, "run `python -m tests.risk.calibration docs/limits.md`"
