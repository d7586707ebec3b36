"""The whole view: what marks say, what bars say, and what is computed of both beside the decisions."""

from __future__ import annotations

from risk.estimators.settings import MarketConfig
from risk.market.estimates import MarketEstimates
from risk.market.marks import MarketMarks
from risk.measures.analysis import Analysis
from risk.stress.scenario_set import SHIPPED, ScenarioSet
from risk.stress.simulated import Simulated


class MarketState(MarketMarks, MarketEstimates):
    """Market state of all symbols; one per worker.

    ``stresses`` are the scenarios that books are held to, ``simulated`` the last simulation of joint returns,
    ``analysis`` the last one of correlations, absorption and clustering.
    """

    def __init__(self, config: MarketConfig | None = None, stresses: ScenarioSet = SHIPPED) -> None:
        super().__init__(config or MarketConfig())
        self.stresses, self.simulated, self.analysis = stresses, Simulated(), Analysis()
        self._expose()

    @property
    def benchmark(self) -> float | None:
        """The last level or price of the benchmark that the settings name; ``None`` if there is none."""
        name = self.config.benchmark
        index = self.index_of(name)
        level = self.levels[name][0] if name in self.levels else float(self.price[index]) if index is not None else 0.0
        return level if level > 0.0 else None

    def clock_ns(self, event_time_ns: int) -> int:
        """Now on the event clock, where an event comes that says this time. One that is further ahead than the market's
        own time may jump is no sign that time went on."""
        believed = not self.now_ns or event_time_ns - self.now_ns <= self.config.time_jump_max_ns
        return max(self.now_ns, event_time_ns) if believed else self.now_ns

    def take_simulated(self, simulated: Simulated) -> None:
        """Keep a simulation of joint returns; books are valued anew."""
        self.simulated = simulated
        self.version += 1

    def take_analysis(self, analysis: Analysis) -> None:
        """Keep an analysis of the history."""
        self.analysis = analysis
