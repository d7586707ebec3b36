"""Why an order was decided as it was: a closed set of stable codes, in order of precedence."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple


def snake_case(name: str) -> str:
    """``OrderRequest`` -> ``order_request``; the ``type`` tag of an event."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Explanation(NamedTuple):
    """What a reason means. ``layer`` 0: before the layers. ``fix`` is FIX OrdRejReason (103)."""

    layer: int
    fix: int | None
    text: str


class Reason(StrEnum):
    """CATEGORY_CONDITION; never renamed, never reused."""

    APPROVED = "APPROVED"
    DECISION_FAILED = "DECISION_FAILED"
    # 1 order controls
    ORDER_ID_REUSED = "ORDER_ID_REUSED"
    ORDER_WRONG_PARTITION = "ORDER_WRONG_PARTITION"
    ACCOUNT_UNKNOWN = "ACCOUNT_UNKNOWN"
    PRESET_UNKNOWN = "PRESET_UNKNOWN"
    KILL_SWITCH_ACTIVE = "KILL_SWITCH_ACTIVE"
    ORDER_UNKNOWN = "ORDER_UNKNOWN"
    SYMBOL_UNKNOWN = "SYMBOL_UNKNOWN"
    BUDGET_EXCEEDED = "BUDGET_EXCEEDED"
    ORDER_TIME_INVALID = "ORDER_TIME_INVALID"
    SYMBOL_RESTRICTED = "SYMBOL_RESTRICTED"
    SYMBOL_NOT_PERMITTED = "SYMBOL_NOT_PERMITTED"
    SHORT_NOT_PERMITTED = "SHORT_NOT_PERMITTED"
    ORDER_PRICE_INVALID = "ORDER_PRICE_INVALID"
    ORDER_TICK_INVALID = "ORDER_TICK_INVALID"
    ORDER_LOT_INVALID = "ORDER_LOT_INVALID"
    ORDER_NOT_REDUCING = "ORDER_NOT_REDUCING"
    MESSAGE_RATE_EXCEEDED = "MESSAGE_RATE_EXCEEDED"
    PRICE_MISSING = "PRICE_MISSING"
    PRICE_ZERO = "PRICE_ZERO"
    FEED_STALE = "FEED_STALE"
    PRICE_STALE = "PRICE_STALE"
    FX_RATE_MISSING = "FX_RATE_MISSING"
    FX_RATE_STALE = "FX_RATE_STALE"
    PRICE_COLLAR_EXCEEDED = "PRICE_COLLAR_EXCEEDED"
    ORDER_QUANTITY_EXCEEDED = "ORDER_QUANTITY_EXCEEDED"
    ORDER_VALUE_EXCEEDED = "ORDER_VALUE_EXCEEDED"
    POSITION_VALUE_EXCEEDED = "POSITION_VALUE_EXCEEDED"
    SIZING_EXCEEDED = "SIZING_EXCEEDED"
    # 2 portfolio
    PORTFOLIO_UNVALUED = "PORTFOLIO_UNVALUED"
    PORTFOLIO_PRICE_STALE = "PORTFOLIO_PRICE_STALE"
    EQUITY_EXHAUSTED = "EQUITY_EXHAUSTED"
    GROSS_EXPOSURE_EXCEEDED = "GROSS_EXPOSURE_EXCEEDED"
    NET_EXPOSURE_EXCEEDED = "NET_EXPOSURE_EXCEEDED"
    LEVERAGE_EXCEEDED = "LEVERAGE_EXCEEDED"
    POSITION_WEIGHT_EXCEEDED = "POSITION_WEIGHT_EXCEEDED"
    CONCENTRATION_EXCEEDED = "CONCENTRATION_EXCEEDED"
    SECTOR_SHARE_EXCEEDED = "SECTOR_SHARE_EXCEEDED"
    MARGINAL_VAR_UNAVAILABLE = "MARGINAL_VAR_UNAVAILABLE"
    MARGINAL_VAR_EXCEEDED = "MARGINAL_VAR_EXCEEDED"
    COMPONENT_VAR_EXCEEDED = "COMPONENT_VAR_EXCEEDED"
    DIVERSIFICATION_TOO_LOW = "DIVERSIFICATION_TOO_LOW"
    # 3 correlation
    CORRELATION_UNAVAILABLE = "CORRELATION_UNAVAILABLE"
    BOOK_CORRELATION_EXCEEDED = "BOOK_CORRELATION_EXCEEDED"
    AVERAGE_CORRELATION_EXCEEDED = "AVERAGE_CORRELATION_EXCEEDED"
    SECTOR_CORRELATION_EXCEEDED = "SECTOR_CORRELATION_EXCEEDED"
    CROSS_ASSET_CORRELATION_EXCEEDED = "CROSS_ASSET_CORRELATION_EXCEEDED"
    CORRELATION_BREAK_UNAVAILABLE = "CORRELATION_BREAK_UNAVAILABLE"
    CORRELATION_BREAK_EXCEEDED = "CORRELATION_BREAK_EXCEEDED"
    # 4 liquidity
    SPREAD_UNKNOWN = "SPREAD_UNKNOWN"
    SPREAD_EXCEEDED = "SPREAD_EXCEEDED"
    VOLUME_UNKNOWN = "VOLUME_UNKNOWN"
    ADV_SHARE_EXCEEDED = "ADV_SHARE_EXCEEDED"
    LIQUIDATION_DAYS_EXCEEDED = "LIQUIDATION_DAYS_EXCEEDED"
    LIQUIDATION_COST_UNKNOWN = "LIQUIDATION_COST_UNKNOWN"
    LIQUIDATION_COST_EXCEEDED = "LIQUIDATION_COST_EXCEEDED"
    LIQUIDITY_VAR_EXCEEDED = "LIQUIDITY_VAR_EXCEEDED"
    # 5 VaR
    VAR_UNAVAILABLE = "VAR_UNAVAILABLE"
    VAR_EXCEEDED = "VAR_EXCEEDED"
    VAR_INCREMENT_EXCEEDED = "VAR_INCREMENT_EXCEEDED"
    HISTORY_TOO_SHORT = "HISTORY_TOO_SHORT"
    VAR_MODEL_INVALID = "VAR_MODEL_INVALID"
    HISTORICAL_VAR_EXCEEDED = "HISTORICAL_VAR_EXCEEDED"
    EXPECTED_SHORTFALL_EXCEEDED = "EXPECTED_SHORTFALL_EXCEEDED"
    EXPECTED_SHORTFALL_INCREMENT_EXCEEDED = "EXPECTED_SHORTFALL_INCREMENT_EXCEEDED"
    # 6 stress
    STRESS_UNAVAILABLE = "STRESS_UNAVAILABLE"
    STRESS_LOSS_EXCEEDED = "STRESS_LOSS_EXCEEDED"
    MONTE_CARLO_STRESS_UNAVAILABLE = "MONTE_CARLO_STRESS_UNAVAILABLE"
    MONTE_CARLO_STRESS_STALE = "MONTE_CARLO_STRESS_STALE"
    MONTE_CARLO_STRESS_EXCEEDED = "MONTE_CARLO_STRESS_EXCEEDED"
    # 7 breakers
    BREAKER_UNAVAILABLE = "BREAKER_UNAVAILABLE"
    BREAKER_HALTED = "BREAKER_HALTED"
    BREAKER_REDUCE_ONLY = "BREAKER_REDUCE_ONLY"
    BREAKER_SIZE_RESTRICTED = "BREAKER_SIZE_RESTRICTED"
    # 8 volatility
    VOLATILITY_MISSING = "VOLATILITY_MISSING"
    VOLATILITY_FORECAST_STALE = "VOLATILITY_FORECAST_STALE"
    VOLATILITY_EXCEEDED = "VOLATILITY_EXCEEDED"
    VOLATILITY_FORECAST_EXCEEDED = "VOLATILITY_FORECAST_EXCEEDED"
    VOLATILITY_CLUSTERING_EXCEEDED = "VOLATILITY_CLUSTERING_EXCEEDED"
    VOLATILITY_REGIME_EXCEEDED = "VOLATILITY_REGIME_EXCEEDED"
    CLUSTERING_TEST_UNAVAILABLE = "CLUSTERING_TEST_UNAVAILABLE"
    CLUSTERING_TEST_EXCEEDED = "CLUSTERING_TEST_EXCEEDED"
    # 9 black swan
    VIX_MISSING = "VIX_MISSING"
    VIX_STALE = "VIX_STALE"
    VIX_EXCEEDED = "VIX_EXCEEDED"
    VIX_SIZE_RESTRICTED = "VIX_SIZE_RESTRICTED"
    TURBULENCE_UNAVAILABLE = "TURBULENCE_UNAVAILABLE"
    TURBULENCE_EXCEEDED = "TURBULENCE_EXCEEDED"
    ABSORPTION_UNAVAILABLE = "ABSORPTION_UNAVAILABLE"
    ABSORPTION_EXCEEDED = "ABSORPTION_EXCEEDED"
    VOLUME_ANOMALY_UNAVAILABLE = "VOLUME_ANOMALY_UNAVAILABLE"
    VOLUME_ANOMALY_EXCEEDED = "VOLUME_ANOMALY_EXCEEDED"
    # 10 assessment
    SCORE_TOO_LOW = "SCORE_TOO_LOW"


_UNKNOWN_SYMBOL, _LIMIT, _UNKNOWN_ORDER, _DUPLICATE, _UNSUPPORTED = 1, 3, 5, 6, 11
_BROKER, _QUANTITY, _ACCOUNT, _BAND, _INCREMENT, _OTHER = 0, 13, 15, 16, 18, 99

EXPLANATIONS: dict[Reason, Explanation] = {
    Reason.APPROVED: Explanation(0, None, "all ten layers pass, or the order only reduces risk"),
    Reason.DECISION_FAILED: Explanation(0, _OTHER, "the risk engine failed on this order"),
    Reason.ORDER_ID_REUSED: Explanation(
        1, _DUPLICATE, "this order id was decided before, for a different order, or still works"
    ),
    Reason.ORDER_WRONG_PARTITION: Explanation(1, _OTHER, "the order came on a partition that is not its account's"),
    Reason.ACCOUNT_UNKNOWN: Explanation(1, _ACCOUNT, "no such account"),
    Reason.PRESET_UNKNOWN: Explanation(1, _BROKER, "the account is to be judged by a preset that does not exist"),
    Reason.KILL_SWITCH_ACTIVE: Explanation(1, _BROKER, "a kill switch stops the account, its desk or another scope"),
    Reason.ORDER_UNKNOWN: Explanation(1, _UNKNOWN_ORDER, "the order to be replaced is not working"),
    Reason.SYMBOL_UNKNOWN: Explanation(1, _UNKNOWN_SYMBOL, "no such instrument"),
    Reason.BUDGET_EXCEEDED: Explanation(1, _OTHER, "the order was longer on its way than it may be"),
    Reason.ORDER_TIME_INVALID: Explanation(1, _OTHER, "the order's time is too far ahead of now"),
    Reason.SYMBOL_RESTRICTED: Explanation(1, _BROKER, "the instrument is on the restricted list"),
    Reason.SYMBOL_NOT_PERMITTED: Explanation(1, _UNKNOWN_SYMBOL, "the account may not trade this instrument"),
    Reason.SHORT_NOT_PERMITTED: Explanation(1, _UNSUPPORTED, "the order would go short and the account may not"),
    Reason.ORDER_PRICE_INVALID: Explanation(1, _UNSUPPORTED, "a price that the order needs is missing or not positive"),
    Reason.ORDER_TICK_INVALID: Explanation(1, _INCREMENT, "a price is not a multiple of the tick size"),
    Reason.ORDER_LOT_INVALID: Explanation(1, _QUANTITY, "the quantity is not a multiple of the lot size"),
    Reason.ORDER_NOT_REDUCING: Explanation(1, _UNSUPPORTED, "the order is reduce-only and would not reduce"),
    Reason.MESSAGE_RATE_EXCEEDED: Explanation(1, _LIMIT, "too many messages of the account in one second"),
    Reason.PRICE_MISSING: Explanation(1, _OTHER, "no price is known for the instrument"),
    Reason.PRICE_ZERO: Explanation(1, _OTHER, "the instrument's price is zero: nothing can be measured against it"),
    Reason.FEED_STALE: Explanation(1, _OTHER, "no market data at all has come for too long"),
    Reason.PRICE_STALE: Explanation(1, _OTHER, "the last price of the instrument is too old"),
    Reason.FX_RATE_MISSING: Explanation(1, _OTHER, "no exchange rate to the account's currency is known"),
    Reason.FX_RATE_STALE: Explanation(1, _OTHER, "the exchange rate to the account's currency is too old"),
    Reason.PRICE_COLLAR_EXCEEDED: Explanation(1, _BAND, "the price is too far from the market"),
    Reason.ORDER_QUANTITY_EXCEEDED: Explanation(1, _LIMIT, "the order is larger than the largest allowed quantity"),
    Reason.ORDER_VALUE_EXCEEDED: Explanation(1, _LIMIT, "the order is worth more than the largest allowed value"),
    Reason.POSITION_VALUE_EXCEEDED: Explanation(1, _LIMIT, "the resulting position would be worth more than allowed"),
    Reason.SIZING_EXCEEDED: Explanation(1, _LIMIT, "the order is too many times the size that its volatility allows"),
    Reason.PORTFOLIO_UNVALUED: Explanation(2, _OTHER, "a position or cash balance of the account can't be valued"),
    Reason.PORTFOLIO_PRICE_STALE: Explanation(2, _OTHER, "the price of a position of the account is too old"),
    Reason.EQUITY_EXHAUSTED: Explanation(2, _LIMIT, "the account has no equity left"),
    Reason.GROSS_EXPOSURE_EXCEEDED: Explanation(2, _LIMIT, "gross exposure to equity would be beyond its limit"),
    Reason.NET_EXPOSURE_EXCEEDED: Explanation(2, _LIMIT, "net exposure to equity would be beyond its limit"),
    Reason.LEVERAGE_EXCEEDED: Explanation(2, _LIMIT, "leverage would be beyond its limit"),
    Reason.POSITION_WEIGHT_EXCEEDED: Explanation(2, _LIMIT, "the position's weight would be beyond its limit"),
    Reason.CONCENTRATION_EXCEEDED: Explanation(2, _LIMIT, "the Herfindahl index of the book would be beyond its limit"),
    Reason.SECTOR_SHARE_EXCEEDED: Explanation(2, _LIMIT, "the sector's share of equity would be beyond its limit"),
    Reason.MARGINAL_VAR_UNAVAILABLE: Explanation(
        2, _OTHER, "the covariances give the book with the order no variance, so no marginal VaR"
    ),
    Reason.MARGINAL_VAR_EXCEEDED: Explanation(2, _LIMIT, "each further unit of the position would add too much risk"),
    Reason.COMPONENT_VAR_EXCEEDED: Explanation(2, _LIMIT, "the position's part of the book's risk would be too large"),
    Reason.DIVERSIFICATION_TOO_LOW: Explanation(2, _LIMIT, "a book of this size would rest on too few positions"),
    Reason.CORRELATION_UNAVAILABLE: Explanation(3, _OTHER, "there are too few common returns for a correlation"),
    Reason.BOOK_CORRELATION_EXCEEDED: Explanation(3, _LIMIT, "the order is too correlated with the book"),
    Reason.AVERAGE_CORRELATION_EXCEEDED: Explanation(3, _LIMIT, "the book's average correlation is beyond its limit"),
    Reason.SECTOR_CORRELATION_EXCEEDED: Explanation(
        3, _LIMIT, "the order is too correlated with its sector in the book"
    ),
    Reason.CROSS_ASSET_CORRELATION_EXCEEDED: Explanation(
        3, _LIMIT, "the order is too correlated with the other asset classes in the book"
    ),
    Reason.CORRELATION_BREAK_UNAVAILABLE: Explanation(
        3, _OTHER, "the test of correlations against their past is not known, or too old"
    ),
    Reason.CORRELATION_BREAK_EXCEEDED: Explanation(3, _LIMIT, "the market's correlations broke with their past"),
    Reason.SPREAD_UNKNOWN: Explanation(4, _OTHER, "neither a quote nor an assumed spread is known"),
    Reason.SPREAD_EXCEEDED: Explanation(4, _LIMIT, "the bid-ask spread is too wide"),
    Reason.VOLUME_UNKNOWN: Explanation(4, _OTHER, "no average daily volume is known"),
    Reason.ADV_SHARE_EXCEEDED: Explanation(4, _LIMIT, "the order is too large a share of the average daily volume"),
    Reason.LIQUIDATION_DAYS_EXCEEDED: Explanation(4, _LIMIT, "the position would take too many days to liquidate"),
    Reason.LIQUIDATION_COST_UNKNOWN: Explanation(4, _OTHER, "the spread of a position of the account is not known"),
    Reason.LIQUIDATION_COST_EXCEEDED: Explanation(4, _LIMIT, "selling the book would cost too much"),
    Reason.LIQUIDITY_VAR_EXCEEDED: Explanation(4, _LIMIT, "value at risk and the cost of selling would be too much"),
    Reason.VAR_UNAVAILABLE: Explanation(5, _OTHER, "there is no covariance for a position or the order"),
    Reason.VAR_EXCEEDED: Explanation(5, _LIMIT, "parametric value at risk would be beyond its limit"),
    Reason.VAR_INCREMENT_EXCEEDED: Explanation(5, _LIMIT, "the order would add too much value at risk"),
    Reason.HISTORY_TOO_SHORT: Explanation(5, _OTHER, "the return history is too short for historical value at risk"),
    Reason.VAR_MODEL_INVALID: Explanation(5, _OTHER, "the chosen model of value at risk does not hold for the book"),
    Reason.HISTORICAL_VAR_EXCEEDED: Explanation(5, _LIMIT, "value at risk by the chosen model would be too much"),
    Reason.EXPECTED_SHORTFALL_EXCEEDED: Explanation(5, _LIMIT, "expected shortfall would be beyond its limit"),
    Reason.EXPECTED_SHORTFALL_INCREMENT_EXCEEDED: Explanation(
        5, _LIMIT, "the order would add too much expected shortfall"
    ),
    Reason.STRESS_UNAVAILABLE: Explanation(6, _OTHER, "a stress scenario has no figure for a position or the order"),
    Reason.STRESS_LOSS_EXCEEDED: Explanation(6, _LIMIT, "the worst stress loss would be beyond its limit"),
    Reason.MONTE_CARLO_STRESS_UNAVAILABLE: Explanation(
        6, _OTHER, "no simulated returns are there for a position or the order"
    ),
    Reason.MONTE_CARLO_STRESS_STALE: Explanation(6, _OTHER, "the simulated returns are too old"),
    Reason.MONTE_CARLO_STRESS_EXCEEDED: Explanation(
        6, _LIMIT, "the loss in simulated returns with heavy tails would be beyond its limit"
    ),
    Reason.BREAKER_UNAVAILABLE: Explanation(7, _OTHER, "the breakers have no equity to judge by yet"),
    Reason.BREAKER_HALTED: Explanation(7, _BROKER, "a circuit breaker halted the account"),
    Reason.BREAKER_REDUCE_ONLY: Explanation(7, _BROKER, "a circuit breaker lets only risk-reducing orders pass"),
    Reason.BREAKER_SIZE_RESTRICTED: Explanation(7, _LIMIT, "a circuit breaker restricts the order's size"),
    Reason.VOLATILITY_MISSING: Explanation(8, _OTHER, "no volatility is known for the instrument"),
    Reason.VOLATILITY_FORECAST_STALE: Explanation(8, _OTHER, "the parameters of the forecast volatility are too old"),
    Reason.VOLATILITY_EXCEEDED: Explanation(8, _LIMIT, "the instrument's volatility is beyond its limit"),
    Reason.VOLATILITY_FORECAST_EXCEEDED: Explanation(8, _LIMIT, "the forecast volatility is beyond its limit"),
    Reason.VOLATILITY_CLUSTERING_EXCEEDED: Explanation(8, _LIMIT, "volatility clusters far above its long-run level"),
    Reason.VOLATILITY_REGIME_EXCEEDED: Explanation(8, _LIMIT, "the instrument is in too stressed a volatility regime"),
    Reason.CLUSTERING_TEST_UNAVAILABLE: Explanation(
        8, _OTHER, "the test for volatility clustering is not known, or too old"
    ),
    Reason.CLUSTERING_TEST_EXCEEDED: Explanation(8, _LIMIT, "large moves follow large moves far too much"),
    Reason.VIX_MISSING: Explanation(9, _OTHER, "the VIX is not known"),
    Reason.VIX_STALE: Explanation(9, _OTHER, "the VIX is too old"),
    Reason.VIX_EXCEEDED: Explanation(9, _LIMIT, "the VIX is at a crisis level"),
    Reason.VIX_SIZE_RESTRICTED: Explanation(9, _LIMIT, "the VIX restricts the order's size"),
    Reason.TURBULENCE_UNAVAILABLE: Explanation(9, _OTHER, "there are too few returns for the turbulence index"),
    Reason.TURBULENCE_EXCEEDED: Explanation(9, _LIMIT, "the turbulence index is beyond its limit"),
    Reason.ABSORPTION_UNAVAILABLE: Explanation(9, _OTHER, "the absorption ratio is not known, or too old"),
    Reason.ABSORPTION_EXCEEDED: Explanation(9, _LIMIT, "too few factors absorb too much of all movement"),
    Reason.VOLUME_ANOMALY_UNAVAILABLE: Explanation(9, _OTHER, "there is no traded volume to compare with"),
    Reason.VOLUME_ANOMALY_EXCEEDED: Explanation(9, _LIMIT, "traded volume is far above its average"),
    Reason.SCORE_TOO_LOW: Explanation(10, _LIMIT, "the overall score is too low"),
}
