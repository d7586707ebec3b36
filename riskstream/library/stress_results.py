"""What a stress test found: a mapping of scenario to loss, and everything beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import fill

import pandas as pd

from risk.stress.monte_carlo import MonteCarloStress
from risk.stress.recovery import RecoveryTime, Underwater
from risk.stress.report import StressReport
from risk.stress.reverse import ReverseStress
from riskstream.figures import figure

#: Of the lines of a report.
WIDTH = 110


class StressResults(Mapping[str, float]):
    """Loss in money by scenario, positive for losses, the worst first; ``sources`` says where each one's shocks are
    from, :attr:`by_asset` whose loss it is, ``details`` has Monte Carlo and reverse stress and recovery times."""

    def __init__(
        self, by_asset: pd.DataFrame, sources: Mapping[str, str], equity: float | None, details: StressReport
    ) -> None:
        #: Loss by scenario and symbol, in money; a row sums to the scenario's loss.
        self.by_asset = by_asset.loc[list(details.losses)]
        self.sources = {name: sources[name] for name in details.losses}
        self.equity, self.details = equity, details

    def __getitem__(self, scenario: str) -> float:
        return self.details.losses[scenario]

    def __iter__(self) -> Iterator[str]:
        return iter(self.details.losses)

    def __len__(self) -> int:
        return len(self.details.losses)

    @property
    def worst(self) -> tuple[str, float]:
        """The scenario with the largest loss, and that loss."""
        return next(iter(self.items()))

    def frame(self) -> pd.DataFrame:
        """A row a scenario: loss, its share of equity (where that is known), and the symbol that loses most (``-``:
        none loses)."""
        parts = self.by_asset if self.by_asset.shape[1] else self.by_asset.assign(**{"-": 0.0})
        losses = pd.Series(dict(self))
        return pd.DataFrame(
            {
                "loss": losses,
                "equity_share": losses / self.equity if self.equity else float("nan"),
                "worst_symbol": parts.idxmax(axis=1).where(parts.max(axis=1) > 0.0, "-"),
                "worst_symbol_loss": parts.max(axis=1),
            }
        )

    def report(self) -> str:
        """All of it as text: the scenarios, then what else was found, a line each."""
        lines = [f"{'scenario':<26}{'loss':>16}{'% of equity':>13}  worst position"]
        for name, row in self.frame().iterrows():
            share = figure(100.0 * row["equity_share"], ".1f") if self.equity else "-"
            worst = f"{row['worst_symbol']} {figure(row['worst_symbol_loss'])}" if row["worst_symbol"] != "-" else "-"
            lines.append(f"{name!s:<26}{figure(row['loss']):>16}{share:>13}  {worst}")
        found = (fill(f"{name}: {text}", WIDTH, subsequent_indent="  ") for name, text in self.findings())
        return "\n".join([*lines, "", *found])

    def findings(self) -> Iterator[tuple[str, str]]:
        """What is beside the scenarios, by name, in words."""
        details = self.details
        yield from ((name, f"not available, {reason}") for name, reason in details.unavailable.items())
        for name, loss in details.rebounded.items():
            yield name, f"{figure(loss)} are still lost at the end of the day"
        yield from self._volatility()
        yield from (("covariance", warning) for warning in details.warnings)
        yield "monte carlo", _monte_carlo(details.monte_carlo)
        yield "reverse stress", _reverse(details.reverse, [str(symbol) for symbol in self.by_asset])
        yield "recovery", _recovery(details.recovery, self)
        yield from ((f"under water, {name}", _underwater(found)) for name, found in details.underwater.items())
        if details.replay is not None:
            found = details.replay
            yield (
                "replay",
                (
                    f"worst {figure(found.worst_loss)} after {found.worst_at} days, {figure(found.final, '+,.0f')} at "
                    f"the end, worst day {figure(found.worst_period_loss)}, drawdown {figure(found.drawdown)}"
                ),
            )

    def _volatility(self) -> Iterator[tuple[str, str]]:
        var, limit = self.details.value_at_risk, self.details.value_at_risk_limit
        if var is not None:
            against = f" (limit {figure(limit)})" if limit is not None else ""
            grown = f"{figure(var)} to {figure(2.0 * var)}{against}"
            yield "volatility doubled", f"one-day VaR at {self.details.confidence:.1%} goes from {grown}"


def _monte_carlo(found: MonteCarloStress | str) -> str:
    if isinstance(found, str):
        return f"not available, {found}"
    quantiles = ", ".join(f"{level:.1%} {figure(loss)}" for level, loss in found.quantiles.items())
    return (
        f"{found.paths:,} paths over {found.horizon_days} days, Student-t {found.df:g}: worst {figure(found.worst)}, "
        f"mean of the worst 1 % {figure(found.expected_shortfall)} "
        f"(standard error {figure(found.shortfall_error)}); not exceeded in {quantiles}"
    )


def _reverse(found: ReverseStress | str, symbols: list[str]) -> str:
    if isinstance(found, str):
        return f"not available, {found}"
    moves = sorted(zip(found.returns, symbols, strict=True), key=lambda move: -abs(move[0]))[:5]
    largest = ", ".join(f"{symbol} {figure(100.0 * move, '+.1f')} %" for move, symbol in moves)
    beyond = "" if found.possible else "; some would fall by more than all they are worth"
    return (
        f"a loss of {figure(found.loss)} is {found.distance:.1f} standard deviations away, most easily by "
        f"{largest}{beyond}"
    )


def _recovery(found: RecoveryTime | str, results: StressResults) -> str:
    if isinstance(found, str):
        return f"not available, {found}"
    after = f"after {results.worst[0]} ({figure(100.0 * found.loss, '.1f')} % of equity)"
    recovered = f"{100.0 * found.recovered:.0f} % recover within {found.horizon_days}"
    never = f"more than {found.horizon_days}"
    if found.low is None:
        return f"{after} {never} trading days; {recovered}"
    median, high = (never if days is None else str(days) for days in (found.median, found.high))
    return f"{after} {median} trading days, 90 % of paths within {found.low} to {high}; {recovered}"


def _underwater(found: Underwater) -> str:
    if found.days == 0:
        return "the book would never have been below its start"
    end = f"back after {found.days} days" if found.days else "not back by the end of the data"
    return f"low of {figure(100.0 * (found.low - 1.0), '.1f')} % after {found.low_at} days, {end}"
