"""The benchmark ends with its aims, and fails by them where it is asked to."""

from __future__ import annotations

import sys

import pytest

from tests.bench.quant import __main__ as bench
from tests.bench.quant.aims import missed, show_aims
from tests.bench.quant.timing import Figure


def figure(name: str, quick_us: float, aim_us: float | None = 1.0) -> Figure:
    return Figure(name=name, quick_us=quick_us, naive_us=10.0, against="naive", aim_us=aim_us)


HELD, MISSED, WITHOUT = figure("one", 1.0), figure("two", 1.1), figure("three", 9.0, None)


def test_each_aim_is_named_with_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """At the aim it is held, beyond it missed; what has none is not in it."""
    show_aims([HELD, MISSED, WITHOUT])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["one", "<=", "1.00", "us", "1.00", "us", "held"] in lines
    assert ["two", "<=", "1.00", "us", "1.10", "us", "missed"] in lines
    assert lines[-1] == ["1", "of", "2", "aims", "held"]
    assert missed([HELD, MISSED, WITHOUT]) == [MISSED]
    show_aims([WITHOUT])
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "measured", "code"),
    [([], [HELD, MISSED], 0), (["--strict"], [HELD, MISSED], 1), (["--strict"], [HELD], 0), (["--json"], [MISSED], 0)],
)
def test_strict_fails_by_a_missed_aim(
    options: list[str], measured: list[Figure], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And by nothing else."""
    monkeypatch.setattr(sys, "argv", ["quant", *options])
    monkeypatch.setattr(bench, "figures", lambda _: measured)
    monkeypatch.setattr(bench, "_THREADS", ())
    assert bench.main() == code
