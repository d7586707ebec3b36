"""Whether a VaR held what it promised."""

from __future__ import annotations

from risk.backtests import acerbi_szekely, christoffersen
from risk.backtests import quantile_loss as losses
from risk.backtests.kupiec import kupiec
from risk.backtests.run import run_backtests
from risk.backtests.traffic_light import traffic_light
from riskstream.batch.labels import TIME, Labelled, labelled

__all__ = ["kupiec", "run_backtests", "traffic_light"]

conditional_coverage = labelled(christoffersen.conditional_coverage, Labelled({"hits": TIME}))
quantile_loss = labelled(losses.quantile_loss, Labelled({"pnl": TIME, "var": TIME}))
z1 = labelled(acerbi_szekely.z1, Labelled({"pnl": TIME, "var": TIME, "es": TIME}))
z2 = labelled(acerbi_szekely.z2, Labelled({"pnl": TIME, "var": TIME, "es": TIME}))
