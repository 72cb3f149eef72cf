"""The figures that the platforms' rules read, beside the status that they make of them."""

from __future__ import annotations

from ordercore.kernel import Money
from ordercore.orders.statuses import AxisStatus, Tally

__all__ = ["money_status", "return_status", "unit_status"]


def money_status(word: str, tally: Tally, **more: int) -> AxisStatus:
    """A word about money, with the amounts behind it."""
    money = tally.money
    currency = money.due.currency
    return AxisStatus(
        word,
        {
            "total": Money(tally.total_minor, currency),
            "due": money.due,
            "paid": money.paid,
            "authorised": money.authorised,
            "refunded": money.refunded,
            "refund_pending": money.refund_pending,
            **more,
        },
    )


def unit_status(word: str, tally: Tally, **more: int) -> AxisStatus:
    """A word about goods, with the units behind it."""
    return AxisStatus(
        word,
        {
            "ordered": tally.ordered,
            "cancelled": tally.cancelled,
            "reserved": tally.reserved,
            "packed": tally.packed,
            "shipped": tally.shipped,
            "delivered": tally.delivered,
            **more,
        },
    )


def return_status(word: str, tally: Tally) -> AxisStatus:
    """A word about what comes back, with the units behind it."""
    return AxisStatus(
        word,
        {
            "shipped": tally.shipped,
            "return_requested": tally.return_requested,
            "returned": tally.returned,
            "accepted": tally.accepted,
            "rejected": tally.rejected,
        },
    )
