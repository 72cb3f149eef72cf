"""What units are worth under an order's quote when they leave it, by cancel or by return."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ordercore.kernel import LineId, Money
from ordercore.orders.events import LineValue
from ordercore.orders.order import Order
from ordercore.orders.policy import ChargesRule
from ordercore.pricing import refund

__all__ = ["Worth", "charges_stand", "worth_of"]


@attrs.frozen(kw_only=True)
class Worth:
    """The amount that is no longer due when units go, by line and charges, frozen in the event."""

    lines: tuple[LineValue, ...]
    charges: Money
    amount: Money


def charges_stand(order: Order, kept: Mapping[LineId, int]) -> bool:
    """Whether refundable charges are still due with ``kept`` units; a function of the state.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> charges_stand(tea_order(), {"1": 1}), charges_stand(tea_order(), {})
        (True, False)
    """
    if any(kept.values()):
        return True
    return order.policy.charges is ChargesRule.UNLESS_SHIPPED and any(
        line.shipped for line in order.lines
    )


def worth_of(order: Order, going: Mapping[LineId, int]) -> Worth:
    """The step from the units kept now to those kept without ``going``.

    Steps add up: any way of splitting a cancel or return gives the same total.

    Example:
        >>> from ordercore.kernel import LineId
        >>> from ordercore.orders.specimen import tea_order
        >>> str(worth_of(tea_order(), {LineId("2"): 1}).amount)
        'CNY 59.90'
    """
    before = {line.line_id: line.kept for line in order.lines}
    after = {line_id: kept - going.get(line_id, 0) for line_id, kept in before.items()}
    back = refund(
        order.quote,
        before,
        after,
        charges_before=charges_stand(order, before),
        charges_after=charges_stand(order, after),
    )
    amounts = {line.line_id: line.gross for line in back.lines}
    total = back.total
    return Worth(
        lines=tuple(
            LineValue(line_id=line_id, quantity=units, amount=amounts[line_id])
            for line_id, units in going.items()
            if units
        ),
        charges=Money(
            total.minor - sum(amount.minor for amount in amounts.values()), order.currency
        ),
        amount=total,
    )
