"""The market as every worker sees it: latest marks by symbol, and what closed bars say of their returns.

Marks carry prices, quotes, volume, index levels and exchange rates; only bars feed estimates, so a bad tick can't
poison them. Refused data changes nothing but the count of its reason in :attr:`MarketState.refused`.
"""

from risk.estimators.settings import MarketConfig
from risk.market.marks import TIME_JUMP
from risk.market.state import MarketState

__all__ = ["TIME_JUMP", "MarketConfig", "MarketState"]
