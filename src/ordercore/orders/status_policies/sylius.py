"""The statuses of Sylius: payment state, shipping state, and the order's own.

After ``OrderPaymentStateResolver``, ``OrderShippingStateResolver`` and ``OrderStateResolver`` in
``Sylius/Component/Core/StateResolver`` (Sylius 1.12 to 2).
"""

from __future__ import annotations

from typing import Final

from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.status_policies.figures import money_status, return_status, unit_status
from ordercore.orders.statuses import AxisStatus, StatusPolicy, Tally

__all__ = ["SYLIUS_STATUSES"]


def _against(amount: int, tally: Tally, whole: str, part: str) -> str:
    return whole if amount >= tally.total_minor else part


def _cancelled(tally: Tally) -> bool:
    """An order that expired is cancelled there: the platform has no word for the other."""
    return tally.lifecycle in {Lifecycle.CANCELLED, Lifecycle.EXPIRED}


def _payment_state(tally: Tally) -> str:
    money = tally.money
    if tally.lifecycle is Lifecycle.DRAFT:
        return "cart"
    if money.refunded.minor:
        return _against(money.refunded.minor, tally, "refunded", "partially_refunded")
    if money.paid.minor:
        return _against(money.paid.minor, tally, "paid", "partially_paid")
    if not tally.payments and not tally.total_minor:
        return "paid"
    if _cancelled(tally):
        return "cancelled"
    if money.authorised.minor:
        return _against(money.authorised.minor, tally, "authorized", "partially_authorized")
    return "awaiting_payment"


def _payment(tally: Tally) -> AxisStatus:
    """Refunded money decides before paid money, paid before authorised, each against the total.

    The total is that of the order as it was placed. An order that nobody has to pay is ``paid``.
    What was paid stays so when the order is cancelled: only what waits for money is ``cancelled``.
    """
    return money_status(_payment_state(tally), tally)


def _shipping_state(tally: Tally) -> str:
    if _cancelled(tally) or not tally.open:
        return "cancelled"
    if tally.lifecycle is Lifecycle.DRAFT:
        return "cart"
    # All shipments have left, of which an order that needs none has none.
    if tally.shipped == tally.open or not tally.goods:
        return "shipped"
    return "partially_shipped" if tally.shipped else "ready"


def _shipping(tally: Tally) -> AxisStatus:
    """``shipped`` when every shipment has left, also where there is none; else by what did."""
    return unit_status(_shipping_state(tally), tally, goods=tally.goods)


def _return(tally: Tally) -> AxisStatus:
    """Sylius knows no returns; the figures are given with no word."""
    return return_status("none", tally)


def _order_state(tally: Tally) -> AxisStatus:
    """``fulfilled`` once it was paid and shipped, whatever goes back later; else ``new``."""
    if _cancelled(tally):
        word = "cancelled"
    elif tally.lifecycle is Lifecycle.DRAFT:
        word = "cart"
    else:
        paid = tally.money.paid.minor >= tally.total_minor
        word = "fulfilled" if paid and _shipping_state(tally) == "shipped" else "new"
    return unit_status(word, tally)


SYLIUS_STATUSES: Final = StatusPolicy(
    name="sylius", payment=_payment, fulfilment=_shipping, return_=_return, display=_order_state
)
