"""Every contested choice of pricing, by name, with a default."""

from __future__ import annotations

import attrs

from ordercore.kernel import CashRounding, Choice, InvalidValue, Rounding, checked, digest

__all__ = [
    "DEFAULT_PRICING",
    "AmountBasis",
    "BetweenLists",
    "PricingPolicy",
    "TaxPlace",
]


class AmountBasis(Choice):
    """Which amount of a line a promotion looks at."""

    LEFT = "left"
    """What earlier discounts have left of it (Shopify, Spree's and Vendure's promotions)."""
    LIST = "list"
    """Its list amount, whatever was discounted before (Sylius' unit percentages)."""


class TaxPlace(Choice):
    """Where tax is rounded; the finer shares always sum to what is rounded."""

    LINE = "line"
    """Each line and charge by itself."""
    RATE_GROUP = "rate_group"
    """The sum of all amounts of one rate, as invoices of many countries show it."""
    DOCUMENT = "document"
    """The whole quote, once."""


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
