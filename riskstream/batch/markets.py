"""What moves together: covariances and correlations of a market, what a book makes of them, and its VaR."""

from __future__ import annotations

from risk.measures import absorption, analysis, concentration, correlation, psd, shrinkage, var
from risk.measures import arch_lm as clustering
from risk.measures import correlation_change as change
from risk.var.methods import value_at_risk
from riskstream.batch.labels import ASSETS, ROWS, SQUARE, TIME, Labelled, labelled

__all__ = ["value_at_risk"]

_COVARIANCE = Labelled({"covariance": SQUARE})
_BOOK = Labelled({"covariance": SQUARE, "exposure": ASSETS})

ledoit_wolf = labelled(shrinkage.ledoit_wolf, Labelled({"returns": ROWS}, {"covariance": SQUARE}))
repaired = labelled(psd.repaired, _COVARIANCE._replace(gives=SQUARE))
nearest_correlation = labelled(psd.nearest_correlation, Labelled({"matrix": SQUARE}, SQUARE))
absorption_ratio = labelled(absorption.absorption_ratio, _COVARIANCE)
average_correlation = labelled(correlation.average_correlation, _COVARIANCE)
weighted_average_correlation = labelled(correlation.weighted_average_correlation, _BOOK)
with_variances = labelled(correlation.with_variances, Labelled({"covariance": SQUARE, "variances": ASSETS}, SQUARE))
correlation_change = labelled(
    change.correlation_change, Labelled({"recent": ("recent", "asset"), "before": ("before", "asset")})
)
analyse = labelled(analysis.analyse, Labelled({"returns": ROWS}, {"clustering": ASSETS}))
arch_lm = labelled(clustering.arch_lm, Labelled({"returns": TIME}))
portfolio_variance = labelled(var.portfolio_variance, _BOOK)
component_var = labelled(var.component_var, _BOOK._replace(gives=ASSETS))
weights_of = labelled(concentration.weights_of, Labelled({"exposure": ASSETS}, ASSETS))
herfindahl = labelled(concentration.herfindahl, Labelled({"weights": ASSETS}))
effective_number = labelled(concentration.effective_number, Labelled({"weights": ASSETS}))
