"""What becomes of discounts, gifts, shipping and prices after an order is placed, as one value."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TypedDict, Unpack, assert_never

import attrs

from ordercore.kernel import (
    Choice,
    Currency,
    Money,
    checked,
    problems,
)
from ordercore.pricing.charges.charge import Charge, RefundWith
from ordercore.pricing.discount_choices import AfterPlacement
from ordercore.pricing.exact import exact_fraction
from ordercore.pricing.policy import PricingPolicy

__all__ = [
    "CLAW_BACK",
    "DEFAULT_AFTER_ORDER",
    "AfterOrderPolicy",
    "DiscountsAfter",
    "EditPricing",
    "GiftsAfter",
    "RestockingFee",
    "ShippingAfter",
]


class DiscountsAfter(Choice):
    """What discounts come to on the units kept."""

    PRO_RATA = "pro_rata"
    """The shares that these units had in the quote, whatever is left of what earned them (Sylius,
    Vendure, Spree and Shopify refund the share of the unit)."""
    REEVALUATED = "reevaluated"
    """What the quote's promotions give these units, asked again with the book, time and prices of
    the quote: who sends back what earned a discount loses it on what is kept (Oracle ATG)."""


class GiftsAfter(Choice):
    """What becomes of a gift when what is kept no longer earns it.

    A gift is a line that promotions took down to nothing.
    """

    KEPT = "kept"
    """It stays with the buyer, for nothing."""
    CHARGED = "charged"
    """It is charged as long as it is kept."""
    RETURNED = "returned"
    """It has to come along: an order refuses a cancel or return that leaves it behind. What does
    not come, or is not accepted, is charged."""


class ShippingAfter(Choice):
    """When charges of kind ``shipping`` go back."""

    AS_CHARGED = "as_charged"
    """As each charge says (:class:`~ordercore.pricing.RefundWith`)."""
    NEVER = "never"
    """Never."""
    WITH_EVERYTHING = "with_everything"
    """When all units went back, whether or not any had shipped: the standard delivery of a full
    withdrawal (Directive 2011/83/EU, article 13)."""
    WITH_UNITS = "with_units"
    """Always: in equal shares with the units of its delivery group."""


class EditPricing(Choice):
    """How a changed order is priced."""

    RECALCULATED = "recalculated"
    """Everything as if it was ordered now."""
    KEPT = "kept"
    """Units that stay keep their shares of the quote; what is new is priced now, by itself."""
    PINNED = "pinned"
    """Units that stay keep their list prices; promotions and taxes are asked again, now."""


def _percent(value: Fraction | Decimal | int | str) -> Fraction:
    return exact_fraction(value, "percent")


@attrs.frozen(kw_only=True)
@checked
class RestockingFee:
    """What a seller keeps for taking goods back: a charge of its own for each return.

    It comes to ``percent`` of what the units that came back cost by their shares, ``per_unit`` for
    each of them and ``amount`` once, in sum, and never to more than the return gives back. With
    ``taxed`` it holds the taxes of what came back, in their proportion.

    Raises:
        InvalidBatch: ``restocking.percent`` outside 0 to 100, ``restocking.amount`` and
            ``restocking.per_unit`` below zero, ``money.currency_mismatch``, ``restocking.nothing``
            when it could never come to anything.
        InvalidValue: ``percent.not_exact``.

    Example:
        >>> RestockingFee(percent=15).percent
        Fraction(15, 1)
    """

    percent: Fraction = attrs.field(default=Fraction(0), converter=_percent)
    per_unit: Money | None = None
    amount: Money | None = None
    taxed: bool = True

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not 0 <= self.percent <= 100:
            faults.add("restocking.percent", "percent", self.percent, "from 0 to 100")
        given: list[Money] = []
        for name in ("per_unit", "amount"):
            fixed: Money | None = getattr(self, name)
            if fixed is None:
                continue
            given.append(fixed)
            if fixed.minor < 0:
                faults.add(f"restocking.{name}", name, fixed, "an amount ≥ 0")
        if len({fixed.currency for fixed in given}) > 1:
            faults.add("money.currency_mismatch", "amount", self.amount, "the currency of per_unit")
        if not self.percent and not any(given):
            faults.add("restocking.nothing", "percent", self.percent, "a percentage or an amount")
        faults.raise_if_any("restocking fee")

    @property
    def currency(self) -> Currency | None:
        """The currency that it speaks; None for a percentage."""
        return next((m.currency for m in (self.per_unit, self.amount) if m is not None), None)


class _Choices(TypedDict, total=False):
    name: str
    shipping_discounts: DiscountsAfter | str
    gifts: GiftsAfter | str
    shipping: ShippingAfter | str
    restocking: RestockingFee | None
    edits: EditPricing | str


@attrs.frozen(kw_only=True)
@checked
class AfterOrderPolicy:
    """Every contested choice about what cancels, returns, exchanges and edits do to amounts.

    An order pins it when it is placed (``OrderPolicy.after``).

    Args:
        name: What the host calls it.
        discounts: What discounts of goods come to on the units kept.
        shipping_discounts: What those of shipping do: with ``reevaluated``, free shipping is
            charged once what is kept no longer reaches its threshold, be it a promotion's or the
            delivery option's own.
        gifts: What becomes of a gift that is no longer earned.
        shipping: When shipping charges go back.
        restocking: The fee for taking goods back; None for none.
        edits: How a changed order is priced (:func:`~ordercore.pricing.edited_quote`).

    Raises:
        InvalidBatch: ``policy.name`` when empty.

    Example:
        >>> AfterOrderPolicy(discounts="reevaluated").asks_again
        True
        >>> AfterOrderPolicy().asks_again
        False
    """

    name: str = "default"
    discounts: DiscountsAfter = attrs.field(
        default=DiscountsAfter.PRO_RATA, converter=DiscountsAfter
    )
    shipping_discounts: DiscountsAfter = attrs.field(
        default=DiscountsAfter.PRO_RATA, converter=DiscountsAfter
    )
    gifts: GiftsAfter = attrs.field(default=GiftsAfter.KEPT, converter=GiftsAfter)
    shipping: ShippingAfter = attrs.field(default=ShippingAfter.AS_CHARGED, converter=ShippingAfter)
    restocking: RestockingFee | None = None
    edits: EditPricing = attrs.field(default=EditPricing.RECALCULATED, converter=EditPricing)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.name:
            faults.add("policy.name", "name", self.name, "a name")
        faults.raise_if_any("after-order policy")

    @classmethod
    def following(cls, pricing: PricingPolicy, **choices: Unpack[_Choices]) -> AfterOrderPolicy:
        """What a pricing policy says of discounts after the order; the rest by choice.

        :attr:`PricingPolicy.after_placement <ordercore.pricing.PricingPolicy>` is what the shop
        does with discounts; which of shipping's go with it, gifts, fees and edits are chosen here.

        Example:
            >>> from ordercore.pricing import VENDURE_PRICING
            >>> AfterOrderPolicy.following(VENDURE_PRICING, gifts="returned").discounts
            <DiscountsAfter.REEVALUATED: 'reevaluated'>
        """
        kept = pricing.after_placement is AfterPlacement.KEPT
        discounts = DiscountsAfter.PRO_RATA if kept else DiscountsAfter.REEVALUATED
        return cls(discounts=discounts, **choices)

    @property
    def asks_again(self) -> bool:
        """Whether promotions are asked again, so that the quote's inputs are needed."""
        again = DiscountsAfter.REEVALUATED
        return (
            self.discounts is again
            or self.shipping_discounts is again
            or self.gifts is not GiftsAfter.KEPT
        )

    @property
    def by_shares(self) -> AfterOrderPolicy:
        """The same policy with everything by its share: what it gives without claw-back."""
        if not self.asks_again:
            return self
        return attrs.evolve(
            self,
            discounts=DiscountsAfter.PRO_RATA,
            shipping_discounts=DiscountsAfter.PRO_RATA,
            gifts=GiftsAfter.KEPT,
        )

    def goes_back(self, charge: Charge) -> RefundWith | None:
        """What a charge goes back with under this policy; None when never.

        Example:
            >>> shipping = Charge("shipping", list_amount=Money(490, "EUR"))
            >>> AfterOrderPolicy(shipping="never").goes_back(shipping) is None
            True
            >>> AfterOrderPolicy().goes_back(shipping)
            <RefundWith.CHARGES: 'charges'>
        """
        own = charge.refund_with if charge.refundable else None
        if charge.kind != "shipping":
            return own
        match self.shipping:
            case ShippingAfter.AS_CHARGED:
                return own
            case ShippingAfter.NEVER:
                return None
            case ShippingAfter.WITH_EVERYTHING:
                return RefundWith.EVERYTHING
            case ShippingAfter.WITH_UNITS:
                return RefundWith.UNITS
            case never:
                assert_never(never)


DEFAULT_AFTER_ORDER = AfterOrderPolicy()
"""Shares stay with their units, gifts stay, charges go back as each says, no fee."""

CLAW_BACK = AfterOrderPolicy(
    name="claw_back",
    discounts=DiscountsAfter.REEVALUATED,
    shipping_discounts=DiscountsAfter.REEVALUATED,
    gifts=GiftsAfter.CHARGED,
)
"""What is kept costs what it would have cost alone, at the prices and promotions of its quote."""
