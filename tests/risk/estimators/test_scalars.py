"""The contract of the estimators of a single symbol: one suite over all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.estimators.ewma_step import EwmaStep
from risk.estimators.garman_klass import GarmanKlass
from risk.estimators.irregular import IrregularEwma
from risk.estimators.parkinson import Parkinson
from risk.estimators.ranges import Ohlc
from risk.estimators.realised import RealisedVariance
from risk.estimators.scalar import Scalar
from risk.estimators.yang_zhang import YangZhang

WINDOW, LAM, TAU_NS = 5, 0.9, 100
Inputs = tuple[Any, ...]


class Case(NamedTuple):
    """How an estimator is made and fed, the definition of its value over all inputs, how many it needs, and inputs that
    it refuses, by reason, after good ones."""

    make: Callable[[], Any]
    feed: Callable[[int, float], Inputs]
    batch: Callable[[Sequence[float]], float]
    least: int
    bad: dict[str, Inputs]

    def run(self, moves: Sequence[float]) -> Any:
        """The estimator after all moves, none of which it may refuse."""
        estimator = self.make()
        for number, move in enumerate(moves):
            assert estimator.update(*self.feed(number, move)) is None
        return estimator


def bar(number: int, move: float) -> Ohlc:
    """Opens a little away from 100 and moves from there; its span is twice the move."""
    start = 100.0 * (1.0 + 0.3 * move)
    end = start * (1.0 + move)
    return Ohlc(start, max(start, end) * (1.0 + abs(move) / 2), min(start, end) * (1.0 - abs(move) / 2), end, number)


def _bars(moves: Sequence[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.log(np.array([bar(number, move)[:4] for number, move in enumerate(moves)])).T


def _parkinson(moves: Sequence[float]) -> float:
    _, high, low, _ = _bars(moves[-WINDOW:])
    return float(((high - low) ** 2).mean() / (4 * np.log(2)))


def _garman_klass(moves: Sequence[float]) -> float:
    start, high, low, end = _bars(moves[-WINDOW:])
    return float((0.5 * (high - low) ** 2 - (2 * np.log(2) - 1) * (end - start) ** 2).mean())


def _yang_zhang(moves: Sequence[float]) -> float:
    start, high, low, end = _bars(moves[-WINDOW - 1 :])
    overnight, close, up, down = start[1:] - end[:-1], (end - start)[1:], (high - start)[1:], (low - start)[1:]
    k = 0.34 / (1.34 + (WINDOW + 1) / (WINDOW - 1))
    within = (up * (up - close) + down * (down - close)).mean()
    return float(overnight.var(ddof=1) + k * close.var(ddof=1) + (1 - k) * within)


def _ewma(moves: Sequence[float]) -> float:
    weights = LAM ** np.arange(len(moves))[::-1]
    return float(np.average(np.square(moves), weights=weights))


GOOD = bar(60, 0.01)
BAD_BARS: dict[str, Inputs] = {
    "not_finite": (GOOD._replace(high=float("inf")),),
    "price_invalid": (GOOD._replace(low=0.0),),
    "bar_inconsistent": (GOOD._replace(high=GOOD.close - 1.0),),
    "bar_repeated": (GOOD._replace(time_ns=59),),
    "bar_out_of_order": (GOOD._replace(time_ns=7),),
    "range_beyond_bound": (GOOD._replace(high=300.0),),
    "return_beyond_bound": (Ohlc(5.0, 5.1, 4.9, 5.0, 60),),
    "split_like": (Ohlc(50.0, 50.1, 49.9, 50.0, 60),),
}
BAD_RETURNS: dict[str, Inputs] = {"not_finite": (float("nan"),), "return_beyond_bound": (-1.5,)}
BAD_TIMES: dict[str, Inputs] = {
    "not_finite": (float("inf"), 6001),
    "return_beyond_bound": (2.0, 6001),
    "time_repeated": (0.01, 59 * TAU_NS),
    "out_of_order": (0.01, 7),
}
CASES = {
    "ewma": Case(lambda: EwmaStep(LAM), lambda _, move: (move,), _ewma, 1, BAD_RETURNS),
    "irregular": Case(
        lambda: IrregularEwma(LAM, TAU_NS),
        lambda number, move: (move, number * TAU_NS),
        lambda moves: _ewma(moves[1:]),
        2,
        BAD_TIMES,
    ),
    "realised": Case(
        lambda: RealisedVariance(WINDOW),
        lambda _, move: (move,),
        lambda moves: float(np.square(moves[-WINDOW:]).mean()),
        WINDOW,
        BAD_RETURNS,
    ),
    "parkinson": Case(lambda: Parkinson(WINDOW), lambda n, move: (bar(n, move),), _parkinson, WINDOW, BAD_BARS),
    "garman_klass": Case(lambda: GarmanKlass(WINDOW), lambda n, move: (bar(n, move),), _garman_klass, WINDOW, BAD_BARS),
    "yang_zhang": Case(lambda: YangZhang(WINDOW), lambda n, move: (bar(n, move),), _yang_zhang, WINDOW + 1, BAD_BARS),
}
ALL = pytest.mark.parametrize("name", CASES)
MOVES = st.lists(st.floats(-0.1, 0.1), max_size=40)


def moves(count: int = 60) -> list[float]:
    found: list[float] = np.random.default_rng(11).normal(0.0, 0.01, count).tolist()
    return found


@ALL
@settings(max_examples=100, deadline=None)
@given(history=st.lists(st.floats(-0.1, 0.1), min_size=WINDOW + 1, max_size=60))
def test_streaming_equals_batch(name: str, history: list[float]) -> None:
    """One observation at a time gives what the definition gives over all at once, to 1e-11."""
    case = CASES[name]
    for seen in (history, moves(case.least), moves()):
        assert case.run(seen).variance == pytest.approx(case.batch(seen), rel=1e-11, abs=1e-17)


@settings(max_examples=200, deadline=None)
@given(steps=st.lists(st.tuples(st.floats(-0.1, 0.1), st.integers(1, 9 * TAU_NS)), min_size=1, max_size=40))
def test_unequal_times_weigh_what_they_cover(steps: list[tuple[float, int]]) -> None:
    """sum g_i lam^((T - t_i) / tau) r_i^2 tau / dt_i over the sum of weights, g_i = 1 - lam^(dt_i / tau), to 1e-9."""
    estimator = IrregularEwma(LAM, TAU_NS)
    estimator.update(0.0, 0)
    times = np.cumsum([dt for _, dt in steps])
    for (value, _), time_ns in zip(steps, times, strict=True):
        assert estimator.update(value, int(time_ns)) is None
    periods = np.array([dt for _, dt in steps]) / TAU_NS
    weights = (1.0 - LAM**periods) * LAM ** ((times[-1] - times) / TAU_NS)
    squares = np.square([value for value, _ in steps]) / periods
    assert estimator.variance == pytest.approx(np.average(squares, weights=weights), rel=1e-9, abs=1e-15)


@given(pieces=st.lists(st.integers(1, 10), min_size=1, max_size=12))
def test_a_period_in_pieces_decays_as_the_whole(pieces: list[int]) -> None:
    """However a stretch without moves is cut, what came before weighs the same after it, to 1e-9."""
    whole, cut = CASES["irregular"].run(moves(20)), CASES["irregular"].run(moves(20))
    start = whole.time_ns
    whole.update(0.0, start + sum(pieces))
    for end in np.cumsum(pieces).tolist():
        cut.update(0.0, start + end)
    assert cut.variance == pytest.approx(whole.variance, rel=1e-9)


def test_a_refused_return_moves_the_clock() -> None:
    """The return after a refused one covers the time since the refusal, not since the last good one."""
    refused, silent = CASES["irregular"].run(moves(3)), CASES["irregular"].run(moves(3))
    refused.update(2.0, 3 * TAU_NS)
    refused.update(0.01, 4 * TAU_NS)
    silent.update(0.01, 3 * TAU_NS)
    assert refused.variance == silent.variance


@ALL
def test_not_known_before_its_minimum(name: str) -> None:
    """nan until there are enough observations, a number from then on."""
    case = CASES[name]
    assert [bool(np.isnan(case.run(moves(n)).variance)) for n in range(case.least + 1)] == [True] * case.least + [False]


@pytest.mark.parametrize(("name", "reason"), [(name, reason) for name in CASES for reason in CASES[name].bad])
def test_bad_input_is_refused_counted_and_changes_no_value(name: str, reason: str) -> None:
    """The reason is said and counted; the value stays."""
    case = CASES[name]
    estimator = case.run(moves())
    before = estimator.variance
    assert estimator.update(*case.bad[reason]) == reason
    assert dict(estimator.refused) == {reason: 1}
    assert estimator.variance == before


@ALL
@settings(max_examples=60, deadline=None)
@given(history=MOVES)
def test_state_survives_its_bytes(name: str, history: list[float]) -> None:
    """Decoding what was encoded, refusals included, gives the same bytes, and goes on alike."""
    case = CASES[name]
    one = case.run(history)
    one.update(*next(iter(case.bad.values())))
    two = type(one).decode(one.encode())
    assert isinstance(two, Scalar)
    assert two.encode() == one.encode()
    for number, move in enumerate(moves(3), 1000):
        one.update(*case.feed(number, move))
        two.update(*case.feed(number, move))
    assert two.encode() == one.encode()


@ALL
@settings(max_examples=60, deadline=None)
@given(history=st.lists(st.floats(-0.1, 0.1), min_size=WINDOW + 1, max_size=40))
def test_finite_in_gives_a_finite_variance(name: str, history: list[float]) -> None:
    """Whatever finite moves come, the variance is finite; all but Garman's and Klass's are at least zero."""
    variance = CASES[name].run(history).variance
    assert np.isfinite(variance)
    assert variance >= 0.0 or name == "garman_klass"


@pytest.mark.parametrize("name", ["ewma", "irregular", "realised"])
def test_variance_scales_with_the_square_of_returns(name: str) -> None:
    """Returns times c give a variance times c^2; exactly, for a power of two."""
    case = CASES[name]
    assert case.run([8.0 * move for move in moves()]).variance == 64.0 * case.run(moves()).variance


@pytest.mark.parametrize("name", ["parkinson", "garman_klass", "yang_zhang"])
def test_variance_of_bars_scales_with_the_square_of_their_logs(name: str) -> None:
    """Half the logs of prices give a quarter of the variance, and prices in cents the same, to 1e-11."""
    case, bars = CASES[name], [bar(number, move) for number, move in enumerate(moves())]
    roots, cents = ([Ohlc(*map(of, each[:4]), each.time_ns) for each in bars] for of in (sqrt, lambda p: 100.0 * p))
    found = []
    for series in (bars, roots, cents):
        estimator = case.make()
        assert {estimator.update(each) for each in series} == {None}
        found.append(estimator.variance)
    assert found == pytest.approx([found[0], found[0] / 4.0, found[0]], rel=1e-11)


@pytest.mark.parametrize("name", ["parkinson", "garman_klass", "yang_zhang"])
def test_a_jump_that_stays_is_believed_at_the_second_bar(name: str) -> None:
    """A close beyond the bound is refused once; the next one that agrees with it is taken."""
    estimator = CASES[name].run(moves())
    level = [Ohlc(5.0, 5.1, 4.9, 5.0, time_ns) for time_ns in (60, 61)]
    assert [estimator.update(each) for each in level] == ["return_beyond_bound", None]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: EwmaStep(1.0), "`lam` is 1.0"),
        (lambda: EwmaStep(initial=-1.0), "`initial` is -1.0"),
        (lambda: EwmaStep(bound=0.0), "`bound` is 0.0"),
        (lambda: IrregularEwma(0.9, 0), "`tau_ns` is 0"),
        (lambda: RealisedVariance(1), "`window` is 1"),
        (lambda: Parkinson(1), "`window` is 1"),
    ],
)
def test_bad_parameters_are_named(make: Callable[[], Any], words: str) -> None:
    """The message has the parameter and its value."""
    with pytest.raises(ValueError, match=words):
        make()
