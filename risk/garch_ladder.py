"""Which GARCH a symbol gets: models are fitted in order until one can be believed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from risk.estimators.garch import GarchParameters, last_variances
from risk.garch_fit import Innovations, NoFit, garch_fit

Vector = NDArray[np.float64]
#: Beyond it the long run of a fit lies so far away that its forecasts are those of a random walk.
PERSISTENCE_MAX = 0.9995
#: What the last model of the ladder is held to, whose likelihood would be largest beyond.
PERSISTENCE_BOUND = 0.999


class Model(NamedTuple):
    """What is fitted.

    >>> str(Model("student_t", leverage=True)), str(Model("normal", persistence_max=0.999))
    ('GJR student_t', 'GARCH normal, persistence at most 0.999')
    """

    innovations: Innovations = "normal"
    leverage: bool = False
    persistence_max: float = 1.0

    def __str__(self) -> str:
        bound = f", persistence at most {self.persistence_max}" if self.persistence_max < 1.0 else ""
        return f"{'GJR' if self.leverage else 'GARCH'} {self.innovations}{bound}"


class Fit(NamedTuple):
    """The first parameters that can be believed, and the model they are of; or none. ``error`` says what was wrong with
    each model before, or with all."""

    parameters: GarchParameters | None
    model: str = ""
    error: str = ""


class Last(NamedTuple):
    """The forecast so far, and the factor that a fit may move it by."""

    forecast: float
    jump_max: float


def ladder(innovations: Innovations, leverage: bool) -> tuple[Model, ...]:
    """The innovations of the settings, then the others (heavy tails mistaken for persistence are the usual reason of a
    normal fit that is not stationary, and the other way round), then the first again with its persistence bounded."""
    others: Innovations = "student_t" if innovations == "normal" else "normal"
    return (Model(innovations, leverage), Model(others, leverage), Model(innovations, leverage, PERSISTENCE_BOUND))


def fit_all(columns: tuple[Vector, ...], lasts: tuple[Last, ...], models: tuple[Model, ...]) -> list[Fit]:
    """One fit a column of returns [T] (nan: none)."""
    return [fit(column, last, models) for column, last in zip(columns, lasts, strict=True)]


def fit(returns: Vector, last: Last, models: tuple[Model, ...]) -> Fit:
    """The first model that gives parameters which :func:`refusal` has nothing against."""
    errors: list[str] = []
    for model in models:
        parameters, error = _fit(returns, last, model)
        if not error:
            return Fit(parameters, str(model), "; ".join(errors))
        errors.append(f"{model}: {error}")
    return Fit(None, error="; ".join(errors))


def _fit(returns: Vector, last: Last, model: Model) -> tuple[GarchParameters | None, str]:
    """At zero mean; what the innovations' tail is matters to the fit, and not to the recursion, which is all that the
    market view keeps."""
    try:
        found = garch_fit(returns, model.leverage, model.innovations, persistence_max=model.persistence_max)
    except NoFit as error:
        return None, str(error)
    return found.parameters, refusal(returns, found.parameters, last)


def refusal(returns: Vector, parameters: GarchParameters, last: Last) -> str:
    """Why parameters are not believed: not stationary, or nearly not, or the forecast after the ``returns`` would
    jump; empty: they are."""
    try:
        parameters.checked()
        forecast = last_variances(returns, parameters)[1]
    except ValueError as error:
        return str(error)
    if parameters.persistence > PERSISTENCE_MAX:
        return f"the persistence would be {parameters.persistence:.6f}, expected at most {PERSISTENCE_MAX}"
    change = forecast / last.forecast if last.forecast > 0.0 else np.nan
    if not 1.0 / last.jump_max <= change <= last.jump_max:
        return f"the forecast variance would change by the factor {change:.3g}, expected at most {last.jump_max:g}"
    return ""
