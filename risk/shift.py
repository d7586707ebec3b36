"""Moving a book by what changed in one symbol's working orders, instead of building it anew.

A reservation or a close changes one worst-case exposure and nothing else: every sum and vector of the book moves by the
difference, O(N + T + K) without a loop. The book is built anew with each mark, fill and reference change, which bounds
the drift of the sums.
"""

from __future__ import annotations

import math

from risk.book import Book, average_volume, half_spread, scenarios_of, unit_value, worst
from risk.market import MarketState
from risk.measures.var import variance_after
from risk.state import AccountState, PartitionState
from schemas.decisions import Decision
from schemas.orders import OrderClosed
from schemas.records import Body, Facts


def working_symbol(account: AccountState, body: Body) -> str | None:
    """The symbol whose working orders are all that a record changes; ``None`` if it changes more, or something else.
    To be asked before the record is applied."""
    if isinstance(body, Decision):
        return body.reservation.symbol if body.reservation is not None else None
    if isinstance(body, Facts) and len(body.facts) == 1 and isinstance(body.facts[0], OrderClosed):
        working = account.working.get(body.facts[0].order_id)
        return working.symbol if working is not None else None
    return None


def shift_book(book: Book, symbol: str, account: AccountState, state: PartitionState, market: MarketState) -> bool:
    """Bring a book of the present market up to date in place; ``False``, and nothing is changed, where only building it
    anew is right: the symbol enters or leaves the book, or something of it is unknown."""
    instrument, index = state.instruments.get(symbol), market.index_of(symbol)
    unit = unit_value(instrument, account, market) if instrument is not None else None
    if instrument is None or index is None or unit is None or symbol not in book.prices or _incomplete(book):
        return False
    holding, shocks = account.holdings[symbol], market.stresses.shocks(instrument, account.definition.base_currency)
    before = float(book.exposure[index])
    after = worst(float(holding.quantity), float(holding.working_buy), float(holding.working_sell)) * unit.value
    if shocks is None or (not after and not book.held[index]) or not market.simulated.knows(index):
        return False
    shift, grown = after - before, abs(after) - abs(before)
    own = float(market.covariance[index, index])
    book.variance = max(0.0, variance_after(book.variance, shift, float(book.covered[index]), own))
    book.covered += market.covariance[:, index] * shift
    book.history += scenarios_of(account, market)[:, index] * shift
    book.stress += shocks * shift
    book.simulated += market.simulated.returns[:, index] * shift
    spread, daily_value = half_spread(instrument, market), average_volume(instrument, market) * unit.value
    market.stresses.take_costs(book.stress, before, after, spread, daily_value)
    book.exposure[index] = after
    book.sectors[instrument.sector] += grown
    book.gross += grown
    book.cost += grown * spread
    book.net += shift
    book.long += max(after, 0.0) - max(before, 0.0)
    book.squares += after * after - before * before
    book.own_variance += (after * after - before * before) * own
    book.weighted_volatility += grown * math.sqrt(own)
    return True


def _incomplete(book: Book) -> bool:
    return bool(book.unvalued or book.unmodelled or book.unstressed or book.unsimulated)
