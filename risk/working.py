"""How reservations come and go: an approval reserves, fills and closes release, a replace takes over.

No message says that a venue took a replace. Until a fill of the new order does, the orders that it replaced may still
be live: they are kept behind it, their fills and closes count against its reservation, and where the venue refuses the
new order the one before it works again.
"""

from __future__ import annotations

from decimal import Decimal

from risk.exact import add, subtract
from risk.state import AccountState, Working
from schemas.base import Side
from schemas.decisions import Reservation, Terms

#: How many replaced orders may be kept behind the one that works.
REPLACED_MAX = 4


def works(account: AccountState, order_id: str) -> bool:
    """Whether an order may be live at the venue, under its own id or behind its successor."""
    return order_id in account.working or order_id in account.successors


def working_of(account: AccountState, order_id: str) -> Working | None:
    """What holds the reservation that an order's fills and its close count against."""
    return account.working.get(account.successors.get(order_id, order_id))


def reserve(account: AccountState, reservation: Reservation) -> None:
    """Hold an approved order's quantity; a replacing order takes over what its original held."""
    release(account, reservation.order_id)
    replaced: dict[str, Working] = {}
    original = account.working.get(reservation.replaces) if reservation.replaces is not None else None
    if original is not None and reservation.replaces is not None:
        replaced = {reservation.replaces: original} | original.replaced
        release(account, reservation.replaces)
        original.replaced = {}
    working = Working(
        symbol=reservation.symbol,
        side=reservation.side,
        remaining=subtract(reservation.quantity, reservation.excess),
        terms=reservation.terms or Terms(),
    )
    _enter(account, reservation.order_id, working, dict(list(replaced.items())[:REPLACED_MAX]))


def release(account: AccountState, order_id: str) -> None:
    """Give back all that an order holds; what is not reserved can't be released."""
    working = account.working.pop(order_id, None)
    if working is not None:
        _shift(account, working, working.reserved.copy_negate())
        for replaced in working.replaced:
            del account.successors[replaced]


def fill(account: AccountState, order_id: str, quantity: Decimal) -> None:
    """Give back what was executed. An order that fills is live: what it replaced is not any more."""
    holder_id = account.successors.get(order_id, order_id)
    working = account.working.get(holder_id)
    if working is None:
        return
    before = working.reserved
    _forget(account, working, _since(working, order_id))
    for each in (working, *working.replaced.values()):
        each.remaining = subtract(each.remaining, min(quantity, each.remaining))
    _forget(account, working, [name for name, each in working.replaced.items() if not each.remaining])
    _shift(account, working, subtract(working.reserved, before))
    if not working.reserved:
        release(account, holder_id)


def close(account: AccountState, order_id: str, rejected: bool) -> None:
    """The venue ended an order, or refused to begin it: then what it was to replace works on."""
    holder = working_of(account, order_id)
    if holder is None:
        return
    before = holder.reserved
    if order_id in holder.replaced:
        _forget(account, holder, [order_id] if rejected else [order_id, *_since(holder, order_id)])
        _shift(account, holder, subtract(holder.reserved, before))
        return
    release(account, order_id)
    if rejected and holder.replaced:
        original = next(iter(holder.replaced))
        _enter(account, original, holder.replaced.pop(original), holder.replaced)


def _enter(account: AccountState, order_id: str, working: Working, replaced: dict[str, Working]) -> None:
    working.replaced = replaced
    account.working[order_id] = working
    account.successors.update(dict.fromkeys(replaced, order_id))
    _shift(account, working, working.reserved)


def _since(working: Working, order_id: str) -> list[str]:
    """The orders that one replaced, itself or before; all that are kept, where it is the newest."""
    replaced = list(working.replaced)
    return replaced[replaced.index(order_id) + 1 :] if order_id in working.replaced else replaced


def _forget(account: AccountState, working: Working, ended: list[str]) -> None:
    for order_id in ended:
        del working.replaced[order_id], account.successors[order_id]


def _shift(account: AccountState, working: Working, quantity: Decimal) -> None:
    holding = account.holding(working.symbol)
    if working.side is Side.BUY:
        holding.working_buy = add(holding.working_buy, quantity)
    else:
        holding.working_sell = add(holding.working_sell, quantity)
