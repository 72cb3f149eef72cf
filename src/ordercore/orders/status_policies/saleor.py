"""The statuses of Saleor: charge status, order status, and the second word about money.

After ``update_order_status``, ``update_order_charge_status`` and ``update_order_authorize_status``
in ``saleor/order/utils.py`` (Saleor 3). Words are those that are stored.
"""

from __future__ import annotations

from typing import Final

import attrs

from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.status_policies.figures import money_status, return_status, unit_status
from ordercore.orders.statuses import AxisStatus, StatusPolicy, Tally

__all__ = ["SALEOR_AUTHORIZE_STATUSES", "SALEOR_STATUSES"]


_STAGES: Final = {
    Lifecycle.DRAFT: "draft",
    Lifecycle.SUBMITTED: "unconfirmed",
    Lifecycle.CANCELLED: "canceled",
    Lifecycle.EXPIRED: "expired",
}


def _charged(tally: Tally) -> int:
    """Money that is charged: Saleor takes refunds off it as soon as they are asked for."""
    return tally.money.kept.minor + tally.money.balance.minor


def _total(tally: Tally) -> int:
    """The total less granted refunds, which is our amount due; a cancel grants no refund there."""
    ended = tally.lifecycle in {Lifecycle.CANCELLED, Lifecycle.EXPIRED}
    return tally.total_minor if ended else tally.money.due.minor


def _charge_status(tally: Tally) -> AxisStatus:
    """Charged money against the total less granted refunds.

    Equal is ``full``, also where both are nothing; nothing or less ``none``; less ``partial``;
    more ``overcharged``.
    """
    charged, due = _charged(tally), _total(tally)
    if charged == due:
        word = "full"
    elif charged <= 0:
        word = "none"
    else:
        word = "partial" if charged < due else "overcharged"
    return money_status(word, tally, charged_minor=charged)


def _authorize_status(tally: Tally) -> AxisStatus:
    """Authorised and charged money together against the same total.

    Nothing covered is ``full`` for an order that was free from the start and ``none`` otherwise.
    """
    covered = _charged(tally) + tally.money.authorised.minor
    if covered == 0:
        word = "none" if tally.total_minor else "full"
    else:
        word = "full" if covered >= _total(tally) else "partial"
    return money_status(word, tally, covered_minor=covered)


def _order_status(tally: Tally) -> str:
    """Fulfilled and returned units against all units of the order.

    Nothing fulfilled is ``unfulfilled``; then returns come before fulfilment: some units returned
    is ``partially_returned`` however many are still to be sent.
    """
    if tally.lifecycle in _STAGES:
        return _STAGES[tally.lifecycle]
    if not tally.open:
        return "canceled"
    if not tally.shipped:
        return "unfulfilled"
    if tally.accepted:
        return "returned" if tally.accepted == tally.open else "partially_returned"
    return "fulfilled" if tally.shipped == tally.open else "partially fulfilled"


def _fulfilment(tally: Tally) -> AxisStatus:
    return unit_status(_order_status(tally), tally, accepted=tally.accepted)


def _return(tally: Tally) -> AxisStatus:
    """Saleor tells returns in the order status; without any, there is no word."""
    word = _order_status(tally)
    return return_status(word if tally.accepted else "none", tally)


SALEOR_STATUSES: Final = StatusPolicy(
    name="saleor",
    payment=_charge_status,
    fulfilment=_fulfilment,
    return_=_return,
    display=_fulfilment,
)
SALEOR_AUTHORIZE_STATUSES: Final = attrs.evolve(
    SALEOR_STATUSES, name="saleor.authorize", payment=_authorize_status
)
