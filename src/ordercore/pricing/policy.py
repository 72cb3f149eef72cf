"""Every contested choice of pricing, by name, with a default."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import (
    CashRounding,
    Choice,
    InvalidValue,
    Rounding,
    checked,
    digest,
    sorted_tuple,
)
from ordercore.pricing.prices.override_limit import OverrideLimit

__all__ = [
    "DEFAULT_PRICING",
    "AmountBasis",
    "BetweenLists",
    "InclusivePrices",
    "PricingPolicy",
    "ShippingTax",
    "TaxPlace",
]


class AmountBasis(Choice):
    """Which amount of a line a promotion looks at."""

    LEFT = "left"
    """What earlier discounts have left of it (Shopify, Spree's and Vendure's promotions)."""
    LIST = "list"
    """Its list amount, whatever was discounted before (Sylius' unit percentages)."""


class TaxPlace(Choice):
    """Where tax is rounded; the finer shares always sum to what is rounded.

    Sylius knows units and lines, Magento units, lines and the document, Spree, Solidus and Vendure
    lines, Odoo lines and rate groups ("round globally").
    """

    UNIT = "unit"
    """Each unit's price by itself: of a line's two prices each, times its units."""
    LINE = "line"
    """Each line and charge by itself."""
    RATE_GROUP = "rate_group"
    """The sum of all amounts of one rate, as invoices of many countries show it."""
    DOCUMENT = "document"
    """The whole quote, once."""


class ShippingTax(Choice):
    """How charges of kind ``shipping`` are taxed."""

    OWN = "own"
    """By their own tax category (Sylius, Saleor, Vendure, Solidus, Magento)."""
    SPLIT = "split"
    """As the goods of their delivery group, in proportion to what these cost (Shopware, "auto")."""
    HIGHEST = "highest"
    """At the highest rate among these goods (Shopware's "highest")."""


class InclusivePrices(Choice):
    """What prices that include tax come to where the tax is another than at home."""

    SAME_GROSS = "same_gross"
    """What the list says, whatever tax is in it there (Magento's cross-border trade, Saleor)."""
    SAME_NET = "same_net"
    """What remains without the tax of :attr:`TaxTable.home`, with the tax of the destination: a
    buyer who is exempt pays the net price (Solidus and Spree with a default tax zone, Vendure,
    WooCommerce)."""


class BetweenLists(Choice):
    """Which of several price lists that concern a cart answers.

    A list answers with its own price or, where it has none, with that of the list behind it.
    """

    PRIORITY = "priority"
    """The one of the highest priority, then the one whose id sorts first (Oro's merge by
    priority; a position in an ordered list of lists is a priority)."""
    LOWEST = "lowest"
    """The one of which the line's units come to the least; of equal ones as ``PRIORITY``
    (Oro's minimal prices, Shopify's catalogs of companies)."""
    SPECIFICITY = "specificity"
    """The one that names most closely whom it is for: customers before groups before countries
    before markets before channels before everybody; of equal ones as ``PRIORITY``
    (commercetools' price selection)."""


def _limits(given: Iterable[OverrideLimit]) -> tuple[OverrideLimit, ...]:
    return sorted_tuple(given, OverrideLimit, lambda limit: limit.role)


@attrs.frozen(kw_only=True)
@checked
class PricingPolicy:
    """How amounts are rounded and which amounts promotions look at.

    Args:
        rounding: Of percentages, and of prices for several units.
        tax_rounding: Of taxes.
        tax_place: Where taxes are rounded.
        percent_base: What a percentage is taken of.
        threshold_basis: What counts towards the threshold of a spend ladder.
        between_lists: Which of several price lists answers.
        shipping_tax: How shipping charges are taxed.
        inclusive_prices: What inclusive prices come to where the tax differs from that at home.
        override_limits: Who may change prices by hand, and how far; by default nobody.
        cash: Rounds the total to payable coins; None does not.

    Example:
        >>> PricingPolicy(tax_place="document").tax_place
        <TaxPlace.DOCUMENT: 'document'>
    """

    rounding: Rounding = attrs.field(default=Rounding.HALF_UP, converter=Rounding)
    tax_rounding: Rounding = attrs.field(default=Rounding.HALF_UP, converter=Rounding)
    tax_place: TaxPlace = attrs.field(default=TaxPlace.LINE, converter=TaxPlace)
    percent_base: AmountBasis = attrs.field(default=AmountBasis.LEFT, converter=AmountBasis)
    threshold_basis: AmountBasis = attrs.field(default=AmountBasis.LEFT, converter=AmountBasis)
    between_lists: BetweenLists = attrs.field(default=BetweenLists.PRIORITY, converter=BetweenLists)
    cash: CashRounding | None = None
    shipping_tax: ShippingTax = attrs.field(default=ShippingTax.OWN, converter=ShippingTax)
    inclusive_prices: InclusivePrices = attrs.field(
        default=InclusivePrices.SAME_GROSS, converter=InclusivePrices
    )
    override_limits: tuple[OverrideLimit, ...] = attrs.field(default=(), converter=_limits)
    _digest: str | None = attrs.field(init=False, eq=False, repr=False, default=None)

    def __attrs_post_init__(self) -> None:
        if self.cash is not None and type(self.cash) is not CashRounding:
            raise InvalidValue("policy.cash", "cash", self.cash, "a CashRounding or None")

    @property
    def digest(self) -> str:
        """Digest of the policy. Made once per value."""
        known = self._digest
        if known is None:
            known = digest(self)
            object.__setattr__(self, "_digest", known)
        return known


DEFAULT_PRICING = PricingPolicy()
"""Half up, tax by line, percentages and thresholds of what earlier discounts have left."""
