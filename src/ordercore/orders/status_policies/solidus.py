"""The statuses of Solidus: payment state, shipment state, and the order's own.

After ``Spree::OrderUpdater#determine_payment_state`` and ``#determine_shipment_state``,
``Spree::Order#outstanding_balance`` and ``Spree::Shipment#determine_state`` (Solidus 4).
"""

from __future__ import annotations

from typing import Final

from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.status_policies.figures import money_status, return_status, unit_status
from ordercore.orders.statuses import AxisStatus, StatusPolicy, Tally

__all__ = ["SOLIDUS_STATUSES"]


def _cancelled(tally: Tally) -> bool:
    """An order that expired is cancelled there: the platform has no word for the other."""
    return tally.lifecycle in {Lifecycle.CANCELLED, Lifecycle.EXPIRED}


def _payment_total(tally: Tally) -> int:
    """Completed payments less refunds; a refund counts from when it is made."""
    money = tally.money
    return money.paid.minor - money.refunded.minor - money.refund_pending.minor


def _outstanding(tally: Tally) -> int:
    """The total less reimbursements, which is our amount due, less what was paid.

    A cancelled order owes back whatever it holds.
    """
    paid = _payment_total(tally)
    return -paid if _cancelled(tally) else tally.money.due.minor - paid


def _payment_state(tally: Tally) -> str:
    outstanding = _outstanding(tally)
    if tally.payments and not tally.payments_valid and outstanding:
        return "failed"
    if _cancelled(tally) and not _payment_total(tally):
        return "void"
    if outstanding:
        return "balance_due" if outstanding > 0 else "credit_owed"
    return "paid"


def _payment(tally: Tally) -> AxisStatus:
    """``failed`` with no valid payment, ``void`` when cancelled with nothing held.

    Else ``balance_due``, ``credit_owed`` or ``paid`` by the sign of what is outstanding.
    """
    return money_status(
        _payment_state(tally),
        tally,
        outstanding_minor=_outstanding(tally),
        valid_payments=tally.payments_valid,
    )


def _shipment_state(tally: Tally) -> str:
    if _cancelled(tally) or not tally.open:
        return "canceled"
    if tally.open > tally.reserved:
        return "backorder"
    if tally.shipped:
        return "shipped" if tally.shipped == tally.reserved else "partial"
    ready = _payment_state(tally) in {"paid", "credit_owed"}
    return "ready" if ready else "pending"


def _shipment(tally: Tally) -> AxisStatus:
    """``backorder`` before all: an open unit without stock; then the one state of all shipments.

    Two states are ``partial``. What has not left is ``ready`` when the order is paid, else
    ``pending``; the shop's setting that goods leave unpaid is taken as off, its default.
    """
    return unit_status(_shipment_state(tally), tally, backordered=tally.open - tally.reserved)


def _return(tally: Tally) -> AxisStatus:
    """The reception status of return items: ``awaiting`` while one is to come, else ``received``.

    Solidus has it for each item and none for the order; without a return there is no word.
    """
    if not tally.return_requested:
        return return_status("none", tally)
    waiting = tally.return_requested > tally.returned
    return return_status("awaiting" if waiting else "received", tally)


def _order_state(tally: Tally) -> AxisStatus:
    """``cart``, ``complete`` from the checkout on, ``returned`` with every unit, ``canceled``."""
    if _cancelled(tally):
        word = "canceled"
    else:
        all_back = tally.open and tally.returned == tally.open
        draft = tally.lifecycle is Lifecycle.DRAFT
        word = "returned" if all_back else "cart" if draft else "complete"
    return unit_status(word, tally, returned=tally.returned)


SOLIDUS_STATUSES: Final = StatusPolicy(
    name="solidus", payment=_payment, fulfilment=_shipment, return_=_return, display=_order_state
)
