"""``decide``: an order against state and market gives one explained decision. It changes nothing."""

from __future__ import annotations

from decimal import Decimal

from risk.digest import order_digest
from risk.exact import ZERO, subtract
from risk.largest import largest_approvable
from risk.layers import evaluate
from risk.proposal import Proposal
from risk.replacing import terms_of
from risk.state import Prior
from schemas.decisions import Decision, LayerResult, MarkUsed, Reservation, Status
from schemas.orders import OrderCancel, OrderReplace, OrderRequest
from schemas.reasons import EXPLANATIONS, Reason
from schemas.times import duration, moment

Order = OrderRequest | OrderReplace | OrderCancel
_UNDEFINED = {Reason.ACCOUNT_UNKNOWN, Reason.SYMBOL_UNKNOWN, Reason.ORDER_UNKNOWN}


def decide_order(proposal: Proposal) -> Decision:
    """Put an order through the ten layers.

    One that came too late to be approved is not searched for a size that would be: a backlog must be cheaper to refuse
    than to decide, or it is never worked off.
    """
    layers = evaluate(proposal)
    refusing = next((layer for layer in layers if layer.verdict.rejects), None)
    reason = Reason.APPROVED if refusing is None else _reason_of(refusing)
    approved = refusing is None
    largest = proposal.quantity if approved else ZERO if proposal.too_late else largest_approvable(proposal, layers)
    order = proposal.replaced or proposal.order
    return Decision(
        order_id=order.order_id,
        account_id=order.account_id,
        status=Status.APPROVED if approved else Status.REJECTED,
        reason=reason,
        fix_ord_rej_reason=EXPLANATIONS[reason].fix,
        text=explain(reason, refusing, proposal),
        score=round(layers[-1].measure or 0.0, 3),
        max_quantity=largest,
        recommendations=recommend(reason, largest),
        layers=layers,
        reducing=proposal.reducing,
        dry_run=proposal.order.dry_run,
        order=order,
        reservation=_reservation(proposal) if approved and not proposal.order.dry_run else None,
        preset=_preset(proposal),
        crisis=proposal.crisis,
        limits_version=proposal.account.limits_version if proposal.account is not None else 0,
        marks=_marks(proposal),
        equity=proposal.equity,
        book_prices=proposal.book.prices if proposal.book is not None else {},
        market_version=proposal.market.version,
        received_at_ns=proposal.arrival.received_ns,
        deadline_ns=proposal.arrival.deadline_ns,
        decided_at_ns=proposal.now_ns,
    )


def cancelled(order: OrderCancel, now_ns: int) -> Decision:
    """A cancel is never blocked."""
    return Decision(
        order_id=order.order_id,
        account_id=order.account_id,
        status=Status.APPROVED,
        reason=Reason.APPROVED,
        text="cancels are never blocked",
        score=100.0,
        order=order,
        reducing=True,
        decided_at_ns=now_ns,
    )


def failed(order: Order, now_ns: int, error: str) -> Decision:
    """No verdict is no approval: an order that the engine failed on is refused, saying so."""
    reason = Reason.DECISION_FAILED
    return Decision(
        order_id=order.order_id,
        account_id=order.account_id,
        status=Status.REJECTED,
        reason=reason,
        fix_ord_rej_reason=EXPLANATIONS[reason].fix,
        text=f"{EXPLANATIONS[reason].text}: {error}"[:200],
        order=order,
        dry_run=getattr(order, "dry_run", False),
        decided_at_ns=now_ns,
    )


def repeated(order: Order, prior: Prior, now_ns: int) -> Decision:
    """The same answer to the same order; a different order under a used id is refused."""
    same = prior.digest == order_digest(order)
    reason = prior.reason if same else Reason.ORDER_ID_REUSED
    return Decision(
        order_id=order.order_id,
        account_id=order.account_id,
        status=prior.status if same else Status.REJECTED,
        reason=reason,
        fix_ord_rej_reason=EXPLANATIONS[reason].fix,
        text=f"decided at {moment(prior.decided_at_ns)}" if same else EXPLANATIONS[reason].text,
        repeat=True,
        order=order,
        decided_at_ns=now_ns,
    )


def explain(reason: Reason, refusing: LayerResult | None, proposal: Proposal) -> str:
    """One sentence for FIX Text (58): the reason, what was seen and what was allowed."""
    text = EXPLANATIONS[reason].text
    if refusing is None or refusing.measure is None or refusing.limit is None:
        return f"{text} ({proposal.killed_by})" if reason is Reason.KILL_SWITCH_ACTIVE else text
    return f"{text}: {binding_name(refusing)} {_figures(refusing.measure, refusing.limit, refusing.unit)}"


def _figures(measure: float, limit: float, unit: str) -> str:
    if unit == "ns":
        return f"{duration(measure)} against {duration(limit)}"
    return f"{measure:.6g} against {limit:.6g} {unit}"


def binding_name(layer: LayerResult) -> str:
    """Name of the check that gave the layer its reason."""
    return next((check.name for check in layer.checks if check.reason is layer.reason), layer.name)


def _reason_of(layer: LayerResult) -> Reason:
    assert layer.reason is not None, f"layer {layer.name} rejects without a reason"
    return layer.reason


def _reservation(proposal: Proposal) -> Reservation:
    order, original = proposal.order, proposal.original
    quantity = proposal.quantity if original is None else max(original.reserved, proposal.quantity)
    return Reservation(
        order_id=order.order_id,
        symbol=order.symbol,
        side=order.side,
        quantity=quantity,
        replaces=proposal.replaced.original_order_id if proposal.replaced is not None else None,
        excess=subtract(quantity, proposal.quantity),
        terms=terms_of(order),
    )


def _preset(proposal: Proposal) -> str:
    """The preset that the account's limits come from; ``custom`` where it brings its own, empty without an account."""
    if proposal.account is None:
        return ""
    definition = proposal.account.definition
    return definition.preset if definition.limits is None else "custom"


def _marks(proposal: Proposal) -> tuple[MarkUsed, ...]:
    index, market = proposal.index, proposal.market
    if index is None or proposal.unit is None:
        return ()
    return (
        MarkUsed(
            symbol=proposal.order.symbol,
            price=float(market.price[index]),
            event_time_ns=int(market.price_time_ns[index]),
            version=int(market.mark_version[index]),
        ),
    )


def recommend(reason: Reason, largest: Decimal) -> tuple[str, ...]:
    """What the sender could do."""
    if reason is Reason.APPROVED:
        return ()
    advice = [f"reduce the quantity to {largest} or less"] if largest else []
    kind = EXPLANATIONS[reason]
    if reason.value.startswith("BREAKER"):
        advice.append("send only orders that reduce positions until the breaker is reset or eases")
    elif reason in _UNDEFINED:
        advice.append(f"check the name, or define it before it is used: {kind.text}")
    elif reason.value.endswith(("STALE", "MISSING", "UNKNOWN", "UNAVAILABLE", "TOO_SHORT")):
        advice.append(f"wait until the input is there and fresh: {kind.text}")
    elif not largest:
        advice.append("no part of this order, in whole lots, would pass now")
    return tuple(advice)
