"""The statuses of Medusa: payment status, fulfilment status, returns, and the order's own.

After ``getLastPaymentStatus`` and ``getLastFulfillmentStatus`` in
``core-flows/src/order/utils/aggregate-status.ts`` (Medusa 2), for the one payment collection that
an order has unless it was edited.
"""

from __future__ import annotations

from typing import Final

from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.status_policies.figures import money_status, return_status, unit_status
from ordercore.orders.statuses import AxisStatus, StatusPolicy, Tally

__all__ = ["MEDUSA_STATUSES"]


def _cancelled(tally: Tally) -> bool:
    """An order that expired is cancelled there: the platform has no word for the other."""
    return tally.lifecycle in {Lifecycle.CANCELLED, Lifecycle.EXPIRED}


def _payment_status(tally: Tally) -> str:
    money, total = tally.money, tally.total_minor
    if money.refunded.minor > 0:
        return "refunded" if money.refunded.minor == total else "partially_refunded"
    if money.paid.minor > 0:
        return "captured" if money.paid.minor == total else "partially_captured"
    if _cancelled(tally):
        return "canceled"  # cancelling the order cancels a collection that took nothing
    if money.authorised.minor >= total > 0:
        return "authorized"
    if tally.payments and not money.authorised.minor:
        return "awaiting"
    return "not_paid"


def _payment(tally: Tally) -> AxisStatus:
    """Refunds before captures, each whole only when exactly the collection's amount.

    So more than the amount is ``partially_refunded`` or ``partially_captured``, as it is there.
    A collection that is authorised in part counts for nothing, and is ``not_paid``.
    """
    return money_status(_payment_status(tally), tally, payments=tally.payments)


def _fulfilment_status(tally: Tally) -> str:
    live = tally.fulfilments_packed + tally.fulfilments_shipped + tally.fulfilments_delivered
    for counted, whole, part in (
        (tally.fulfilments_delivered, "delivered", "partially_delivered"),
        (tally.fulfilments_shipped, "shipped", "partially_shipped"),
        (tally.fulfilments_packed, "fulfilled", "partially_fulfilled"),
    ):
        if counted:
            return whole if counted == live and tally.packed >= tally.open else part
    return "canceled" if tally.fulfilments_ended else "not_fulfilled"


def _fulfilment(tally: Tally) -> AxisStatus:
    """The furthest that any fulfilment got; whole when all got there and no unit is left over.

    A fulfilment exists there from when it is packed, so ours count from ``packed`` on. With all
    of them cancelled it is ``canceled``.
    """
    return unit_status(
        _fulfilment_status(tally),
        tally,
        fulfilments_packed=tally.fulfilments_packed,
        fulfilments_shipped=tally.fulfilments_shipped,
        fulfilments_delivered=tally.fulfilments_delivered,
        fulfilments_ended=tally.fulfilments_ended,
    )


def _return(tally: Tally) -> AxisStatus:
    """The status of the order's returns together; Medusa has it for each return."""
    if not tally.return_requested:
        word = "none"
    elif not tally.returned:
        word = "requested"
    else:
        whole = tally.returned == tally.return_requested
        word = "received" if whole else "partially_received"
    return return_status(word, tally)


def _order_status(tally: Tally) -> AxisStatus:
    """``pending`` until somebody completes the order, which is our closing it; ``canceled``."""
    word = "pending"
    if _cancelled(tally):
        word = "canceled"
    elif tally.lifecycle is Lifecycle.DRAFT:
        word = "draft"
    elif tally.lifecycle is Lifecycle.CLOSED:
        word = "completed"
    return unit_status(word, tally)


MEDUSA_STATUSES: Final = StatusPolicy(
    name="medusa", payment=_payment, fulfilment=_fulfilment, return_=_return, display=_order_status
)
