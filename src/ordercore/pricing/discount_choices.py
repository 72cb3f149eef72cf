"""The contested choices of discounts, by name: what platforms do otherwise, and who does what."""

from __future__ import annotations

from ordercore.kernel import Choice

__all__ = [
    "AfterPlacement",
    "AmountBasis",
    "AmountReading",
    "DiscountSplit",
    "LineFloor",
    "OwnEffect",
    "ThresholdBoundary",
    "UnitPick",
]


class AmountBasis(Choice):
    """Which amount of a line a promotion looks at."""

    LEFT = "left"
    """What earlier discounts have left of it (Medusa, Saleor, Odoo; order discounts of Sylius and
    Vendure)."""
    LIST = "list"
    """Its list amount, whatever was discounted before (unit percentages of Sylius and Vendure, all
    percentages of Spree and Shopware, WooCommerce unless it applies coupons in sequence; as
    threshold the item totals of Spree and Solidus)."""
    STAGE = "stage"
    """What was left when the stage began: discounts of one stage do not lower each other (Solidus'
    lanes; Shopify's order discounts, each of the subtotal after its product discounts). Charges,
    which belong to no stage, count what is left."""


class DiscountSplit(Choice):
    """How one discount over several lines is shared out, where exact shares are no minor units.

    Shares always sum to the discount, and no line goes below its floor: what a line cannot bear is
    shared out over the others by the same rule. Lines stand in the order of their ids, those of a
    set in the order in which it takes them.
    """

    LARGEST_REMAINDER = "largest_remainder"
    """Rounded down; what is missing goes, one minor unit each, to the largest remainders
    (Vendure, Spree 6)."""
    FIRST = "first"
    """Rounded down; what is missing goes, one minor unit each, to the first lines (Solidus)."""
    NEAREST = "nearest"
    """Rounded to the nearest, halves down; what is missing then, or too much, is put right by one
    minor unit each on the first lines (Sylius)."""
    LAST = "last"
    """Rounded as percentages are, no more than there still is; the last line takes the rest
    (django-oscar, Saleor)."""
    RUNNING = "running"
    """The sum so far is rounded as percentages are, and each line takes what that rises by: what
    rounding leaves over is carried to the next line (Magento)."""


class AmountReading(Choice):
    """Whether amounts of money that promotions name are meant with tax.

    Tax is reckoned by the rates of the tax table; where there is none, and a service taxes the
    quote afterwards, amounts are read as priced.
    """

    AS_PRICED = "as_priced"
    """As the prices are (Sylius, Spree, Solidus, Shopify, Medusa; Vendure's and Saleor's amounts
    off: 10.00 off net prices saves the buyer 12.00 at a rate of 20 %)."""
    WITH_TAX = "with_tax"
    """With tax, also where prices are without (Odoo's fixed amounts)."""
    WITHOUT_TAX = "without_tax"
    """Without tax, also where prices are with it (Vendure's order amount unless it says
    otherwise)."""


class OwnEffect(Choice):
    """Whether what a promotion takes off counts against its own threshold of money."""

    NOT_COUNTED = "not_counted"
    """It looks at the amounts before it takes anything (nearly all platforms)."""
    COUNTED = "counted"
    """Its threshold has to hold after its discount too; else it falls to the rung that does. (In
    shops that evaluate a discounted cart again, such as LightSpeed's web shop, a discount at its
    threshold removes itself.) What it needs is the threshold and what it would take off now."""


class ThresholdBoundary(Choice):
    """Whether an amount that equals a threshold of money reaches it; a number of units does."""

    AT_LEAST = "at_least"
    """It does (Sylius, Shopify, Vendure, Saleor, django-oscar, Odoo, Magento's usual rule)."""
    ABOVE = "above"
    """Only more does (Spree's and Solidus' item total, unless it says "or equal")."""


class UnitPick(Choice):
    """Which units a deal gives, or takes into its sets."""

    CHEAPEST = "cheapest"
    """The cheapest of all (django-oscar's multibuy, Saleor's "cheapest product")."""
    DEAREST = "dearest"
    """The dearest of all."""
    CHEAPEST_OF_EACH = "cheapest_of_each"
    """Units stand in the order of their price, the dearest first, and every set in turn gives its
    cheapest: "the second at half price" (best for the buyer among what shops call cheapest)."""
    LINE_ORDER = "line_order"
    """By line id, whatever they cost, as a till takes goods in the order of scanning."""


class LineFloor(Choice):
    """Below what no promotion takes a line; changes by hand may."""

    ZERO = "zero"
    """Nothing: floor prices are for information (platforms that have none)."""
    FLOOR_PRICE = "floor_price"
    """The floor price of its price row (Sylius' minimum price)."""
    COST = "cost"
    """What its goods cost the seller, or the floor price where that is higher."""


class AfterPlacement(Choice):
    """What discounts become when a placed order loses lines."""

    KEPT = "kept"
    """What was quoted stays: each unit keeps its share (Spree, Shopify, Sylius, Medusa)."""
    RE_EVALUATED = "re_evaluated"
    """Promotions are evaluated anew over what is kept, and what is no longer earned is taken back
    (Vendure's order modifications, Solidus until it ships, Oracle ATG's claw-back)."""
