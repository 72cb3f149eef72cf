"""Whether goods, bills and money of an order tell the same, and what is missing or too much."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from ordercore.kernel import FactValue, FrozenMap, Money, answering, as_map, checked
from ordercore.orders.billing.decide import allowance_open, billable, creditable
from ordercore.orders.order import Order
from ordercore.orders.payment import Payment

__all__ = ["Mismatch", "reconcile"]


def _facts(given: dict[str, FactValue] | FrozenMap[str, FactValue]) -> FrozenMap[str, FactValue]:
    return as_map(given)


@attrs.frozen
@checked
class Mismatch:
    """One thing that does not fit, with its figures.

    Example:
        >>> Mismatch("invoice.missing", {"line": "1", "units": 2}).code
        'invoice.missing'
    """

    code: str
    facts: FrozenMap[str, FactValue] = attrs.field(factory=FrozenMap, converter=_facts)


@answering
def reconcile(order: Order) -> tuple[Mismatch, ...]:
    """Every mismatch between what was delivered, billed, credited, paid and paid out; or none.

    - ``invoice.missing``: units that have come far enough are not billed
    - ``credit_note.missing``: billed units came back, or left the order, and were not credited
    - ``credit_note.allowance_missing``: an allowance on what is billed was not credited
    - ``invoice.revised``: an edit changed the prices of what was billed
    - ``payment.outstanding``: billed and not paid; ``payment.balance``: paid and not due
    - ``refund.pending``: asked for and not reported back
    - ``settlement.missing``: collected by a provider and not paid out, refunds left aside

    O(lines + payments).

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> reconcile(tea_order())
        ()
    """
    return tuple(_mismatches(order))


def _mismatches(order: Order) -> Iterator[Mismatch]:
    for line_id, units in billable(order).items():
        yield Mismatch("invoice.missing", {"line": str(line_id), "units": units})
    for line_id, units in creditable(order).items():
        yield Mismatch("credit_note.missing", {"line": str(line_id), "units": units})
    billing = order.billing
    allowance = allowance_open(order)
    if allowance:
        yield Mismatch(
            "credit_note.allowance_missing", {"amount": Money(allowance, order.currency)}
        )
    if billing.revised_minor:
        yield Mismatch("invoice.revised", {"amount": Money(billing.revised_minor, order.currency)})
    money = order.money
    unpaid = min(money.outstanding.minor, billing.billed_minor)
    if unpaid > 0:
        yield Mismatch("payment.outstanding", {"amount": Money(unpaid, order.currency)})
    if money.balance:
        yield Mismatch("payment.balance", {"amount": money.balance})
    if money.refund_pending:
        yield Mismatch("refund.pending", {"amount": money.refund_pending})
    for payment in order.payments:
        open_ = unsettled_minor(payment)
        if open_:
            yield Mismatch(
                "settlement.missing",
                {
                    "payment": str(payment.payment_id),
                    "amount": Money(open_, order.currency),
                },
            )


def unsettled_minor(payment: Payment) -> int:
    """What a provider holds of a payment: collected, not going back, and not paid out yet."""
    return max(0, payment.held_minor - payment.settled_minor - payment.fee_minor)
