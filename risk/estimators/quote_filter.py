"""From quotes to spreads: which bid and ask are believed, and which wait until others agree."""

from __future__ import annotations

from risk.estimators.tick_filter import TickFilter, TickRule

REFUSED = "quote_beyond_bound"


class QuoteFilter:
    """Bid and ask of one symbol. Each must be near the last price or near what it was before, by the rule for prices;
    else the quote is refused until as many as that rule asks for agree.

    So a stray quote, far from the market or far too wide, is in no spread, and a market that opens elsewhere without a
    trade has quotes again.

    >>> strict = QuoteFilter(TickRule(return_max=0.5, split_tolerance=0.02, confirmations=2, confirm_ns=5))
    >>> [strict.refusal(quote, 100.0, time_ns) for time_ns, quote in enumerate(((99.0, 101.0), (1.0, 199.0)))]
    [None, 'quote_beyond_bound']
    >>> strict.refusal((1.0, 199.0), 100.0, 6), strict.refusal((1.1, 198.0), 100.0, 7)
    (None, None)
    """

    __slots__ = ("_sides",)

    def __init__(self, rule: TickRule) -> None:
        self._sides = TickFilter(rule), TickFilter(rule)

    def refusal(self, quote: tuple[float, float], price: float, time_ns: int, negative: bool = False) -> str | None:
        """Take a bid and an ask that is no less, where ``price`` is the last that is believed (nan: none); why they are
        not believed, or ``None``."""
        doubts = []
        for side, value in zip(self._sides, quote, strict=True):
            side.negative = negative
            doubts.append(side.refusal(value, time_ns, price))
        return REFUSED if any(doubts) else None
