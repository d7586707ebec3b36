"""One stress scenario: what happens at once to prices, currencies, spreads, volumes, volatilities and correlations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Annotated

import msgspec

from schemas.base import Identifier, shown
from schemas.reference import AssetClass, Instrument

SECTORS = (
    "communication services",
    "consumer discretionary",
    "consumer staples",
    "energy",
    "financials",
    "health care",
    "industrials",
    "materials",
    "real estate",
    "technology",
    "utilities",
    "unclassified",
)
#: The sector of an index of volatility, such as one that follows the VIX.
VOLATILITY = "volatility"
#: Below -1 a price turns negative, as that of WTI did on 2020-04-20.
SHOCK_MIN, SHOCK_MAX = -2.0, 10.0
#: Price move of selling one day's volume at once, for the square-root law of market impact; assumed.
IMPACT = 0.02
_PAIR = re.compile(r"([A-Z]{3})[-/._]?[A-Z]{3}")
_CURRENCY = re.compile(r"[A-Z]{3}")
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", max_length=10)]
Multiple = Annotated[float, msgspec.Meta(ge=0, le=1000)]


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One scenario. All shocks are simple returns: -0.2 is a fall of 20 %; 0.0 says that a class does not move.

    ``equity`` holds for indices and for sectors that neither ``betas`` (multiples of ``equity``) nor ``sectors``
    (shocks as they are) name; ``symbols`` beats all of them for single instruments of any class. An index in sector
    ``volatility``, such as the VIX, moves by ``volatility`` alone, and without it has no figure. ``fx`` moves every
    currency against an account's own, ``currencies`` single ones against the rest: positions quoted in them, cash in
    them, and pairs (``EURUSD``) move. ``rebound`` is the share of the loss that comes back within the day; what
    decides is the low.

    Selling the book is part of the loss where ``spread_multiple`` (on half the spread) or ``volume_share`` (what is
    left of a day's volume) is not 1: |x| (m s/2 + 0.02 sqrt(|x| / (v ADV))), the square-root law. With
    ``volatility_multiple`` m > 0 the one-day normal VaR at the account's confidence is part of it, volatilities m times
    as high, and with ``correlation_one`` nothing diversifies or hedges: z m sum |x_i| sigma_i, which for a book of one
    side is the VaR at all correlations one.

    ``source`` says where the figures come from, ``window`` (first and last day) when it was, if it happened.
    """

    name: Identifier
    source: str
    equity: float
    bond: float
    commodity: float
    fx: float
    crypto: float
    betas: Mapping[str, float] = {}
    sectors: Mapping[str, float] = {}
    volatility: Annotated[float, msgspec.Meta(ge=-1, le=10)] | None = None
    symbols: Mapping[str, float] = {}
    currencies: Mapping[str, float] = {}
    rebound: Share = 0.0
    spread_multiple: Multiple = 1.0
    volume_share: Share = 1.0
    volatility_multiple: Multiple = 0.0
    correlation_one: bool = False
    window: tuple[Day, Day] | None = None

    def __post_init__(self) -> None:
        for field, shock in self._shocks():
            if not SHOCK_MIN <= shock <= SHOCK_MAX:
                raise ValueError(f"`{field}` is {shock}, expected a simple return from {SHOCK_MIN} to {SHOCK_MAX}")
        for currency, shock in self.currencies.items():
            if not (_CURRENCY.fullmatch(currency) and -1.0 < shock <= SHOCK_MAX):
                raise ValueError(
                    f"`currencies.{shown(currency)}` is {shock}, expected a currency of three capitals "
                    f"and a return above -1 up to {SHOCK_MAX}"
                )
        if not self.volume_share > 0.0:
            raise ValueError(f"`volume_share` is {self.volume_share}, expected above 0 and at most 1")
        if self.correlation_one and not self.volatility_multiple:
            raise ValueError("`volatility_multiple` is 0, expected above 0 with `correlation_one`")

    @property
    def historical(self) -> bool:
        """Whether it happened."""
        return self.window is not None

    @property
    def costs(self) -> bool:
        """Whether the cost of selling the book is part of the loss."""
        return self.spread_multiple != 1.0 or self.volume_share != 1.0

    def shock(self, instrument: Instrument, base_currency: str) -> float | None:
        """The simple return of an instrument in an account's currency; ``None`` where there is no figure for it."""
        local = self._local(instrument, base_currency)
        if local is None or instrument.currency == base_currency:
            return local
        return (1.0 + local) * (1.0 + self.currency_shock(instrument.currency, base_currency)) - 1.0

    def currency_shock(self, currency: str, base_currency: str) -> float:
        """The simple return of a currency against another."""
        if currency == base_currency:
            return 0.0
        own = self.currencies.get(currency, self.fx)
        return (1.0 + own) / (1.0 + self.currencies.get(base_currency, 0.0)) - 1.0

    def _local(self, instrument: Instrument, base_currency: str) -> float | None:
        """The return in the currency that the instrument is quoted in."""
        named = self.symbols.get(instrument.symbol)
        if named is not None:
            return named
        if instrument.asset_class == AssetClass.EQUITY:
            return self._sector_shock(instrument.sector)
        if instrument.asset_class == AssetClass.INDEX and instrument.sector == VOLATILITY:
            return self.volatility
        if instrument.asset_class == AssetClass.FX:
            return self._pair_shock(instrument, base_currency)
        return {
            AssetClass.INDEX: self.equity,
            AssetClass.BOND: self.bond,
            AssetClass.COMMODITY: self.commodity,
            AssetClass.CRYPTO: self.crypto,
        }.get(instrument.asset_class)

    def _pair_shock(self, instrument: Instrument, base_currency: str) -> float:
        """A pair is a holding of its first currency; of another symbol it is not known which: it moves by ``fx``."""
        pair = _PAIR.fullmatch(instrument.symbol)
        if pair is None:
            return self.fx
        bought = self.currency_shock(pair[1], base_currency)
        return (1.0 + bought) / (1.0 + self.currency_shock(instrument.currency, base_currency)) - 1.0

    def _sector_shock(self, sector: str) -> float | None:
        if sector not in SECTORS:
            return None
        return self.sectors.get(sector, self.equity * self.betas.get(sector, 1.0))

    def _shocks(self) -> Iterator[tuple[str, float]]:
        for name in ("equity", "bond", "commodity", "fx", "crypto"):
            yield name, getattr(self, name)
        for group in ("betas", "sectors"):
            for sector, figure in getattr(self, group).items():
                if sector not in SECTORS:
                    raise ValueError(f"`{group}` names {shown(sector)!r}, expected one of {', '.join(SECTORS)}")
                if not isfinite(figure):
                    raise ValueError(f"`{group}.{sector}` is {figure}, expected a finite number")
                yield f"{group}.{sector}", figure * self.equity if group == "betas" else figure
        for symbol, shock in self.symbols.items():
            yield f"symbols.{shown(symbol)}", shock
