"""Performance of a series of returns a period, or of each column of a DataFrame of them; some beside a benchmark."""

from __future__ import annotations

import risk.measures.drawdown as measured
from risk.performance import alpha as alphas
from risk.performance import beta as betas
from risk.performance import (
    calmar,
    downside,
    drawdown,
    equity,
    jensen,
    moments,
    omega,
    sharpe,
    sortino,
    treynor,
    ulcer,
    volatility,
)
from risk.performance import hit_rate as hits
from risk.performance import information_ratio as information
from risk.performance import tail_ratio as tails
from risk.performance import tracking_error as tracking
from riskstream.batch.labels import TIME, Labelled, labelled

_ALONE = Labelled({"returns": TIME})
_BESIDE = Labelled({"returns": TIME, "benchmark": TIME})


def _levels(returns: object) -> object:
    """Equity after each return [T], from 1 before the first."""
    return equity.equity_curve(returns)[1:]  # type: ignore[arg-type]


sharpe_ratio = labelled(sharpe.sharpe_ratio, _ALONE)
sortino_ratio = labelled(sortino.sortino_ratio, _ALONE)
calmar_ratio = labelled(calmar.calmar_ratio, _ALONE)
omega_ratio = labelled(omega.omega_ratio, _ALONE)
tail_ratio = labelled(tails.tail_ratio, _ALONE)
hit_rate = labelled(hits.hit_rate, _ALONE)
annual_volatility = labelled(volatility.annual_volatility, _ALONE)
downside_deviation = labelled(downside.downside_deviation, _ALONE)
skewness = labelled(moments.skewness, _ALONE)
kurtosis = labelled(moments.kurtosis, _ALONE)
ulcer_index = labelled(ulcer.ulcer_index, _ALONE)
compound_growth = labelled(equity.compound_growth, _ALONE)
max_drawdown = labelled(drawdown.max_drawdown, _ALONE)
current_drawdown = labelled(drawdown.current_drawdown, _ALONE)
equity_curve = labelled(_levels, _ALONE._replace(gives=TIME))
drawdowns = labelled(measured.drawdowns, Labelled({"equity": TIME}, gives=TIME))
alpha = labelled(alphas.alpha, _BESIDE)
beta = labelled(betas.beta, _BESIDE)
jensens_alpha = labelled(jensen.jensens_alpha, _BESIDE)
treynor_ratio = labelled(treynor.treynor_ratio, _BESIDE)
information_ratio = labelled(information.information_ratio, _BESIDE)
tracking_error = labelled(tracking.tracking_error, _BESIDE)
