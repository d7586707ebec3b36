"""Moving a book by what changed in one symbol's working orders, instead of building it anew.

A reservation or a close changes one symbol's working orders and nothing else: every sum and vector of the book moves by
the difference, O(N + T + K) without a loop. The book is built anew with each mark, fill and reference change, and after
:data:`SHIFTS_MAX` shifts at the latest, which bounds the drift of the sums.
"""

from __future__ import annotations

import math

from risk.book import Book, Matrix, Vector, working_value, worst
from risk.market import MarketState
from risk.measures.var import variance_after
from risk.state import AccountState, PartitionState
from risk.unfilled import take_worst
from risk.unit_value import average_volume, unit_value
from risk.working import working_of
from schemas.decisions import Decision
from schemas.orders import OrderClosed
from schemas.records import Body, Facts

#: Shifts after which a book is built anew.
SHIFTS_MAX = 1000


def working_symbol(account: AccountState, body: Body) -> str | None:
    """The symbol whose working orders are all that a record changes; ``None`` if it changes more, or something else.
    To be asked before the record is applied."""
    if isinstance(body, Decision):
        return body.reservation.symbol if body.reservation is not None else None
    if isinstance(body, Facts) and len(body.facts) == 1 and isinstance(body.facts[0], OrderClosed):
        working = working_of(account, body.facts[0].order_id)
        return working.symbol if working is not None else None
    return None


def shift_book(book: Book, symbol: str, account: AccountState, state: PartitionState, market: MarketState) -> bool:
    """Bring a book of the present market up to date in place; ``False``, and nothing is changed, where only building it
    anew is right: the symbol enters or leaves the book, something of it is unknown, or it was shifted often enough."""
    instrument, index = state.instruments.get(symbol), market.index_of(symbol)
    unit = unit_value(instrument, account, market) if instrument is not None else None
    if instrument is None or index is None or unit is None or symbol not in book.prices or _exhausted(book):
        return False
    holding, base = account.holdings[symbol], account.definition.base_currency
    shocks = market.stresses.trade_shocks(instrument, base, unit.value < 0.0)
    before = float(book.exposure[index])
    after = worst(float(holding.quantity), float(holding.working_buy), float(holding.working_sell)) * unit.size
    if shocks is None or (not after and not book.held[index]) or not market.simulated.knows(index):
        return False
    book.shifts += 1
    book.tails.clear()
    _shift_working(
        book, index, working_value(holding, unit.size), shocks, market.scenarios(book.preset.var_method), market
    )
    _shift_exposure(book, index, after, market)
    spread, daily_value = book.spread(instrument, market).half, average_volume(instrument, market) * unit.size
    market.stresses.take_costs(book.stress, before, after, spread, daily_value)
    grown = abs(after) - abs(before)
    book.sectors[instrument.sector] += grown
    book.cost += grown * spread
    return True


def _shift_working(
    book: Book, index: int, working: tuple[float, float], shocks: Vector, scenarios: Matrix, market: MarketState
) -> None:
    """What follows both sides of the working orders: sums of either direction, P&L vectors, the largest variance."""
    buys, sells = working
    held, bought, sold = float(book.held[index]), buys - float(book.buys[index]), sells - float(book.sells[index])
    book.up += bought
    book.down -= sold
    book.long += max(held + buys, 0.0) - max(held + buys - bought, 0.0)
    book.short += max(sells - held, 0.0) - max(sells - sold - held, 0.0)
    book.buys[index], book.sells[index] = working
    take_worst(book.history, scenarios[:, index], bought, sold)
    take_worst(book.simulated, market.simulated.returns[:, index], bought, sold)
    take_worst(book.stress, shocks, bought, sold)
    book.work(market.covariance)


def _shift_exposure(book: Book, index: int, after: float, market: MarketState) -> None:
    """What follows the symbol's worst-case exposure."""
    before, own = float(book.exposure[index]), float(market.covariance[index, index])
    shift, grown = after - before, abs(after) - abs(before)
    book.variance = variance_after(book.variance, shift, float(book.covered[index]), own)
    if math.isnan(book.variance):
        book.unmodelled.append(market.symbols[index])
    book.covered += market.covariance[:, index] * shift
    book.exposure[index] = after
    book.gross += grown
    book.squares += after * after - before * before
    book.own_variance += (after * after - before * before) * own
    book.weighted_volatility += grown * math.sqrt(own)


def _exhausted(book: Book) -> bool:
    incomplete = book.unvalued or book.unmodelled or book.unstressed or book.unsimulated
    return bool(incomplete) or book.shifts >= SHIFTS_MAX
