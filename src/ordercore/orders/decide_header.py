"""Placing, confirming, closing and reopening: decisions on the header."""

from __future__ import annotations

from ordercore.kernel import Context, FactValue, LineId, Money, Reason, derived_id
from ordercore.orders.billing.reconciliation import unsettled_minor
from ordercore.orders.billing.tender import PaymentTerms
from ordercore.orders.commands import (
    CloseOrder,
    ConfirmOrder,
    PlaceOrder,
    ReopenOrder,
    RequestReturn,
    ReserveStock,
    ShipUnits,
)
from ordercore.orders.control.commands import SubmitOrder
from ordercore.orders.control.events import OrderSubmitted
from ordercore.orders.draft import Draft, OrderDecision, refused, remedy_id, stage_reason
from ordercore.orders.events import OrderClosed, OrderConfirmed, OrderPlaced, OrderReopened
from ordercore.orders.fulfilling.commands import CompleteStage
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.order import Order
from ordercore.orders.units import ItemKind
from ordercore.pricing import ExpectedQuote, stale

__all__ = ["bind", "close", "confirm", "payment_gate", "place", "reopen", "stock_gate", "submit"]


def place(command: PlaceOrder, context: Context) -> OrderDecision:
    """An order of a quote; refused without lines, below zero, to several places, or unexpected."""
    quote = command.quote
    total = quote.total
    places = quote.destinations
    first = next(iter(places.values()), None)
    reasons = []
    if not quote.lines:
        reasons.append(Reason("place.no_lines", final=True))
    if total.minor < 0:
        reasons.append(Reason("place.total_negative", facts={"total": total}, final=True))
    if any(place != first for place in places.values()):
        reasons.append(
            Reason(
                "place.several_destinations",
                facts={"groups": tuple(places)},
                obtain="an order for each delivery group",
            )
        )
    fee = command.policy.after.restocking
    if fee is not None and fee.currency not in {None, quote.currency}:
        facts = {"fee": str(fee.currency), "quote": str(quote.currency)}
        reasons.append(Reason("place.fee_currency", facts=facts, final=True))
    expected = command.expected or ExpectedQuote()
    reasons.extend(expected.reasons(quote, at=context.now))
    if reasons:
        return refused(*reasons)
    draft = Draft(None, command, context)
    draft.events.append(
        OrderPlaced(
            order_id=command.order_id,
            cause=draft.cause,
            quote=quote,
            total=total,
            policy=command.policy,
            channel=command.channel or quote.channel,
            external_ref=command.external_ref,
            destination=command.destination or first or quote.ship_to,
            customer=command.customer or quote.customer,
            items=command.items,
            draft=command.draft,
            customer_facts=command.customer_facts,
            claims=command.claims,
        )
    )
    return draft.decision()


def stock_gate(order: Order, ask: str) -> Reason | None:
    """Every unit of goods in the order has stock held for it.

    The remedy reserves what is allocated already; where nothing is, the host's plan of
    ``order.demand()`` goes into its allocations. ``ask`` is what the remedy's id starts with.
    """
    goods = [line for line in order.lines if line.item.kind is ItemKind.GOODS]
    missing = sum(line.unreserved for line in goods)
    if not missing:
        return None
    return Reason(
        "gate.stock",
        facts={
            "missing": missing,
            "unplanned": sum(line.backlog for line in goods),
            "lines": tuple(str(line.line_id) for line in goods if line.unreserved),
        },
        remedy=ReserveStock(order.order_id, command_id=derived_id(ask, f"reserve@{order.version}")),
    )


def payment_gate(order: Order, verb: str = ConfirmOrder.verb) -> Reason | None:
    """The money that a command asks for is there, as the order's terms and schedule say.

    Without a schedule that is the whole amount due before the confirmation, and nothing later;
    under terms of delivery or credit nothing at all. An order that was edited to other amounts is
    asked at every shipment for what it was asked for at the confirmation. O(payments).
    """
    needed, facts = _needed(order, verb)
    if not needed:
        return None
    counted = sum(payment.held_minor for payment in order.payments)
    prepaid = order.policy.terms is PaymentTerms.PREPAID
    if not prepaid:
        counted += sum(payment.open_authorisation_minor for payment in order.payments)
    short = needed - counted
    if short <= 0:
        return None
    missing = Money(short, order.currency)
    what = "a captured payment" if prepaid else "a captured or authorised payment"
    return Reason(
        "gate.payment",
        facts={"due": order.due, "missing": missing, **facts},
        obtain=f"{what} of {missing}",
    )


def _needed(order: Order, verb: str) -> tuple[int, dict[str, FactValue]]:
    verbs = {verb}
    if order.amendments.repriced and verb == ShipUnits.verb:
        verbs.add(ConfirmOrder.verb)
    schedule = order.policy.schedule
    if schedule is not None:
        needed = max(schedule.needed_minor(asked, order.due_minor) for asked in verbs)
        return needed, {"needed": Money(needed, order.currency)}
    waits = order.policy.terms in {PaymentTerms.PREPAID, PaymentTerms.AUTHORISED}
    return (order.due_minor if waits and ConfirmOrder.verb in verbs else 0), {}


def confirm(order: Order, command: ConfirmOrder, context: Context) -> OrderDecision:
    """The seller is bound, as far as the stage goes; gates are asked by :mod:`.control.gates`."""
    reason = stage_reason(order, command)
    if reason is not None:
        return refused(reason)
    draft = Draft(order, command, context)
    bind(draft, order)
    return draft.decision()


def bind(draft: Draft, order: Order) -> None:
    """Confirm; authorised money is asked for where the order's policy says so."""
    draft.events.append(OrderConfirmed(order_id=order.order_id, cause=draft.cause))
    draft.notify("order.confirmed")
    draft.settle(order, due_minor=order.due_minor, lifecycle=Lifecycle.CONFIRMED)


def submit(order: Order, command: SubmitOrder, context: Context) -> OrderDecision:
    """A draft is placed for good, while its quote is valid."""
    reason = stage_reason(order, command)
    if reason is not None:
        return refused(reason)
    reasons = stale(order.quote, at=context.now)
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    draft.events.append(OrderSubmitted(order_id=order.order_id, cause=draft.cause))
    return draft.decision()


def _never_arrived(order: Order) -> list[tuple[LineId, int]]:
    """Units of shipments that were lost or came home, as far as no return speaks of them yet."""
    gone: dict[LineId, int] = {}
    for known in order.fulfilments:
        if known.ended and known.counts_as in {"returned", "written_off"} and known.shipment_id:
            shipment = order.shipment(known.shipment_id)
            for part in () if shipment is None else shipment.lines:
                gone[part.line_id] = gone.get(part.line_id, 0) + part.under_way
    returnable = {line.line_id: line.returnable for line in order.lines}
    return [
        (line_id, units)
        for line_id, count in gone.items()
        if (units := min(count, returnable[line_id])) > 0
    ]


def _lost(order: Order, command: CloseOrder) -> list[Reason]:
    """What never arrived is somebody's: a return says whose, and what becomes of the money."""
    return [
        Reason(
            "close.units_lost",
            facts={"line": str(line_id), "units": units},
            remedy=RequestReturn(
                order.order_id,
                command_id=remedy_id(order, command, f"lost-{line_id}"),
                return_id=remedy_id(order, command, f"lost-{line_id}"),
                lines={line_id: units},
                cause="shipment.lost",
            ),
        )
        for line_id, units in _never_arrived(order)
    ]


def _unfinished(order: Order, command: CloseOrder) -> list[Reason]:
    """Returns of which every unit came, and that stand in a stage that is to be completed."""
    return [
        Reason(
            "close.return_unfinished",
            facts={"return": str(case.return_id), "stage": case.at.stage},
            remedy=CompleteStage(
                order.order_id,
                command_id=remedy_id(order, command, f"finish-{case.return_id}"),
                return_id=case.return_id,
                stage=case.at.stage,
            ),
        )
        for case in order.returns
        if not case.open and not case.at.ended
    ]


def close(order: Order, command: CloseOrder, context: Context) -> OrderDecision:
    """The end of a confirmed order; every reason why it is not at its end yet is given."""
    reason = stage_reason(order, command)
    if reason is not None:
        return refused(reason)
    reasons = []
    unshipped = sum(line.cancellable for line in order.lines)
    if unshipped:
        reasons.append(
            Reason(
                "close.units_unshipped",
                facts={"units": unshipped},
                obtain=f"{unshipped} units shipped or cancelled",
            )
        )
    # Units that came back were with the buyer, whether or not a scan said so.
    under_way = sum(
        max(0, line.shipped - max(line.delivered, line.returned)) for line in order.lines
    ) - sum(units for _, units in _never_arrived(order))
    if under_way:
        reasons.append(
            Reason(
                "close.units_under_way",
                facts={"units": under_way},
                obtain=f"the delivery of {under_way} units",
            )
        )
    reasons.extend(_lost(order, command))
    expected = sum(line.return_requested - line.returned for line in order.lines)
    if expected:
        reasons.append(
            Reason(
                "close.return_open",
                facts={"units": expected},
                obtain=f"{expected} units of open returns",
            )
        )
    reasons.extend(_unfinished(order, command))
    money = order.money
    if money.outstanding or money.balance or money.refund_pending:
        reasons.append(
            Reason(
                "close.money_open",
                facts={
                    "outstanding": money.outstanding,
                    "balance": money.balance,
                    "refund_pending": money.refund_pending,
                },
                obtain="the captures and refunds that settle the order",
            )
        )
    if order.policy.settled_first:
        unsettled = sum(unsettled_minor(payment) for payment in order.payments)
        if unsettled:
            reasons.append(
                Reason(
                    "close.unsettled",
                    facts={"amount": Money(unsettled, order.currency)},
                    obtain="the pay-outs of the payment providers",
                )
            )
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    draft.events.append(OrderClosed(order_id=order.order_id, cause=draft.cause))
    return draft.decision()


def reopen(order: Order, command: ReopenOrder, context: Context) -> OrderDecision:
    """A closed order is taken up again."""
    reason = stage_reason(order, command)
    if reason is not None:
        return refused(reason)
    draft = Draft(order, command, context)
    draft.events.append(OrderReopened(order_id=order.order_id, cause=draft.cause))
    return draft.decision()
