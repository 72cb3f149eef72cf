"""What a shop decides once about its orders: when money is taken, and what is kept or let go."""

from __future__ import annotations

import attrs

from ordercore.kernel import Choice, Duration, checked, problems
from ordercore.orders.billing.tender import PaymentSchedule, PaymentTerms, RefundRouting
from ordercore.pricing import DEFAULT_AFTER_ORDER, AfterOrderPolicy

__all__ = [
    "DEFAULT_ORDER_POLICY",
    "CaptureRule",
    "ChargesRule",
    "ClaimsRule",
    "InvoiceRule",
    "OrderPolicy",
    "RaisedDueRule",
]


class CaptureRule(Choice):
    """When an order asks for the authorised money."""

    ON_CONFIRM = "on_confirm"
    """As soon as the order is confirmed, up to the amount due."""
    BY_HOST = "by_host"
    """Never by itself; the host or the provider captures."""


class ChargesRule(Choice):
    """When shipping and fees go back to the buyer. Both depend on the state only, not the path."""

    WITH_LAST_UNIT = "with_last_unit"
    """When the buyer keeps nothing."""
    UNLESS_SHIPPED = "unless_shipped"
    """When the buyer keeps nothing and nothing was ever shipped."""


class ClaimsRule(Choice):
    """What becomes of the uses of promotions that an order holds when it ends before it shipped."""

    RELEASED = "released"
    """They are given back, and others may have them."""
    KEPT = "kept"
    """They stay used."""
    WITH_DISCOUNT = "with_discount"
    """Each is given back once nothing that the buyer keeps has a discount of it, shipped or not."""


class InvoiceRule(Choice):
    """When units ought to be billed."""

    ON_CONFIRM = "on_confirm"
    ON_SHIPMENT = "on_shipment"
    ON_DELIVERY = "on_delivery"


class RaisedDueRule(Choice):
    """What becomes of a cancel or return after which *more* is due than before.

    That happens where a line is worth less than nothing: a coupon above the price of what it was
    for, a credit that a channel writes as a line. Without the line the rest costs more. So it does
    where a policy asks promotions again, and what is lost of them is more than what goes was worth.
    """

    OWED = "owed"
    """The buyer owes it: an order that is not confirmed yet waits for the missing amount."""
    CARRIED = "carried"
    """Nobody is asked for it: it is carried, and later refunds come less by it."""
    WAIVED = "waived"
    """It is granted as an allowance in the same decision, so that nobody pays more than agreed."""


@attrs.frozen(kw_only=True)
@checked
class OrderPolicy:
    """Pinned to an order when it is placed, so that a later change touches no live order.

    ``pay_within`` is how long a submitted order may wait for a payment that covers what is due;
    then it expires: at that instant, not after it. None waits for ever.
    ``remembered_ids`` is how many command ids, and how many fact ids, an order remembers at
    least; a repeat beyond that is the store's to catch by its own index. ``terms`` says which
    money has to be there at confirmation, ``schedule`` which parts of it when (a deposit, then the
    balance), ``refunds`` over which payments refunds go back, ``raised_due`` who bears what a
    cancel adds, ``invoice`` when units ought to be billed, ``claims`` whether uses of
    promotions come back, ``after`` what becomes of discounts, gifts and shipping when units go, and
    what is kept for taking them back. With ``settled_first`` an order is
    closed only when its providers have paid out.

    Raises:
        InvalidBatch: ``policy.remembered_ids`` below 1, ``policy.pay_within`` not above zero.

    Example:
        >>> OrderPolicy(charges="unless_shipped").charges
        <ChargesRule.UNLESS_SHIPPED: 'unless_shipped'>
    """

    name: str = "default"
    capture: CaptureRule = attrs.field(default=CaptureRule.ON_CONFIRM, converter=CaptureRule)
    charges: ChargesRule = attrs.field(default=ChargesRule.WITH_LAST_UNIT, converter=ChargesRule)
    raised_due: RaisedDueRule = attrs.field(default=RaisedDueRule.CARRIED, converter=RaisedDueRule)
    terms: PaymentTerms = attrs.field(default=PaymentTerms.AUTHORISED, converter=PaymentTerms)
    schedule: PaymentSchedule | None = None
    refunds: RefundRouting = attrs.field(
        default=RefundRouting.ORIGINAL_FIRST, converter=RefundRouting
    )
    invoice: InvoiceRule = attrs.field(default=InvoiceRule.ON_SHIPMENT, converter=InvoiceRule)
    claims: ClaimsRule = attrs.field(default=ClaimsRule.RELEASED, converter=ClaimsRule)
    settled_first: bool = False
    remembered_ids: int = 256
    pay_within: Duration | None = None
    after: AfterOrderPolicy = DEFAULT_AFTER_ORDER

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.name:
            faults.add("policy.name", "name", self.name, "a name")
        if type(self.remembered_ids) is not int or self.remembered_ids < 1:
            faults.add(
                "policy.remembered_ids", "remembered_ids", self.remembered_ids, "an integer ≥ 1"
            )
        if self.pay_within is not None and self.pay_within.microseconds <= 0:
            faults.add("policy.pay_within", "pay_within", str(self.pay_within), "a positive time")
        faults.raise_if_any("order policy")


DEFAULT_ORDER_POLICY = OrderPolicy()
