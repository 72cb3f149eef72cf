"""The laws of bills: what is billed is the quote's value of exactly the billed units."""

from __future__ import annotations

from ordercore.kernel import Invariant, LineId, Violation
from ordercore.orders.order import Order
from ordercore.orders.worth import charges_stand, shares_worth

__all__ = ["BILLING_INVARIANTS"]


def _bills(order: Order) -> Violation | None:
    invoiced: dict[LineId, int] = {line.line_id: 0 for line in order.lines}
    credited = dict(invoiced)
    minor = 0
    for invoice in order.billing.invoices:
        minor += invoice.amount.minor
        for line_id, units in invoice.lines.items():
            invoiced[line_id] = invoiced.get(line_id, 0) + units
    for note in order.billing.credit_notes:
        minor -= note.amount.minor
        for line_id, units in note.lines.items():
            credited[line_id] = credited.get(line_id, 0) + units
    counted = {line.line_id: (line.invoiced, line.credited) for line in order.lines}
    for line_id, units in invoiced.items():
        taken_off = credited.get(line_id, 0)
        # A line that left the order by an edit had all its bills taken back.
        if (units, taken_off) != counted.get(line_id, (taken_off, units)):
            return Violation(
                "INV-ORDER-40",
                {"line": str(line_id), "invoiced": units, "credited": taken_off},
            )
    if minor != order.billing.billed_minor:
        return Violation("INV-ORDER-40", {"bills": minor, "billed": order.billing.billed_minor})
    return None


def _worth(order: Order) -> Violation | None:
    if not order.billing.invoices:
        return None
    billed = {line.line_id: line.billed for line in order.lines}
    told = order.billing.for_units_minor + order.billing.revised_minor
    # Charges stand or fall with the state at the last bill, so either value may have been billed.
    worth = {
        shares_worth(order, billed, charges=charges) + order.reckoning.more_minor
        for charges in {charges_stand(order, billed), any(billed.values())}
    }
    if told not in worth:
        return Violation("INV-ORDER-41", {"billed": told, "worth": min(worth)})
    if order.billing.billed_minor < 0 and not _falls(order):
        return Violation("INV-ORDER-41", {"billed": order.billing.billed_minor, "worth": 0})
    return None


def _falls(order: Order) -> bool:
    """Whether something in the order is worth less than nothing, so that a bill may be as well."""
    quote = order.quote
    parts = (*quote.lines, *quote.charges)
    falls = quote.rounding.minor < 0 or order.reckoning.claw_back_minor < 0
    return falls or any(part.gross.minor < 0 for part in parts)


BILLING_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-ORDER-40",
        "an order",
        "Its invoices less its credit notes add up to the units and the amount billed.",
        _bills,
    ),
    Invariant(
        "INV-ORDER-41",
        "an order",
        "What is billed, and what an edit or a claw-back left to bill, is the quote's value of the "
        "billed units, with claw-back and fees, less allowances credited; below zero only where a "
        "line is.",
        _worth,
    ),
)
