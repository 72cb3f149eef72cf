"""Every contested choice of pricing, by name, with a default."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import attrs

from ordercore.kernel import (
    CashRounding,
    Choice,
    Rounding,
    ZeroWeights,
    checked,
    digest,
    problems,
    sorted_tuple,
)
from ordercore.pricing.discount_choices import (
    AfterPlacement,
    AmountBasis,
    AmountReading,
    DiscountSplit,
    LineFloor,
    OwnEffect,
    ThresholdBoundary,
    UnitPick,
)
from ordercore.pricing.exact import exact_fraction
from ordercore.pricing.prices.override_limit import OverrideLimit
from ordercore.pricing.promotions.discount_limit import DiscountLimit
from ordercore.pricing.promotions.percents import Per

__all__ = [
    "DEFAULT_PRICING",
    "BetweenLists",
    "InclusivePrices",
    "PricingPolicy",
    "ShippingTax",
    "TaxPlace",
]


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


def _margin(value: Fraction | Decimal | int | str | None) -> Fraction | None:
    return None if value is None else exact_fraction(value, "margin")


def _discount_limits(given: Iterable[DiscountLimit]) -> tuple[DiscountLimit, ...]:
    def order(limit: DiscountLimit) -> tuple[str, Fraction, str]:
        percent = Fraction(-1) if limit.percent is None else limit.percent
        return limit.per, percent, str(limit.amount)

    return sorted_tuple(given, DiscountLimit, order)


@attrs.frozen(kw_only=True)
@checked
class PricingPolicy:
    """How amounts are rounded, and every choice on which platforms differ.

    Each is the rule where an effect does not say otherwise (``PercentOff.per``, ``BuyGet.pick``,
    ``SetPrice.pick``).

    Args:
        rounding: Of percentages, and of prices for several units.
        tax_rounding: Of taxes.
        tax_place: Where taxes are rounded.
        percent_base: What a percentage is taken of, in later stages than ``group`` unless
            ``order_percent_base`` says otherwise.
        threshold_basis: What counts towards a threshold of money: of ladders and of "for every so
            much"; ``cart.total`` in a condition is always the list amount.
        between_lists: Which of several price lists answers.
        shipping_tax: How shipping charges are taxed.
        inclusive_prices: What inclusive prices come to where the tax differs from that at home.
        override_limits: Who may change prices by hand, and how far; by default nobody.
        cash: Rounds the total to payable coins; None does not.
        item_percents: Where percentages are rounded in the stages ``item`` and ``group``: line by
            line (Spree, Solidus, Medusa, django-oscar), or unit by unit (Sylius, Vendure).
        order_percents: Where they are in all later stages: all selected lines at once (Sylius,
            Vendure, Spree, Saleor, Shopware), or line by line (Solidus, Medusa, django-oscar).
        order_percent_base: What a percentage is taken of in later stages than ``group``, where that
            is another (Sylius and Vendure: of the list before, of what is left there); None is as
            ``percent_base``.
        discount_split: How one discount over several lines is shared out.
        split_weights: What it is shared out in proportion to.
        zero_weights: Where all lines that can bear more have no weight (only amounts other than
            what is left can be zero while something is left): equal parts (Vendure), or nothing
            more is given (Sylius). Also how shipping is taxed with goods that are all free: in
            equal parts, or by its own category.
        threshold_reading: Whether promotions' thresholds of money are meant with tax; those of
            delivery options and fees read as prices do.
        own_effect: Whether a promotion's own discount counts against its threshold.
        threshold_boundary: Whether an amount equal to the threshold reaches it.
        given_units: Which units :class:`~ordercore.pricing.BuyGet` gives.
        set_units: Of which units :class:`~ordercore.pricing.SetPrice` makes its sets; the dearest
            are best for the buyer.
        fixed_amounts: Whether amounts off and fixed prices are meant with tax. Of a charge taxed as
            its goods, tax is reckoned by what these are listed at.
        line_floor: Below what no promotion takes a line.
        after_placement: What discounts become when a placed order loses lines; orders follow it by
            :meth:`AfterOrderPolicy.following <ordercore.pricing.AfterOrderPolicy>`.

        min_margin: The share of a line's amount that promotions leave above its cost, where price
            lists tell the cost: from 0 to below 1; None leaves costs out.
        discount_limits: The most that all promotions together take off lines; all of them hold.

    Raises:
        InvalidBatch: ``policy.cash`` (no CashRounding), ``policy.zero_weights`` (``refuse``),
            ``policy.set_units`` (``cheapest_of_each``, which is of given units),
            ``margin.out_of_range``.
        InvalidValue: ``margin.not_exact``.

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
    item_percents: Per = attrs.field(default=Per.LINE, converter=Per)
    order_percents: Per = attrs.field(default=Per.SELECTION, converter=Per)
    order_percent_base: AmountBasis | None = attrs.field(
        default=None, converter=attrs.converters.optional(AmountBasis)
    )
    discount_split: DiscountSplit = attrs.field(
        default=DiscountSplit.LARGEST_REMAINDER, converter=DiscountSplit
    )
    split_weights: AmountBasis = attrs.field(default=AmountBasis.LEFT, converter=AmountBasis)
    zero_weights: ZeroWeights = attrs.field(default=ZeroWeights.EQUAL, converter=ZeroWeights)
    threshold_reading: AmountReading = attrs.field(
        default=AmountReading.AS_PRICED, converter=AmountReading
    )
    own_effect: OwnEffect = attrs.field(default=OwnEffect.NOT_COUNTED, converter=OwnEffect)
    threshold_boundary: ThresholdBoundary = attrs.field(
        default=ThresholdBoundary.AT_LEAST, converter=ThresholdBoundary
    )
    given_units: UnitPick = attrs.field(default=UnitPick.CHEAPEST, converter=UnitPick)
    set_units: UnitPick = attrs.field(default=UnitPick.DEAREST, converter=UnitPick)
    fixed_amounts: AmountReading = attrs.field(
        default=AmountReading.AS_PRICED, converter=AmountReading
    )
    line_floor: LineFloor = attrs.field(default=LineFloor.FLOOR_PRICE, converter=LineFloor)
    after_placement: AfterPlacement = attrs.field(
        default=AfterPlacement.KEPT, converter=AfterPlacement
    )
    min_margin: Fraction | None = attrs.field(default=None, converter=_margin)
    discount_limits: tuple[DiscountLimit, ...] = attrs.field(default=(), converter=_discount_limits)
    _digest: str | None = attrs.field(init=False, eq=False, repr=False, default=None)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if self.cash is not None and type(self.cash) is not CashRounding:
            faults.add("policy.cash", "cash", self.cash, "a CashRounding or None")
        if self.zero_weights is ZeroWeights.REFUSE:
            faults.add("policy.zero_weights", "zero_weights", self.zero_weights, "equal or nothing")
        if self.set_units is UnitPick.CHEAPEST_OF_EACH:
            expected = "dearest, cheapest or line_order"
            faults.add("policy.set_units", "set_units", self.set_units, expected)
        margin = self.min_margin
        if margin is not None and not 0 <= margin < 1:
            faults.add("margin.out_of_range", "min_margin", margin, "from 0 to below 1")
        faults.raise_if_any("pricing policy")

    @property
    def reads_taxes(self) -> bool:
        """Whether discounts depend on the rates of taxes."""
        as_priced = AmountReading.AS_PRICED
        return self.threshold_reading is not as_priced or self.fixed_amounts is not as_priced

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
