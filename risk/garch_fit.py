"""Maximum-likelihood fits of GARCH(1,1) and GJR-GARCH(1,1), by ``arch``."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import ArrayLike, NDArray

from risk.estimators.garch import GarchParameters

Innovations = Literal["normal", "student_t"]
#: arch expects returns of about this scale.
_PERCENT = 100.0
_DISTRIBUTIONS = {"normal": "normal", "student_t": "t"}


class NoFit(ValueError):
    """There are no parameters: the message says why."""


class GarchFit(NamedTuple):
    """Parameters of plain returns (0.01 is one percent); ``mu`` 0 where no mean was fitted, ``nu`` infinite for normal
    innovations. ``log_likelihood`` is that of returns in per cent, as ``arch`` prints it."""

    parameters: GarchParameters
    mu: float
    nu: float
    log_likelihood: float


def garch_fit(
    returns: ArrayLike,
    leverage: bool = False,
    innovations: Innovations = "normal",
    mean: bool = False,
    persistence_max: float = 1.0,
) -> GarchFit:
    """GARCH(1,1) (Bollerslev 1986), or GJR-GARCH(1,1) with ``leverage`` (Glosten, Jagannathan, Runkle 1993), of simple
    ``returns`` [T] (nan: none), with arch's backcast; at zero mean unless ``mean``. ``persistence_max``: the likelihood
    is maximised over the parameters with no more alpha + gamma / 2 + beta than this.

    :raises NoFit: returns that do not vary, or an optimiser that fails or does not converge.
    """
    values = np.asarray(returns, dtype=np.float64)
    known: NDArray[np.float64] = values[~np.isnan(values)]
    if not len(known) or not np.ptp(known) > 0.0:
        raise NoFit("its returns do not vary")
    try:
        with catch_warnings(), np.errstate(all="ignore"):
            simplefilter("ignore")
            model = _model(_PERCENT * known, leverage, innovations, mean, persistence_max)
            found = model.fit(disp="off", show_warning=False)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        raise NoFit(f"the fit failed: {error}") from error
    if found.convergence_flag:
        raise NoFit(f"the fit did not converge (code {found.convergence_flag})")
    return _plain(found)


def _model(
    values: NDArray[np.float64], leverage: bool, innovations: Innovations, mean: bool, persistence_max: float
) -> Any:
    from arch import arch_model  # heavy, and needed by who fits only

    model = arch_model(
        values,
        mean="Constant" if mean else "Zero",
        vol="GARCH",
        p=1,
        o=int(leverage),
        q=1,
        dist=_DISTRIBUTIONS[innovations],
        rescale=False,
    )
    if persistence_max < 1.0:
        loadings, bounds = model.volatility.constraints()
        bounds[-1] = -persistence_max  # the last row is -(alpha + gamma / 2 + beta) >= -1
        model.volatility.constraints = lambda: (loadings, bounds)
    return model


def _plain(found: Any) -> GarchFit:
    estimates = found.params
    parameters = GarchParameters(
        float(estimates["alpha[1]"]),
        float(estimates["beta[1]"]),
        float(estimates.get("gamma[1]", 0.0)),
        float(estimates["omega"]) / _PERCENT**2,
    )
    mu, nu = float(estimates.get("mu", 0.0)) / _PERCENT, float(estimates.get("nu", np.inf))
    return GarchFit(parameters, mu, nu, float(found.loglikelihood))
