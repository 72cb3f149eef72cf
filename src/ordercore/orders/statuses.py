"""Statuses as views of quantities and money: named, replaceable, each with the figures behind it.

No status is stored. A shop that words or cuts them otherwise replaces a function of the policy,
and every live order has the new statuses at once, with nothing to migrate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import attrs

from ordercore.kernel import Choice, FrozenMap, Money, answering, as_map, checked, expect
from ordercore.orders.billing.decide import allowance_open, billable, creditable
from ordercore.orders.billing.reconciliation import unsettled_minor
from ordercore.orders.fulfilling.fulfilment_order import position_rank
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.order import Order
from ordercore.orders.payment import MoneyPosition
from ordercore.orders.units import ItemKind

__all__ = [
    "DEFAULT_STATUSES",
    "AxisRule",
    "AxisStatus",
    "DisplayStatus",
    "FulfilmentStatus",
    "InvoiceStatus",
    "PaymentStatus",
    "ReturnStatus",
    "SettlementStatus",
    "StatusPolicy",
    "Statuses",
    "Tally",
    "statuses",
]


class PaymentStatus(Choice):
    """Where the money of an order stands."""

    NOT_REQUIRED = "not_required"
    UNPAID = "unpaid"
    FAILED = "failed"
    AUTHORISED = "authorised"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    OVERPAID = "overpaid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"


class FulfilmentStatus(Choice):
    """Where the goods of an order stand, returns left aside."""

    UNFULFILLED = "unfulfilled"
    PARTIALLY_RESERVED = "partially_reserved"
    RESERVED = "reserved"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    PARTIALLY_DELIVERED = "partially_delivered"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class ReturnStatus(Choice):
    """What comes back."""

    NONE = "none"
    REQUESTED = "requested"
    PARTIALLY_RETURNED = "partially_returned"
    RETURNED = "returned"
    REJECTED = "rejected"


class InvoiceStatus(Choice):
    """What of the units that ought to be billed is billed."""

    NOT_DUE = "not_due"
    PENDING = "pending"
    PARTIALLY_INVOICED = "partially_invoiced"
    INVOICED = "invoiced"
    CREDIT_PENDING = "credit_pending"
    """More is billed than ought to be: units came back, or an allowance was granted."""
    CREDITED = "credited"
    """Everything that was billed was taken off again."""


class SettlementStatus(Choice):
    """Whether what providers collected has reached the seller."""

    NOTHING = "nothing"
    OPEN = "open"
    PARTIALLY_SETTLED = "partially_settled"
    SETTLED = "settled"


class DisplayStatus(Choice):
    """The one word that a buyer is shown."""

    DRAFT = "draft"
    AWAITING_PAYMENT = "awaiting_payment"
    PLACED = "placed"
    PREPARING = "preparing"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RETURN_IN_PROGRESS = "return_in_progress"
    RETURNED = "returned"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@attrs.frozen(kw_only=True)
@checked
class Tally:
    """An order's counters summed over its lines, and its money: what every axis is derived from.

    ``goods`` are units not cancelled that lie on shelves; ``total_minor`` is what the quote came
    to. ``payments_valid`` are those with money captured or promised. Of fulfilment orders, those
    that are packed and have not left, are under way, have arrived, and ended without leaving.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> tally = Tally.of(tea_order())
        >>> tally.ordered, tally.open, str(tally.money.due)
        (3, 3, 'CNY 315.90')
    """

    lifecycle: Lifecycle
    ordered: int
    cancelled: int
    reserved: int
    shipped: int
    delivered: int
    return_requested: int
    returned: int
    accepted: int
    rejected: int
    failed_minor: int
    invoiced: int = 0
    credited: int = 0
    billable: int = 0
    creditable: int = 0
    allowance_uncredited_minor: int = 0
    settled_minor: int = 0
    unsettled_minor: int = 0
    packed: int = 0
    goods: int = 0
    total_minor: int = 0
    payments: int = 0
    payments_valid: int = 0
    fulfilments_packed: int = 0
    fulfilments_shipped: int = 0
    fulfilments_delivered: int = 0
    fulfilments_ended: int = 0
    money: MoneyPosition

    @property
    def open(self) -> int:
        """Units that were not cancelled."""
        return self.ordered - self.cancelled

    @classmethod
    def of(cls, order: Order) -> Tally:
        """The sums of an order. O(lines + payments)."""
        ordered = cancelled = reserved = shipped = delivered = 0
        return_requested = returned = accepted = rejected = packed = goods = 0
        for line in order.lines:
            ordered += line.ordered
            cancelled += line.cancelled
            reserved += line.reserved
            shipped += line.shipped
            delivered += line.delivered
            return_requested += line.return_requested
            returned += line.returned
            accepted += line.accepted
            rejected += line.rejected
            packed += line.packed
            if line.item.kind is ItemKind.GOODS:
                goods += line.ordered - line.cancelled
        stages = [_stood(known.counts_as) for known in order.fulfilments]
        return cls(
            lifecycle=order.lifecycle,
            ordered=ordered,
            cancelled=cancelled,
            reserved=reserved,
            shipped=shipped,
            delivered=delivered,
            return_requested=return_requested,
            returned=returned,
            accepted=accepted,
            rejected=rejected,
            failed_minor=sum(payment.failed_minor for payment in order.payments),
            invoiced=sum(line.invoiced for line in order.lines),
            credited=sum(line.credited for line in order.lines),
            billable=sum(billable(order).values()),
            creditable=sum(creditable(order).values()),
            allowance_uncredited_minor=allowance_open(order),
            settled_minor=sum(
                payment.settled_minor + payment.fee_minor for payment in order.payments
            ),
            unsettled_minor=sum(unsettled_minor(payment) for payment in order.payments),
            packed=packed,
            goods=goods,
            total_minor=order.quote.total.minor,
            payments=len(order.payments),
            payments_valid=sum(
                payment.captured_minor > 0 or payment.open_authorisation_minor > 0
                for payment in order.payments
            ),
            fulfilments_packed=stages.count("packed"),
            fulfilments_shipped=stages.count("shipped"),
            fulfilments_delivered=stages.count("delivered"),
            fulfilments_ended=stages.count("ended"),
            money=order.money,
        )


def _plain(word: str) -> str:
    """The text of an enumeration's member, so that statuses compare and encode as text."""
    return str.__str__(expect(word, str, "status"))


def _stood(counts_as: str) -> str:
    """How far a fulfilment order got: what is lost or on its way back has left."""
    if counts_as == "cancelled":
        return "ended"
    return counts_as if position_rank(counts_as) >= 0 else "shipped"


def _figures(
    given: Mapping[str, int] | Mapping[str, Money] | Mapping[str, int | Money],
) -> FrozenMap[str, int | Money]:
    return as_map(given)


@attrs.frozen
@checked
class AxisStatus:
    """One status with the quantities and amounts that made it.

    Example:
        >>> AxisStatus("unpaid", {"due": Money.of("1.00", "CNY")}).status
        'unpaid'
    """

    status: str = attrs.field(converter=_plain)
    because: FrozenMap[str, int | Money] = attrs.field(converter=_figures)

    def __str__(self) -> str:
        return self.status


class AxisRule(Protocol):
    """How one axis is derived; a plain function."""

    def __call__(self, tally: Tally, /) -> AxisStatus:
        """The status that the sums make."""
        ...


def _invoice_status(tally: Tally) -> InvoiceStatus:
    billed = tally.invoiced - tally.credited
    if tally.creditable or tally.allowance_uncredited_minor:
        return InvoiceStatus.CREDIT_PENDING
    if tally.billable:
        return InvoiceStatus.PARTIALLY_INVOICED if billed else InvoiceStatus.PENDING
    if billed:
        return InvoiceStatus.INVOICED
    return InvoiceStatus.CREDITED if tally.credited else InvoiceStatus.NOT_DUE


def _default_invoice(tally: Tally) -> AxisStatus:
    return AxisStatus(
        _invoice_status(tally),
        {
            "invoiced": tally.invoiced,
            "credited": tally.credited,
            "billable": tally.billable,
            "creditable": tally.creditable,
        },
    )


def _settlement_status(tally: Tally) -> SettlementStatus:
    if tally.unsettled_minor:
        some = bool(tally.settled_minor)
        return SettlementStatus.PARTIALLY_SETTLED if some else SettlementStatus.OPEN
    return SettlementStatus.SETTLED if tally.settled_minor else SettlementStatus.NOTHING


def _default_settlement(tally: Tally) -> AxisStatus:
    currency = tally.money.due.currency
    return AxisStatus(
        _settlement_status(tally),
        {
            "settled": Money(tally.settled_minor, currency),
            "unsettled": Money(tally.unsettled_minor, currency),
        },
    )


@attrs.frozen(kw_only=True)
@checked
class StatusPolicy:
    """A named way of deriving the axes; replace one with ``attrs.evolve``.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> def plain(tally: Tally) -> AxisStatus:
        ...     return AxisStatus("open" if tally.shipped < tally.open else "done", {})
        >>> shop = attrs.evolve(DEFAULT_STATUSES, name="my shop", display=plain)
        >>> statuses(tea_order(), policy=shop).display.status
        'open'
    """

    name: str
    payment: AxisRule
    fulfilment: AxisRule
    return_: AxisRule
    display: AxisRule
    invoice: AxisRule = _default_invoice
    settlement: AxisRule = _default_settlement


@attrs.frozen(kw_only=True)
@checked
class Statuses:
    """The axes of an order under one policy."""

    policy: str
    payment: AxisStatus
    fulfilment: AxisStatus
    return_: AxisStatus
    display: AxisStatus
    invoice: AxisStatus
    settlement: AxisStatus


# --- the default ---


def _payment_status(money: MoneyPosition, failed_minor: int) -> PaymentStatus:
    went_back = money.refunded.minor + money.refund_pending.minor
    if money.charged_back:
        return PaymentStatus.CHARGED_BACK
    if went_back:
        held = money.kept.minor + money.balance.minor
        return PaymentStatus.PARTIALLY_REFUNDED if held > 0 else PaymentStatus.REFUNDED
    if money.balance.minor > 0:
        return PaymentStatus.OVERPAID
    if not money.due:
        return PaymentStatus.NOT_REQUIRED
    if not money.outstanding:
        return PaymentStatus.PAID
    if money.paid:
        return PaymentStatus.PARTIALLY_PAID
    if money.authorised:
        return PaymentStatus.AUTHORISED
    return PaymentStatus.FAILED if failed_minor else PaymentStatus.UNPAID


def _payment(tally: Tally) -> AxisStatus:
    money = tally.money
    return AxisStatus(
        _payment_status(money, tally.failed_minor),
        {
            "due": money.due,
            "paid": money.paid,
            "authorised": money.authorised,
            "refunded": money.refunded,
            "refund_pending": money.refund_pending,
            "charged_back": money.charged_back,
            "balance": money.balance,
        },
    )


def _fulfilment_status(tally: Tally) -> FulfilmentStatus:
    open_ = tally.open
    if not open_:
        return FulfilmentStatus.CANCELLED
    for counted, whole, part in (
        (tally.delivered, FulfilmentStatus.DELIVERED, FulfilmentStatus.PARTIALLY_DELIVERED),
        (tally.shipped, FulfilmentStatus.SHIPPED, FulfilmentStatus.PARTIALLY_SHIPPED),
        (tally.reserved, FulfilmentStatus.RESERVED, FulfilmentStatus.PARTIALLY_RESERVED),
    ):
        if counted == open_:
            return whole
        if counted:
            return part
    return FulfilmentStatus.UNFULFILLED


def _fulfilment(tally: Tally) -> AxisStatus:
    return AxisStatus(
        _fulfilment_status(tally),
        {
            "ordered": tally.ordered,
            "cancelled": tally.cancelled,
            "reserved": tally.reserved,
            "shipped": tally.shipped,
            "delivered": tally.delivered,
        },
    )


def _return_status(tally: Tally) -> ReturnStatus:
    if not tally.return_requested:
        return ReturnStatus.NONE
    if tally.accepted == tally.shipped:
        return ReturnStatus.RETURNED
    if tally.accepted:
        return ReturnStatus.PARTIALLY_RETURNED
    if tally.rejected == tally.return_requested:
        return ReturnStatus.REJECTED
    return ReturnStatus.REQUESTED


def _return(tally: Tally) -> AxisStatus:
    return AxisStatus(
        _return_status(tally),
        {
            "shipped": tally.shipped,
            "return_requested": tally.return_requested,
            "accepted": tally.accepted,
            "rejected": tally.rejected,
        },
    )


def _display_status(tally: Tally) -> DisplayStatus:
    if tally.lifecycle is Lifecycle.CANCELLED:
        return DisplayStatus.CANCELLED
    if tally.lifecycle is Lifecycle.EXPIRED:
        return DisplayStatus.EXPIRED
    if tally.lifecycle is Lifecycle.DRAFT:
        return DisplayStatus.DRAFT
    if tally.shipped and tally.accepted == tally.shipped == tally.open:
        return DisplayStatus.RETURNED
    if tally.return_requested > tally.returned:
        return DisplayStatus.RETURN_IN_PROGRESS
    if tally.lifecycle is Lifecycle.CLOSED:
        return DisplayStatus.COMPLETED
    if tally.shipped:
        if tally.shipped < tally.open:
            return DisplayStatus.PARTIALLY_SHIPPED
        return (
            DisplayStatus.DELIVERED if tally.delivered == tally.shipped else DisplayStatus.SHIPPED
        )
    if tally.lifecycle is Lifecycle.CONFIRMED:
        return DisplayStatus.PREPARING
    return DisplayStatus.PLACED if tally.money.covered else DisplayStatus.AWAITING_PAYMENT


def _display(tally: Tally) -> AxisStatus:
    return AxisStatus(
        _display_status(tally),
        {
            "open": tally.open,
            "shipped": tally.shipped,
            "delivered": tally.delivered,
            "returned": tally.returned,
            "outstanding": tally.money.outstanding,
        },
    )


DEFAULT_STATUSES = StatusPolicy(
    name="ordercore", payment=_payment, fulfilment=_fulfilment, return_=_return, display=_display
)


@answering
def statuses(order: Order, *, policy: StatusPolicy = DEFAULT_STATUSES) -> Statuses:
    """Payment, fulfilment, return, invoice, settlement and display status, each with its figures.

    O(lines + payments).

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> now = statuses(tea_order())
        >>> str(now.payment), str(now.fulfilment), now.fulfilment.because["ordered"]
        ('unpaid', 'unfulfilled', 3)
    """
    tally = Tally.of(expect(order, Order, "order"))
    return Statuses(
        policy=policy.name,
        payment=policy.payment(tally),
        fulfilment=policy.fulfilment(tally),
        return_=policy.return_(tally),
        display=policy.display(tally),
        invoice=policy.invoice(tally),
        settlement=policy.settlement(tally),
    )
