"""Documents of a tabular source that are not orders: credits, stock corrections, bad debts."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import attrs

from ordercore.kernel import (
    ChannelId,
    Choice,
    Currency,
    CustomerId,
    Instant,
    InvalidValue,
    LineId,
    Money,
    Sku,
    as_instant,
    as_tuple,
    checked,
    sorted_unique,
)
from ordercore.network import Region

__all__ = [
    "AccountAdjustment",
    "CreditCharge",
    "CreditDraft",
    "CreditLine",
    "StockAdjustment",
    "StockReason",
]


@attrs.frozen
@checked
class CreditLine:
    """Units of an item that a credit document takes back; quantity and amount are positive.

    Raises:
        InvalidValue: ``quantity.not_positive``, ``identifier.invalid``.

    Example:
        >>> CreditLine("1", sku="22423", quantity=2, amount=Money(2190, "GBP")).quantity
        2
    """

    line_id: LineId = attrs.field(converter=LineId)
    sku: Sku = attrs.field(converter=Sku, kw_only=True)
    quantity: int = attrs.field(kw_only=True)
    amount: Money = attrs.field(kw_only=True)
    unit_price: Decimal | None = attrs.field(default=None, kw_only=True)
    title: str = attrs.field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        if type(self.quantity) is not int or self.quantity < 1:
            raise InvalidValue("quantity.not_positive", "quantity", self.quantity, "an integer ≥ 1")


@attrs.frozen
@checked
class CreditCharge:
    """Something credited that is not goods: carriage, a fee, a discount given afterwards.

    Example:
        >>> CreditCharge("3", kind="discount", amount=Money(500, "GBP"), code="D").kind
        'discount'
    """

    charge_id: str
    kind: str = attrs.field(kw_only=True)
    amount: Money = attrs.field(kw_only=True)
    quantity: int = attrs.field(default=1, kw_only=True)
    code: str = attrs.field(default="", kw_only=True)
    title: str = attrs.field(default="", kw_only=True)


def _lines(given: Iterable[CreditLine]) -> tuple[CreditLine, ...]:
    return as_tuple(given)


def _charges(given: Iterable[CreditCharge]) -> tuple[CreditCharge, ...]:
    return as_tuple(given)


def _tags(given: Iterable[str]) -> tuple[str, ...]:
    return sorted_unique(given)


@attrs.frozen(kw_only=True)
@checked
class CreditDraft:
    """A cancellation or return as its source tells it: it does not name the order it is for.

    Matching it to orders is the host's: by customer, SKU, price and time.

    Example:
        >>> credit = CreditDraft(
        ...     channel="wholesale",
        ...     external_id="C536391",
        ...     placed_at="2010-12-01T10:24Z",
        ...     currency="GBP",
        ...     lines=[CreditLine("1", sku="22556", quantity=12, amount=Money(1980, "GBP"))],
        ... )
        >>> str(credit.amount), credit.units
        ('GBP 19.80', 12)
    """

    channel: ChannelId = attrs.field(converter=ChannelId)
    shop: str = ""
    external_id: str
    placed_at: Instant = attrs.field(converter=as_instant)
    currency: Currency = attrs.field(converter=Currency)
    lines: tuple[CreditLine, ...] = attrs.field(default=(), converter=_lines)
    charges: tuple[CreditCharge, ...] = attrs.field(default=(), converter=_charges)
    customer: CustomerId | None = attrs.field(
        default=None, converter=attrs.converters.optional(CustomerId)
    )
    region: Region | None = None
    tags: tuple[str, ...] = attrs.field(default=(), converter=_tags)

    @property
    def amount(self) -> Money:
        """What is given back: lines and charges."""
        minor = sum(line.amount.minor for line in self.lines)
        return Money(minor + sum(c.amount.minor for c in self.charges), self.currency)

    @property
    def units(self) -> int:
        """Units that come back."""
        return sum(line.quantity for line in self.lines)


class StockReason(Choice):
    """Why stock changed without a sale."""

    WRITE_OFF = "write_off"
    FOUND = "found"


@attrs.frozen(kw_only=True)
@checked
class StockAdjustment:
    """Units that a source writes off or finds; ``quantity`` is always positive.

    ``note`` is the clerk's remark, ``tags`` what the mapping's rules make of it.

    Example:
        >>> StockAdjustment(
        ...     document="536589",
        ...     line_id="1",
        ...     sku="21777",
        ...     quantity=10,
        ...     reason="write_off",
        ...     at="2010-12-01T16:50Z",
        ... ).change
        -10
    """

    document: str
    line_id: LineId = attrs.field(converter=LineId)
    sku: Sku = attrs.field(converter=Sku)
    quantity: int
    reason: StockReason = attrs.field(converter=StockReason)
    at: Instant = attrs.field(converter=as_instant)
    note: str = ""
    tags: tuple[str, ...] = attrs.field(default=(), converter=_tags)

    @property
    def change(self) -> int:
        """The signed change of stock."""
        return -self.quantity if self.reason is StockReason.WRITE_OFF else self.quantity


@attrs.frozen(kw_only=True)
@checked
class AccountAdjustment:
    """A booking that is no sale and no return, such as a bad debt; the amount is signed.

    Example:
        >>> AccountAdjustment(
        ...     document="A563186",
        ...     line_id="1",
        ...     amount=Money(-1106206, "GBP"),
        ...     at="2011-08-12T13:51Z",
        ... ).code
        ''
    """

    document: str
    line_id: LineId = attrs.field(converter=LineId)
    amount: Money
    at: Instant = attrs.field(converter=as_instant)
    code: str = ""
    note: str = ""
    customer: CustomerId | None = attrs.field(
        default=None, converter=attrs.converters.optional(CustomerId)
    )
