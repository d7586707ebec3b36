"""Weights of several assets at once."""

from __future__ import annotations

from risk.sizing import kelly_multi_asset as kelly
from risk.sizing import risk_budget as budget
from risk.sizing import risk_parity as parity
from riskstream.batch.labels import ASSETS, SQUARE, Labelled, labelled

risk_contributions = labelled(budget.risk_contributions, Labelled({"weights": ASSETS, "covariance": SQUARE}, ASSETS))
risk_budget = labelled(budget.risk_budget, Labelled({"covariance": SQUARE, "budgets": ASSETS}, ASSETS))
risk_parity = labelled(parity.risk_parity, Labelled({"covariance": SQUARE}, ASSETS))
kelly_multi_asset = labelled(kelly.kelly_multi_asset, Labelled({"drifts": ASSETS, "covariance": SQUARE}, ASSETS))
