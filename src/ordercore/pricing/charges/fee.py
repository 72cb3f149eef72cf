"""Fees and surcharges as data: for a payment method, a small order, a wrapped unit, a deposit."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import attrs

from ordercore.kernel import (
    ChannelId,
    Choice,
    Currency,
    FaultList,
    Money,
    Span,
    checked,
    frozen_set,
    items_as,
    problems,
    sorted_unique,
)
from ordercore.pricing.charges.charge import Discountable, RefundWith
from ordercore.pricing.exact import exact_fraction
from ordercore.pricing.facts import CART_FACTS
from ordercore.pricing.promotions.selection import EVERYTHING, Selector
from ordercore.rules import Rule

__all__ = ["Fee", "FeePer"]


class FeePer(Choice):
    """What a fee is charged for, once each."""

    ORDER = "order"
    DELIVERY = "delivery"
    """Each delivery group with a selected line."""
    LINE = "line"
    UNIT = "unit"


def _percent(value: Fraction | Decimal | int | str) -> Fraction:
    return exact_fraction(value, "percent")


def _methods(given: Iterable[str]) -> tuple[str, ...]:
    return sorted_unique(given)


def _channels(given: Iterable[str]) -> frozenset[ChannelId]:
    return frozen_set(items_as(given, ChannelId, "channels"))


@attrs.frozen
@checked
class Fee:
    """Something that is charged for besides the goods and their delivery.

    It comes to ``amount`` and ``percent`` of what is left of the selected lines, for each order,
    delivery group, line or unit. A fee of nothing makes no charge.

    Args:
        fee_id: Its id, without a colon; the charge's as well, with the line's or group's id
            behind one.
        amount: Once for each of ``per``; also tells the currency.
        percent: Of the selected goods' value, as the policy's threshold basis sees it; not for
            units.
        per: What it is charged for.
        on: Which lines it concerns, and count for its percentage and ``below``.
        payment_methods: For which methods; empty means for any.
        below: Only while the selected goods of the order are worth less: a small order.
        minimum: The least that it comes to, each time.
        maximum: The most.
        when: A rule over :data:`~ordercore.pricing.CART_FACTS`; None always holds.
        span: When it is charged.
        channels: Where; empty means everywhere.
        kind: The heading under which it is reported.
        tax_category: Its row of the tax table. None is the line's for lines and units, else
            ``standard``.
        discountable: Which promotions reach it.
        refundable: Whether it is ever given back.
        refund_with: What it goes back with; lines' and units' fees by default with their units.
        title: What people call it.

    Raises:
        InvalidBatch: ``fee.fee_id``, ``fee.kind``, ``fee.tax_category``, ``fee.amount`` (negative),
            ``fee.percent`` (outside 0 to 100, or of units), ``fee.below``, ``fee.minimum``,
            ``fee.maximum`` (negative, or below the minimum), ``fee.when``,
            ``money.currency_mismatch``.
        InvalidValue: ``percent.not_exact``.

    Example:
        >>> wrap = Fee(
        ...     "gift-wrap",
        ...     Money(250, "EUR"),
        ...     per="unit",
        ...     on=Selector(attributes={"gift_wrap": "yes"}),
        ... )
        >>> wrap.refund_with.value
        'units'
    """

    fee_id: str
    amount: Money
    percent: Fraction = attrs.field(default=Fraction(0), converter=_percent, kw_only=True)
    per: FeePer = attrs.field(default=FeePer.ORDER, converter=FeePer, kw_only=True)
    on: Selector = attrs.field(default=EVERYTHING, kw_only=True)
    payment_methods: tuple[str, ...] = attrs.field(default=(), converter=_methods, kw_only=True)
    below: Money | None = attrs.field(default=None, kw_only=True)
    minimum: Money | None = attrs.field(default=None, kw_only=True)
    maximum: Money | None = attrs.field(default=None, kw_only=True)
    when: Rule | None = attrs.field(default=None, kw_only=True)
    span: Span = attrs.field(factory=Span, kw_only=True)
    channels: frozenset[ChannelId] = attrs.field(
        default=frozenset(), converter=_channels, kw_only=True
    )
    kind: str = attrs.field(default="fee", kw_only=True)
    tax_category: str | None = attrs.field(default=None, kw_only=True)
    discountable: Discountable = attrs.field(
        default=Discountable.NEVER, converter=Discountable, kw_only=True
    )
    refundable: bool = attrs.field(default=True, kw_only=True)
    refund_with: RefundWith = attrs.field(converter=RefundWith, kw_only=True)
    title: str = attrs.field(default="", kw_only=True)

    @refund_with.default
    def _with_its_units(self) -> RefundWith:
        return RefundWith.UNITS if self.of_lines else RefundWith.CHARGES

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for name in ("fee_id", "kind", "tax_category"):
            if getattr(self, name) == "":
                faults.add(f"fee.{name}", name, "", "a name")
        if ":" in self.fee_id:
            faults.add("fee.fee_id", "fee_id", self.fee_id, "a name without a colon")
        if not 0 <= self.percent <= 100 or (self.percent and self.per is FeePer.UNIT):
            faults.add("fee.percent", "percent", self.percent, "from 0 to 100; 0 for units")
        if self.when is not None and self.when.vocabulary != CART_FACTS:
            faults.add("fee.when", "when", self.when, "a rule over CART_FACTS")
        self._check_amounts(faults)
        faults.raise_if_any(f"fee {self.fee_id}")

    def _check_amounts(self, faults: FaultList) -> None:
        for name in ("amount", "below", "minimum", "maximum"):
            given: Money | None = getattr(self, name)
            if given is not None:
                if given.minor < 0:
                    faults.add(f"fee.{name}", name, given, "an amount of zero or more")
                if given.currency != self.amount.currency:
                    expected = f"currency {self.amount.currency}"
                    faults.add("money.currency_mismatch", name, given, expected)
        if (
            self.minimum is not None
            and self.maximum is not None
            and self.maximum.minor < self.minimum.minor
        ):
            faults.add("fee.maximum", "maximum", self.maximum, "at least the minimum")

    @property
    def of_lines(self) -> bool:
        """Whether each line has a charge of its own."""
        return self.per in {FeePer.LINE, FeePer.UNIT}

    @property
    def currency(self) -> Currency:
        """The currency of all its amounts."""
        return self.amount.currency
