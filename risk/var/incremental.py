"""Historical and filtered historical VaR of a book that changes with every fill, in one pass over its outcomes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from risk.measures.var import tail_count
from risk.var.compiled import compiled_tail
from risk.var.errors import VarError
from risk.var.historical import require_tail
from risk.var.inputs import Matrix, Vector, portfolio

#: Rebuild once the money moved is this many times the gross exposure: rounding then stays below 1e-11 of it.
MOVED_MAX = 1e4


class ScenarioBook:
    """Outcomes [T] of a book over scenario returns [T, N], kept current by one multiply-add per fill, O(T).

    The scenarios are past returns for historical VaR, or :func:`risk.var.filters.filtered_returns` for FHS. Rounding
    is bounded: after ``rebuild_every`` fills, or once the money moved is 10,000 times the gross exposure, outcomes are
    built anew from the exposures, so that they equal ``scenarios @ exposures`` to 1e-9 of the gross at all times.

    With numba (``riskstream[fast]``) an order is asked about by :mod:`risk.var.compiled`, three times as fast: the same
    VaR, and ES to 1e-12. ``compiled=False`` does without.

    >>> import numpy as np
    >>> book = ScenarioBook(np.linspace(-0.10, 0.09, 20)[:, None], [100.0])
    >>> [round(figure, 9) for figure in book.var_es_after(0, 100.0, 0.9)]
    [16.0, 18.0]
    >>> book.shift(0, 100.0)
    >>> [round(figure, 9) for figure in book.var_es(0.9)]
    [16.0, 18.0]

    :raises VarError: scenarios or exposures that :func:`risk.var.inputs.portfolio` refuses, or ``rebuild_every`` < 1.
    """

    def __init__(
        self, scenarios: ArrayLike, exposures: ArrayLike, rebuild_every: int = 1024, compiled: bool = True
    ) -> None:
        if rebuild_every < 1:
            raise VarError(f"`rebuild_every` is {rebuild_every}, expected at least 1")
        self._tail_after = compiled_tail() if compiled else None
        self.rebuild_every = rebuild_every
        self.exposures: Vector = portfolio(scenarios, exposures).exposures.copy()
        self._gross = 0.0
        self.replace(scenarios)

    def replace(self, scenarios: ArrayLike) -> None:
        """New scenarios [T, N], as when a day closes; the exposures stay."""
        checked = portfolio(scenarios, self.exposures)
        # a column is read with every order, so columns are contiguous
        self.scenarios: Matrix = np.asfortranarray(checked.returns)
        self._columns = list(self.scenarios.T)
        self._after: Vector = np.empty(len(self.scenarios))
        self._worst: dict[float, Vector] = {}
        self.rebuild()

    def rebuild(self) -> None:
        """Outcomes from the exposures, exact."""
        self.outcomes: Vector = self.scenarios @ self.exposures
        self._gross = float(np.abs(self.exposures).sum())
        self._fills, self._moved = 0, 0.0

    def shift(self, index: int, amount: float) -> None:
        """A fill: ``amount`` more money in asset ``index``.

        :raises VarError: not a finite amount; nothing is changed.
        """
        if not abs(amount) < np.inf:
            raise VarError(f"`amount` is {amount}, expected a finite number")
        before = float(self.exposures[index])
        self.exposures[index] = before + amount
        self._gross += abs(before + amount) - abs(before)
        self._fills += 1
        self._moved += abs(amount)
        if self._fills >= self.rebuild_every or self._moved > MOVED_MAX * self._gross:
            self.rebuild()
        else:
            self.outcomes += amount * self._columns[index]

    def var_es(self, confidence: float) -> tuple[float, float]:
        """VaR and ES of the book, the convention of :func:`risk.measures.var.historical_var_es`.

        :raises TooFewObservations: fewer than one outcome is expected beyond the VaR.
        """
        np.copyto(self._after, self.outcomes)
        return self._read(confidence)

    def var_es_after(self, index: int, amount: float, confidence: float) -> tuple[float, float]:
        """VaR and ES were ``amount`` added in asset ``index``; the book stays as it is.

        :raises TooFewObservations: fewer than one outcome is expected beyond the VaR.
        """
        tail_after, column = self._tail_after, self._columns[index]
        if tail_after is not None:
            worst = self._worst.get(confidence)
            if worst is None:
                worst = self._scratch(confidence)
            last, total = tail_after(self.outcomes, column, amount, worst)
            return -last, -total / len(worst)
        np.multiply(column, amount, out=self._after)
        np.add(self._after, self.outcomes, out=self._after)
        return self._read(confidence)

    def _read(self, confidence: float) -> tuple[float, float]:
        """:func:`risk.measures.var.historical_var_es` of the scratch vector, partitioned in place: half its time."""
        rank = len(self._scratch(confidence))
        self._after.partition(rank - 1)
        tail = self._after[:rank].tolist()
        return -tail[-1], -sum(tail) / rank

    def _scratch(self, confidence: float) -> Vector:
        """Room for the outcomes at or beyond the VaR [k]."""
        if confidence not in self._worst:
            require_tail(len(self._after), confidence)
            self._worst[confidence] = np.empty(tail_count(len(self._after), confidence))
        return self._worst[confidence]
