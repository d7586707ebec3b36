"""What the benchmark compares gives the same answers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from tests.bench.quant import estimators, stress, var
from tests.bench.quant.timing import Case, measure

CASES = [*estimators.cases(), *var.cases(paths=(10_000, 200_000)), *stress.cases()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_quick_and_naive_agree(case: Case) -> None:
    """To the tolerance that the case states; beyond 100,000 paths in what rests on a part of them, too."""
    case.check()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_a_millionth_off_is_found(case: Case) -> None:
    """In any of its figures."""
    answer = case.naive()
    parts = answer if isinstance(answer, tuple) else (answer,)
    for place in range(len(parts)):
        off = tuple(np.multiply(each, 1.0 + 1e-6 * (at == place)) for at, each in enumerate(parts))
        wrong = replace(case, answer=partial(tuple, off), naive=partial(tuple, parts))
        with pytest.raises(AssertionError, match=case.name):
            wrong.check()


def test_a_figure_knows_its_ratio_and_its_aim() -> None:
    """Naive over quick, and whether the aim is met."""
    case = Case(name="sum", quick=lambda: 499_500, naive=lambda: sum(range(1000)), against="a sum", aim_us=1e6)
    figure = measure(case)
    assert figure.ratio > 1.0
    assert figure.met


def test_what_differs_is_not_timed() -> None:
    """Two answers that are not the same have no ratio."""
    with pytest.raises(AssertionError, match="sum"):
        measure(Case(name="sum", quick=lambda: 1, naive=lambda: sum(range(1000)), against="a sum"))
