"""What a channel reports beside the lines: totals, coupons, payments, refunds, fulfilments."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import (
    CouponCode,
    Instant,
    InvalidValue,
    LineId,
    Money,
    as_optional_instant,
    as_tuple,
    checked,
)

__all__ = [
    "FulfilledUnits",
    "RefundedCharge",
    "RefundedUnits",
    "ReportedCoupon",
    "ReportedFulfilment",
    "ReportedPayment",
    "ReportedRefund",
    "ReportedTotals",
]

PAYMENT_STATES = ("settled", "pending", "failed")


def _texts(given: Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else as_tuple(given)


def _require_units(quantity: int) -> None:
    if type(quantity) is not int or quantity < 0:
        raise InvalidValue("quantity.negative", "quantity", quantity, "an integer ≥ 0")


@attrs.frozen(kw_only=True)
@checked
class ReportedTotals:
    """The totals that a channel states; None where it states none. Never computed here.

    ``list_amount`` is of all lines before discounts, ``subtotal`` after them; ``discount`` is
    positive when it lowers the price; ``grand`` is what the buyer was asked for; ``refunded`` is
    positive.

    Example:
        >>> ReportedTotals(grand=Money(990, "EUR")).list_amount is None
        True
    """

    list_amount: Money | None = None
    discount: Money | None = None
    subtotal: Money | None = None
    shipping: Money | None = None
    fees: Money | None = None
    tax: Money | None = None
    grand: Money | None = None
    refunded: Money | None = None


@attrs.frozen
@checked
class ReportedCoupon:
    """A code that the buyer used, and the discount that the channel says it gave (positive).

    Example:
        >>> ReportedCoupon("SAVE5", amount=Money(500, "GBP")).code
        CouponCode('SAVE5')
    """

    code: CouponCode = attrs.field(converter=CouponCode)
    amount: Money | None = attrs.field(default=None, kw_only=True)


@attrs.frozen
@checked
class ReportedPayment:
    """One movement of money as the channel tells it.

    ``state`` is ``settled``, ``pending`` or ``failed``; ``kind`` stays in the channel's words.

    Raises:
        InvalidValue: ``payment.state``.

    Example:
        >>> ReportedPayment("6200000000170", amount=Money(702, "EUR"), kind="refund").state
        'settled'
    """

    payment_id: str
    amount: Money = attrs.field(kw_only=True)
    kind: str = attrs.field(default="", kw_only=True)
    state: str = attrs.field(default="settled", kw_only=True)
    at: Instant | None = attrs.field(default=None, converter=as_optional_instant, kw_only=True)
    gateway: str = attrs.field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.state not in PAYMENT_STATES:
            expected = "one of " + ", ".join(PAYMENT_STATES)
            raise InvalidValue("payment.state", "state", self.state, expected)


@attrs.frozen
@checked
class RefundedUnits:
    """Units of a line that were paid back, whether or not they came back (``restock``).

    Raises:
        InvalidValue: ``quantity.negative``.

    Example:
        >>> RefundedUnits("1", quantity=2, restock="return").quantity
        2
    """

    line_id: LineId = attrs.field(converter=LineId)
    quantity: int = attrs.field(kw_only=True)
    amount: Money | None = attrs.field(default=None, kw_only=True)
    tax: Money | None = attrs.field(default=None, kw_only=True)
    restock: str = attrs.field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        _require_units(self.quantity)


@attrs.frozen(kw_only=True)
@checked
class RefundedCharge:
    """A charge that was paid back; the amount is positive.

    Example:
        >>> RefundedCharge(kind="shipping", amount=Money(590, "EUR")).kind
        'shipping'
    """

    kind: str
    amount: Money
    tax: Money | None = None


def _units(given: Iterable[RefundedUnits]) -> tuple[RefundedUnits, ...]:
    return as_tuple(given)


def _charges(given: Iterable[RefundedCharge]) -> tuple[RefundedCharge, ...]:
    return as_tuple(given)


@attrs.frozen
@checked
class ReportedRefund:
    """Money given back, and for what as far as the channel says; the amount is positive.

    Example:
        >>> ReportedRefund("51080", amount=Money(1333, "GBP")).units
        ()
    """

    refund_id: str
    amount: Money = attrs.field(kw_only=True)
    at: Instant | None = attrs.field(default=None, converter=as_optional_instant, kw_only=True)
    reason: str = attrs.field(default="", repr=False, kw_only=True)
    units: tuple[RefundedUnits, ...] = attrs.field(default=(), converter=_units, kw_only=True)
    charges: tuple[RefundedCharge, ...] = attrs.field(default=(), converter=_charges, kw_only=True)

    def total(self, kind: str) -> Money:
        """What was paid back of charges of one kind.

        Example:
            >>> str(ReportedRefund("1", amount=Money(5, "EUR")).total("shipping"))
            'EUR 0.00'
        """
        minor = sum(charge.amount.minor for charge in self.charges if charge.kind == kind)
        return Money(minor, self.amount.currency)


@attrs.frozen
@checked
class FulfilledUnits:
    """Units of a line in one fulfilment.

    Raises:
        InvalidValue: ``quantity.negative``.

    Example:
        >>> FulfilledUnits("1", quantity=2).line_id
        LineId('1')
    """

    line_id: LineId = attrs.field(converter=LineId)
    quantity: int = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        _require_units(self.quantity)


def _fulfilled(given: Iterable[FulfilledUnits]) -> tuple[FulfilledUnits, ...]:
    return as_tuple(given)


@attrs.frozen
@checked
class ReportedFulfilment:
    """A shipment that the channel knows of; ``status`` stays in the channel's words.

    Example:
        >>> ReportedFulfilment("4100", status="success", tracking=["00340434161"]).tracking
        ('00340434161',)
    """

    fulfilment_id: str
    status: str = attrs.field(default="", kw_only=True)
    at: Instant | None = attrs.field(default=None, converter=as_optional_instant, kw_only=True)
    carrier: str = attrs.field(default="", kw_only=True)
    tracking: tuple[str, ...] = attrs.field(default=(), converter=_texts, kw_only=True)
    units: tuple[FulfilledUnits, ...] = attrs.field(default=(), converter=_fulfilled, kw_only=True)
