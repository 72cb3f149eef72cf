"""The laws of an order's units and money; tests, kits and the documentation are made from them."""

from __future__ import annotations

from ordercore.kernel import Invariant, LineId, Violation
from ordercore.orders.amending.invariants import AMENDING_INVARIANTS
from ordercore.orders.billing.invariants import BILLING_INVARIANTS
from ordercore.orders.control.invariants import CONTROL_INVARIANTS
from ordercore.orders.fulfilling.invariants import FULFILMENT_INVARIANTS
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.order import Order
from ordercore.orders.worth import shares_worth

__all__ = ["INVARIANTS"]


def _units(order: Order) -> Violation | None:
    for line in order.lines:
        where = (
            line.cancelled
            + line.backlog
            + (line.allocated - line.shipped)
            + (line.shipped - line.accepted)
            + line.accepted
        )
        lowest = min(
            line.cancelled,
            line.backlog,
            line.allocated - line.reserved,
            line.reserved - line.picked,
            line.picked - line.packed,
            line.packed - line.shipped,
            line.shipped - line.delivered,
            line.shipped - line.return_requested,
            line.return_requested - line.returned,
            line.accepted,
            line.rejected,
            line.accepted - line.written_off,
        )
        if where != line.ordered or lowest < 0:
            return Violation(
                "INV-ORDER-1",
                {"line": str(line.line_id), "placed": where, "ordered": line.ordered},
            )
    return None


def _allocations(order: Order) -> Violation | None:
    sums: dict[LineId, list[int]] = {line.line_id: [0, 0, 0] for line in order.lines}
    for known in order.allocations:
        count = sums[known.line_id]
        count[0] += known.quantity
        count[1] += known.reserved
        count[2] += known.shipped
    for line in order.lines:
        if sums[line.line_id] != [line.allocated, line.reserved, line.shipped]:
            return Violation(
                "INV-ORDER-2", {"line": str(line.line_id), "sums": str(sums[line.line_id])}
            )
    return None


def _shipments(order: Order) -> Violation | None:
    sums: dict[LineId, list[int]] = {line.line_id: [0, 0] for line in order.lines}
    for shipment in order.shipments:
        for part in shipment.lines:
            sums[part.line_id][0] += part.quantity
            sums[part.line_id][1] += part.delivered
    for line in order.lines:
        if sums[line.line_id] != [line.shipped, line.delivered]:
            return Violation(
                "INV-ORDER-3", {"line": str(line.line_id), "sums": str(sums[line.line_id])}
            )
    return None


def _returns(order: Order) -> Violation | None:
    sums: dict[LineId, list[int]] = {line.line_id: [0, 0, 0] for line in order.lines}
    for case in order.returns:
        for part in case.lines:
            count = sums[part.line_id]
            count[0] += part.requested
            count[1] += part.accepted
            count[2] += part.rejected
    for line in order.lines:
        if sums[line.line_id] != [line.return_requested, line.accepted, line.rejected]:
            return Violation(
                "INV-ORDER-4", {"line": str(line.line_id), "sums": str(sums[line.line_id])}
            )
    return None


def _value(order: Order) -> Violation | None:
    kept = {line.line_id: line.kept for line in order.lines}
    worth = shares_worth(order, kept) + order.reckoning.claw_back_minor
    if worth != order.value_minor:
        return Violation("INV-ORDER-5", {"value": order.value_minor, "kept_value": worth})
    if order.reckoning.claw_back_minor and not any(kept.values()):
        return Violation("INV-ORDER-5", {"claw_back": order.reckoning.claw_back_minor, "kept": 0})
    return None


def _refunds(order: Order) -> Violation | None:
    for payment in order.payments:
        asked = payment.refund_requested_minor - payment.refund_failed_minor
        took = payment.captured_minor + payment.transferred_minor
        if asked > max(took, payment.collected_minor):
            return Violation(
                "INV-ORDER-6",
                {
                    "payment": str(payment.payment_id),
                    "asked": asked,
                    "captured": took,
                },
            )
    return None


def _money(order: Order) -> Violation | None:
    paid = sum(payment.collected_minor for payment in order.payments)
    money = order.money
    told = (
        money.kept.minor
        + money.refunded.minor
        + money.refund_pending.minor
        + money.charged_back.minor
        + money.balance.minor
    )
    fits = 0 <= money.kept.minor <= order.due_minor
    # With more gone back than came, the buyer owes the amount due and what they got beyond it.
    whole = money.kept.minor + money.outstanding.minor + min(0, money.balance.minor)
    if paid != told or not fits or whole != order.due_minor:
        return Violation("INV-ORDER-7", {"paid": paid, "told": told, "due": order.due_minor})
    return None


def _header(order: Order) -> Violation | None:
    if order.lifecycle is Lifecycle.CANCELLED:
        left = sum(line.ordered - line.cancelled for line in order.lines)
        if left:
            return Violation("INV-ORDER-8", {"stage": "cancelled", "units": left})
    if order.lifecycle is Lifecycle.SUBMITTED:
        shipped = sum(line.shipped for line in order.lines)
        if shipped:
            return Violation("INV-ORDER-8", {"stage": "submitted", "shipped": shipped})
    return None


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-ORDER-1",
        "an order",
        "Every ordered unit is cancelled, unplanned, at a node, with the buyer, or taken back.",
        _units,
    ),
    Invariant(
        "INV-ORDER-2",
        "an order",
        "Its allocations add up to the units allocated, reserved and shipped of each line.",
        _allocations,
    ),
    Invariant(
        "INV-ORDER-3",
        "an order",
        "Its shipments add up to the units shipped and delivered of each line.",
        _shipments,
    ),
    Invariant(
        "INV-ORDER-4",
        "an order",
        "Its returns add up to the units asked back, accepted and rejected of each line.",
        _returns,
    ),
    Invariant(
        "INV-ORDER-5",
        "an order",
        "The value of the order is the quote's value of the units kept, whatever the path to them, "
        "with what is clawed back of these; of nothing, nothing is.",
        _value,
    ),
    Invariant(
        "INV-ORDER-6",
        "an order",
        "An order never asks back more of a payment than was captured of it, and came with units.",
        _refunds,
    ),
    Invariant(
        "INV-ORDER-7",
        "an order",
        "Paid = kept + refunded + refund pending + charged back + balance, "
        "and due = kept + outstanding.",
        _money,
    ),
    Invariant(
        "INV-ORDER-8",
        "an order",
        "A cancelled order has no unit left, and a submitted one has shipped none.",
        _header,
    ),
    *FULFILMENT_INVARIANTS,
    *BILLING_INVARIANTS,
    *CONTROL_INVARIANTS,
    *AMENDING_INVARIANTS,
)
