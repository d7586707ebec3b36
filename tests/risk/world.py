"""A small market and one account that the tests of the engine start from: everything known, fresh and calm."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import numpy as np

from risk.background import Inline
from risk.engine import RiskEngine
from risk.market import MarketConfig, MarketState
from risk.scheduled import scheduled_measures
from risk.state import PartitionState, encode_state
from schemas.base import Side
from schemas.decisions import Decision
from schemas.limits import LimitSet
from schemas.market import Bar, Mark, MarkKind
from schemas.orders import Fill, OrderRequest
from schemas.presets import PRESETS
from schemas.records import AccountDefined, Body
from schemas.reference import Account, AssetClass, Instrument

DAY_NS = 86_400_000_000_000
START_NS = 17_000 * DAY_NS
BARS = 300
NOW_NS = START_NS + BARS * DAY_NS + 1_000_000_000
SYMBOLS = {"AAA": "technology", "BBB": "energy", "CCC": "financials", "DDD": "health care"}
#: Wide enough that nothing is refused; a test tightens the one limit that it is about.
LOOSE = LimitSet(
    order_quantity_max=1e9,
    order_value_max=1e12,
    position_value_max=1e12,
    price_collar_max=0.05,
    message_rate_max=1e6,
    gross_exposure_max=1e6,
    net_exposure_max=1e6,
    leverage_max=1e6,
    position_weight_max=1e6,
    concentration_max=1e6,
    sector_share_max=1e6,
    sizing_multiple_max=1e9,
    marginal_var_max=1e6,
    component_var_max=1e6,
    effective_positions_min=1e-9,
    undiversified_exposure_max=1e6,
    sector_correlation_max=2.0,
    cross_asset_correlation_max=2.0,
    liquidation_cost_max=1e6,
    liquidity_var_max=1e6,
    book_correlation_max=2.0,
    average_correlation_max=2.0,
    spread_max=1.0,
    adv_share_max=1e6,
    liquidation_days_max=1e6,
    var_max=1e6,
    historical_var_max=1e6,
    expected_shortfall_max=1e6,
    var_increment_max=1e6,
    stress_loss_max=1e6,
    monte_carlo_loss_max=1e6,
    monte_carlo_shortfall_max=1e6,
    volatility_max=1e6,
    volatility_forecast_max=1e6,
    clustering_max=1e6,
    arch_lm_max=1e6,
    regime_max=1e6,
    correlation_break_max=1e6,
    absorption_max=1e6,
    monte_carlo_age_max_ns=432_000e9,
    analysis_age_max_ns=432_000e9,
    vix_warn_max=1e6,
    vix_restrict_max=1e6,
    vix_crisis_max=1e6,
    vix_max=1e6,
    turbulence_max=1e6,
    volume_anomaly_max=1e6,
    daily_loss_warn_max=1e5,
    daily_loss_restrict_max=2e5,
    daily_loss_reduce_max=3e5,
    daily_loss_halt_max=4e5,
    drawdown_warn_max=1e5,
    drawdown_restrict_max=2e5,
    drawdown_reduce_max=3e5,
    drawdown_halt_max=4e5,
    score_min=0.0,
)


#: Any price is believed at once; what is not believed otherwise is for the tests of the market view.
TRUSTING = MarketConfig(garch_refit_bars=0, mark_return_max=1e6, level_return_max=1e6, split_tolerance=0.0)


def bar(symbol: str, close: float, end_ns: int, volume: int = 1_000_000) -> Bar:
    """A bar whose four prices are its close."""
    price = Decimal(str(round(close, 4)))
    return Bar(
        symbol=symbol,
        open=price,
        high=price,
        low=price,
        close=price,
        volume=Decimal(volume),
        period_ns=DAY_NS,
        event_time_ns=end_ns,
    )


def calm_market(
    bars: int = BARS, volume: int = 1_000_000, twins: bool = False, crash: float = 0.0, config: MarketConfig = TRUSTING
) -> MarketState:
    """Four symbols with independent daily returns of 1 %, 100 a share, a fresh quote and a VIX of 15.

    ``twins``: all four move together, but for a little noise; ``crash``: what they lose halfway beside that.
    """
    market, random = (MarketState(config), np.random.default_rng(7))
    closes = dict.fromkeys(SYMBOLS, 100.0)
    for day in range(bars):
        common = float(random.standard_normal())
        for symbol in SYMBOLS:
            own = float(random.standard_normal())
            fall = crash if day == bars // 2 else 0.0
            closes[symbol] *= 1.0 + 0.01 * (0.98 * common + 0.2 * own if twins else own) - fall
            market.apply_bar(bar(symbol, closes[symbol], START_NS + day * DAY_NS, volume))
    for symbol in SYMBOLS:
        market.apply_mark(mark(symbol, 100.0))
    market.apply_mark(mark("VIX", 15.0, kind=MarkKind.INDEX))
    Inline(scheduled_measures(), market).run(NOW_NS)
    return market


def refitted_market(time_ns: int) -> MarketState:
    """The calm market as if its GARCH parameters had been refitted at a time."""
    market = calm_market()
    market.config = msgspec.structs.replace(TRUSTING, garch_refit_bars=21)
    market._columns.own["garch_time_ns"][:] = time_ns
    return market


def mark(symbol: str, price: float, time_ns: int = NOW_NS, version: int = 1, **fields: Any) -> Mark:
    """A mark with a spread of 2 cents."""
    exact = Decimal(str(price))
    quote = (
        {}
        if fields.get("kind", MarkKind.INSTRUMENT) is not MarkKind.INSTRUMENT
        else {"bid": exact - Decimal("0.01"), "ask": exact + Decimal("0.01"), "quote_time_ns": time_ns}
    )
    return Mark(**{"symbol": symbol, "price": exact, "event_time_ns": time_ns, "version": version} | quote | fields)


def instrument(symbol: str, **fields: Any) -> Instrument:
    """An instrument of the world, with assumed volume and spread."""
    defaults: dict[str, Any] = {
        "sector": SYMBOLS.get(symbol, "unclassified"),
        "adv": Decimal(1_000_000),
        "spread_bps": 2.0,
        "asset_class": AssetClass.EQUITY,
    }
    return Instrument(symbol=symbol, **defaults | fields)


class World:
    """An engine with the calm market, the four instruments and account ``acc`` holding one million dollars."""

    def __init__(self, limits: LimitSet = LOOSE, market: MarketState | None = None, **account: Any) -> None:
        self.engine = RiskEngine(PartitionState(), market or calm_market())
        self.background = Inline(scheduled_measures(), self.engine.market)
        self.now_ns = NOW_NS
        self.records: list[Body] = []
        self.orders = 0
        for symbol in SYMBOLS:
            self.define(instrument(symbol))
        defaults = {"account_id": "acc", "cash": {"USD": Decimal(1_000_000)}, "limits": limits}
        self.define(Account(**defaults | account))

    def define(self, reference: Account | Instrument) -> None:
        """Let reference data into the state."""
        for body in self.engine.define(reference):
            self.keep(body)

    def keep(self, body: Body) -> None:
        """Apply and remember a record."""
        self.engine.apply(body)
        self.records.append(body)

    def order(self, symbol: str = "AAA", side: str = "buy", quantity: Any = 100, **fields: Any) -> OrderRequest:
        """A new order with an id of its own."""
        self.orders += 1
        defaults = {"order_id": f"o{self.orders}", "account_id": "acc", "event_time_ns": self.now_ns}
        return OrderRequest(symbol=symbol, side=Side(side), quantity=Decimal(str(quantity)), **defaults | fields)

    def judge(self, order: Any, **how: Any) -> Decision:
        """Decide an order; its records, those of the market before it included, are applied and remembered."""
        bodies = self.engine.step(order, self.now_ns, **how)
        self.records += bodies
        decision = bodies[-1]
        assert isinstance(decision, Decision)
        return decision

    def send(self, event: Any) -> None:
        """Let a fill, a close or a command in."""
        self.records += self.engine.step(event, self.now_ns)

    def fill(
        self, symbol: str = "AAA", side: str = "buy", quantity: Any = 100, price: Any = 100, **fields: Any
    ) -> None:
        """An execution."""
        self.orders += 1
        defaults = {
            "fill_id": f"f{self.orders}",
            "order_id": f"x{self.orders}",
            "account_id": "acc",
            "event_time_ns": self.now_ns,
        }
        self.send(
            Fill(
                symbol=symbol,
                side=Side(side),
                quantity=Decimal(str(quantity)),
                price=Decimal(str(price)),
                **defaults | fields,
            )
        )

    def move(self, symbol: str, price: float) -> None:
        """A new mark, one second later."""
        self.now_ns += 1_000_000_000
        market = self.engine.market
        for name in SYMBOLS:
            index = market.index_of(name)
            assert index is not None
            value = price if name == symbol else float(market.price[index])
            market.apply_mark(mark(name, value, self.now_ns, int(market.mark_version[index]) + 1))

    def tick(
        self, symbol: str, price: float, after_ns: int = 1_000_000_000, kind: MarkKind = MarkKind.INSTRUMENT
    ) -> None:
        """A new mark of one symbol alone."""
        self.now_ns += after_ns
        self.engine.market.apply_mark(mark(symbol, price, self.now_ns, self.now_ns, kind=kind))

    def confirm(self, symbol: str, price: float) -> None:
        """A price that stays long enough to be confirmed."""
        for _ in range(self.engine.market.config.mark_confirmations):
            self.move(symbol, price)

    def sweep(self) -> tuple[Body, ...]:
        """What the market changed, applied and remembered."""
        bodies = self.engine.events(self.now_ns)
        for body in bodies:
            self.keep(body)
        return bodies

    def refresh(self) -> None:
        """Measure what is measured beside the decisions, if it is due."""
        self.background.run(self.now_ns)

    def tighten(self, **limits: float) -> None:
        """Replace limits of the account at once."""
        account = self.engine.state.accounts["acc"]
        account.limits = account.own_limits = msgspec.structs.replace(account.limits, **limits)

    def judge_by(self, **changes: Any) -> None:
        """Journal another content of the account's preset."""
        preset = msgspec.structs.replace(PRESETS["standard"], **changes)
        definition = self.engine.state.accounts["acc"].definition
        self.keep(AccountDefined(account=definition, preset=preset))

    @property
    def fingerprint(self) -> bytes:
        """The state, byte by byte."""
        return encode_state(self.engine.state)


def unsound_world(*held: str) -> World:
    """A book of what is held of AAA, BBB and CCC, all of which the covariances give a variance below zero."""
    market = calm_market()
    world = World(market=market)
    for symbol in held:
        world.fill(symbol, "sell" if symbol == "BBB" else "buy", 1400 if symbol == "BBB" else 1000)
    own = 1e-4 * np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.9], [0.0, 0.9, 1.0]])
    market._columns.own["covariance"][:3, :3] = own
    market.version += 1
    return world
