"""How a fill changes a holding, and how reservations come and go. Exact decimals throughout."""

from __future__ import annotations

from decimal import Decimal

from risk.digest import chained
from risk.exact import ZERO, add, multiply, share, subtract
from risk.state import FILL_WINDOW, AccountState, Holding, Working, trim
from schemas.base import Side
from schemas.decisions import Reservation
from schemas.orders import Fill
from schemas.reference import Instrument


def settle(account: AccountState, instrument: Instrument, fill: Fill) -> None:
    """Book one fill: position, cash, realised P&L and reservation. A fill id counts once."""
    if fill.fill_id in account.fills_seen:
        return
    account.fills_seen[fill.fill_id] = True
    account.fills_chain = chained(account.fills_chain, fill.fill_id)
    trim(account.fills_seen, FILL_WINDOW)
    holding = account.holding(fill.symbol)
    signed = fill.quantity if fill.side is Side.BUY else fill.quantity.copy_negate()
    spent = add(multiply(multiply(signed, fill.price), instrument.multiplier), fill.commission)
    account.cash[instrument.currency] = subtract(account.cash.get(instrument.currency, ZERO), spent)
    holding.realised = subtract(holding.realised, fill.commission)
    trade(holding, signed, fill.price, instrument.multiplier)
    release(account, fill.order_id, fill.quantity)


def trade(holding: Holding, signed: Decimal, price: Decimal, multiplier: Decimal) -> None:
    """Move a holding by a signed quantity: close first, then open what is left."""
    held = holding.quantity
    if held * signed < 0:
        closing = min(signed.copy_abs(), held.copy_abs())
        closed = closing if signed > 0 else closing.copy_negate()
        removed = holding.cost if closing == held.copy_abs() else share(holding.cost, closing, held.copy_abs())
        gained = add(multiply(closed, price), removed).copy_negate()
        holding.realised = add(holding.realised, multiply(gained, multiplier))
        holding.cost = subtract(holding.cost, removed)
        holding.quantity = add(held, closed)
        signed = subtract(signed, closed)
    holding.quantity = add(holding.quantity, signed)
    holding.cost = add(holding.cost, multiply(signed, price))


def reserve(account: AccountState, reservation: Reservation) -> None:
    """Hold an approved order's quantity; a replacing order takes over what its original held."""
    if reservation.replaces is not None:
        release(account, reservation.replaces, None)
    account.working[reservation.order_id] = Working(
        symbol=reservation.symbol, side=reservation.side, remaining=reservation.quantity
    )
    _shift(account.holding(reservation.symbol), reservation.side, reservation.quantity)


def release(account: AccountState, order_id: str, quantity: Decimal | None) -> None:
    """Give back ``quantity`` of an order's reservation, or all of it; what is not reserved can't be released."""
    working = account.working.get(order_id)
    if working is None:
        return
    freed = working.remaining if quantity is None else min(quantity, working.remaining)
    working.remaining = subtract(working.remaining, freed)
    _shift(account.holding(working.symbol), working.side, freed.copy_negate())
    if not working.remaining:
        del account.working[order_id]


def _shift(holding: Holding, side: Side, quantity: Decimal) -> None:
    if side is Side.BUY:
        holding.working_buy = add(holding.working_buy, quantity)
    else:
        holding.working_sell = add(holding.working_sell, quantity)
