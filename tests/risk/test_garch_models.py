"""Every model that the settings offer is refitted in the market view as ``arch`` fits it, and what breaks is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arch import arch_model

from risk.background import Inline
from risk.estimators.garch import last_variances
from risk.garch_ladder import Fit, Last, Model, fit
from risk.garch_refit import GarchRefit
from risk.market import MarketConfig, MarketState
from tests.risk.test_garch_refit import BARS, feed
from tests.risk.world import NOW_NS

ANY = Last(1e-4, 1e9)
ARCH_NAMES = {"normal": "normal", "student_t": "t"}


@pytest.mark.parametrize("leverage", [False, True])
@pytest.mark.parametrize("innovations", ["normal", "student_t"])
def test_a_refit_is_that_of_arch(leverage: bool, innovations: Any) -> None:
    """Parameters and the next forecast of each symbol: those of arch's own fit, to 1e-6 and 1e-9 relative."""
    state = MarketState(
        MarketConfig(
            garch_observations_min=250, garch_leverage=leverage, garch_innovations=innovations, garch_jump_max=100.0
        )
    )
    feed(state, range(BARS))
    assert Inline([GarchRefit()], state).run(NOW_NS) == []
    for index in range(2):
        returns = np.array(state.returns[:, index])
        values = 100.0 * returns[~np.isnan(returns)]
        wanted = arch_model(
            values, mean="Zero", p=1, o=int(leverage), q=1, dist=ARCH_NAMES[innovations], rescale=False
        ).fit(disp="off", show_warning=False)
        found = fit(returns, ANY, (Model(innovations, leverage),)).parameters
        assert found is not None
        assert found.alpha == pytest.approx(wanted.params["alpha[1]"], rel=1e-6)
        assert found.beta == pytest.approx(wanted.params["beta[1]"], rel=1e-6)
        assert found.gamma == pytest.approx(wanted.params["gamma[1]"] if leverage else 0.0, rel=1e-6)
        assert found.omega == pytest.approx(1e-4 * wanted.params["omega"], rel=1e-6)
        assert state.forecast[index] == pytest.approx(last_variances(returns, found)[1], rel=1e-9)


def test_the_start_is_forgotten() -> None:
    """The engine starts from the first squared return and arch from a backcast: what that makes of the last forecast is
    beta^T of the starts' difference, exactly."""
    returns = 0.01 * np.random.default_rng(4).standard_normal(300)
    model = arch_model(100.0 * returns, mean="Zero", rescale=False)
    found = model.fit(disp="off", show_warning=False)
    parameters = fit(returns, ANY, (Model(),)).parameters
    assert parameters is not None
    ours = last_variances(returns, parameters)[0]
    theirs = 1e-4 * float(found.conditional_volatility[-1]) ** 2
    first = 1e-4 * float(found.conditional_volatility[0]) ** 2
    assert ours - theirs == pytest.approx(parameters.beta**299 * (returns[0] ** 2 - first), rel=1e-3, abs=1e-15)


def test_a_fit_that_raises_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """An optimiser that gives up with an error leaves the job alive: the error is what the fit says."""

    def broken(*_: object, **__: object) -> None:
        raise np.linalg.LinAlgError("singular matrix")

    monkeypatch.setattr("arch.arch_model", broken)
    returns = 0.01 * np.random.default_rng(4).standard_normal(300)
    assert fit(returns, ANY, (Model(),)) == Fit(None, error="GARCH normal: the fit failed: singular matrix")
