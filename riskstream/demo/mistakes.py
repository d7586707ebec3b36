"""What goes wrong when orders are typed by hand; each makes a wrong order of a right one."""

from __future__ import annotations

from decimal import Decimal

from riskstream.demo.drafts import CENT, Draft, View
from schemas.base import Side
from schemas.orders import OrderType


def _too_many(view: View, draft: Draft) -> Draft:
    del view
    return draft._replace(quantity=draft.quantity * 100)


def _off_price(view: View, draft: Draft) -> Draft:
    price = (view.prices[draft.symbol] * (Decimal("1.1") if draft.side is Side.BUY else Decimal("0.9"))).quantize(CENT)
    return draft._replace(fields={"order_type": OrderType.LIMIT, "limit_price": price})


def _off_tick(view: View, draft: Draft) -> Draft:
    price = view.prices[draft.symbol] + Decimal("0.005")
    return draft._replace(fields={"order_type": OrderType.LIMIT, "limit_price": price})


def _no_price(view: View, draft: Draft) -> Draft:
    del view
    return draft._replace(fields={"order_type": OrderType.LIMIT})


def _part_of_a_share(view: View, draft: Draft) -> Draft:
    del view
    return draft._replace(quantity=draft.quantity + Decimal("0.5"))


def _wrong_symbol(view: View, draft: Draft) -> Draft:
    wrong = ("APPL", "NEWCO", "RSTR", "XOM")[int(view.random.integers(4))]
    return draft._replace(symbol=wrong, quantity=Decimal(100))


def _wrong_account(view: View, draft: Draft) -> Draft:
    del view
    return draft._replace(fields={"account_id": "retial"})


def _not_reducing(view: View, draft: Draft) -> Draft:
    del view
    return draft._replace(side=Side.BUY, fields={"reduce_only": True})


def _short_by_mistake(view: View, draft: Draft) -> Draft:
    held = view.positions.get(draft.symbol, Decimal(0))
    return draft._replace(side=Side.SELL, quantity=held + draft.quantity)


MISTAKES = (
    _too_many,
    _off_price,
    _off_tick,
    _no_price,
    _part_of_a_share,
    _wrong_symbol,
    _wrong_account,
    _not_reducing,
    _short_by_mistake,
)
