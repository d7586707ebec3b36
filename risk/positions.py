"""How a fill changes a holding. Exact decimals throughout."""

from __future__ import annotations

from decimal import Decimal

from risk import working
from risk.digest import chained
from risk.exact import ZERO, add, multiply, share, subtract
from risk.state import FILL_WINDOW, PENDING_MAX, AccountState, Holding, trim
from schemas.base import Side
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
    working.fill(account, fill.order_id, fill.quantity)


def suspend(pending: list[Fill], fill: Fill) -> bool:
    """Keep a fill that can't be booked yet, once; ``False`` if there is no room for it."""
    if any(each.fill_id == fill.fill_id for each in pending):
        return True
    if len(pending) >= PENDING_MAX:
        return False
    pending.append(fill)
    return True


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
