"""Books through past, simulated and worst moves."""

from __future__ import annotations

from risk.stress import monte_carlo, recovery
from risk.stress import replay as replays
from risk.stress import reverse as reverses
from riskstream.batch.labels import ASSETS, ROWS, SQUARE, TIME, Labelled, labelled

replay = labelled(replays.replay, Labelled({"returns": ROWS, "exposures": ASSETS}))
reverse_stress = labelled(
    reverses.reverse_stress, Labelled({"exposures": ASSETS, "covariance": SQUARE}, {"returns": ASSETS})
)
joint_returns = labelled(monte_carlo.joint_returns, Labelled({"covariance": SQUARE}, (None, "asset")))
days_under_water = labelled(recovery.days_under_water, Labelled({"returns": TIME}))
recovery_time = labelled(recovery.recovery_time, Labelled({"returns": TIME}))
