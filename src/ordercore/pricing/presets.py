"""Pricing policies that reproduce known platforms, as closely as one value can.

Each sets what its platform does where platforms differ, and says what it does not reproduce. Taken
from their public sources and documentation, as they are without settings of the shop's own; where a
platform lets the shop choose, so does :func:`attrs.evolve`. Which promotions stand together is not
in a policy but in groups and promotions; what to write there is told as well.
"""

from __future__ import annotations

from typing import Final

from ordercore.pricing.policy import PricingPolicy

__all__ = [
    "DJANGO_OSCAR_PRICING",
    "MEDUSA_PRICING",
    "ODOO_PRICING",
    "SALEOR_PRICING",
    "SHOPIFY_PRICING",
    "SHOPWARE_PRICING",
    "SOLIDUS_PRICING",
    "SPREE_PRICING",
    "SYLIUS_PRICING",
    "VENDURE_PRICING",
]

SYLIUS_PRICING: Final = PricingPolicy(
    item_percents="unit",
    percent_base="list",
    order_percent_base="left",
    discount_split="nearest",
    zero_weights="nothing",
    line_floor="floor_price",
)
"""Sylius: unit percentages of the unit price, rounded per unit; order percentages of the items'
total after what came before, rounded once; minimum prices hold.

Differs: a discount whose shares all round to nothing is not given there. Inside a line, units get
two price points instead of Sylius' own distribution. Promotions stand by priority alone there,
whatever they act on; here by stage first. "Exclusive" is ``exclusive="quote"``.
"""

SOLIDUS_PRICING: Final = PricingPolicy(
    percent_base="stage",
    threshold_basis="list",
    threshold_boundary="above",
    order_percents="line",
    discount_split="first",
    split_weights="stage",
    inclusive_prices="same_net",
    after_placement="re_evaluated",
    line_floor="zero",
)
"""Solidus with its promotions of lanes: each lane looks at what the lanes before it have left;
every percentage is per line item; item totals are before discounts, and have to be exceeded.

Differs: of a lane each line takes the best discount alone; here the promotions of a group of the
rule ``best`` are compared over the cart, so give each its own lines, or take ``best_combination``
with ``consumes=True``. Lanes are stages: ``item``, ``group`` and ``order`` for pre, default, post.
"Discounted item total" is a ladder under ``threshold_basis="left"``.
"""

SPREE_PRICING: Final = PricingPolicy(
    percent_base="list",
    threshold_basis="list",
    threshold_boundary="above",
    inclusive_prices="same_net",
    line_floor="zero",
)
"""Spree 6: percentages of the amounts before discounts, per line item or of the order's item total;
an order's discount is shared out over what is left, by largest remainder; item totals have to be
exceeded.

Differs: of the promotions on a line item, and of those on the order, the best one wins: a group
``best`` in the stage ``item`` and one in ``order``; line by line where Spree compares so. Before
version 6 a discount of the order was not shared out over lines at all.
"""

SALEOR_PRICING: Final = PricingPolicy(
    item_percents="unit",
    discount_split="last",
    line_floor="zero",
)
"""Saleor: percentages of the unit price, rounded per unit; an order's discount is shared out in
proportion, and the last line takes the rest.

Differs: shares are not rounded there before taxes are computed of them, so that lines can differ by
a minor unit. One voucher and one order promotion at a time: a group ``first`` or ``best``.
"""

VENDURE_PRICING: Final = PricingPolicy(
    item_percents="unit",
    percent_base="list",
    order_percent_base="left",
    threshold_reading="without_tax",
    inclusive_prices="same_net",
    after_placement="re_evaluated",
    line_floor="zero",
)
"""Vendure: item percentages of the unit price, rounded per unit; order percentages of the subtotal
after what came before, shared out by largest remainder; the minimum order amount is without tax
unless its argument says otherwise, then ``threshold_reading="with_tax"``.

Differs: a discount that ends on half a minor unit is rounded down there, since JavaScript rounds
halves upwards and discounts are negative. Shares are in proportion to prices with tax there, to
prices as the list has them here. A condition is tested again after each line's discount.
"""

MEDUSA_PRICING: Final = PricingPolicy(
    threshold_basis="list",
    order_percents="line",
    given_units="cheapest_of_each",
    line_floor="zero",
)
"""Medusa: percentages of what is left of each line, also "across" an order.

Differs: amounts are not rounded there until they are shown or charged; here once per promotion and
line, so that sums can differ by a minor unit for each. "Buy get" gives once (``most=1``), the
dearest of what is not bought: of other goods than the bought ones, say ``pick="dearest"``. A
promotion may be meant with tax by itself: ``fixed_amounts`` is one choice for all.
"""

DJANGO_OSCAR_PRICING: Final = PricingPolicy(
    rounding="down",
    tax_place="unit",
    order_percents="line",
    threshold_basis="left",
    discount_split="last",
    given_units="cheapest",
    set_units="cheapest",
    line_floor="zero",
)
"""django-oscar: every discount is rounded down, percentages line by line, and the last line takes
the rest of an amount; "cheapest free" and bundles at a price begin with the cheapest.

Differs: lines are sorted by price there, so that the last is the dearest; here by id. Every offer
uses up the units that it counts and discounts: ``consumes=True``. A value condition uses up as many
of the dearest units as make its value; here it uses up those that it takes from.
"""

ODOO_PRICING: Final = PricingPolicy(
    threshold_basis="list",
    threshold_reading="with_tax",
    fixed_amounts="with_tax",
    line_floor="zero",
)
"""Odoo's loyalty programs: fixed amounts lower what the buyer pays, with tax; so do minimum amounts
count, unless the rule says "tax excluded"; percentages of what earlier rewards have left.

Differs: a reward is a line of its own for each set of taxes and rounded there, not shared out over
the goods: lines differ, totals per rate by a minor unit at most. Discounts by code count towards
the minimum of other programs there, automatic ones do not. The better of two global discounts
stays: a group ``best``.
"""

SHOPWARE_PRICING: Final = PricingPolicy(
    percent_base="list",
    item_percents="selection",
    threshold_basis="list",
    shipping_tax="split",
    line_floor="zero",
)
"""Shopware: percentages of the original prices, rounded once over what they select; shipping taxed
as the goods ("auto").

Differs: a discount is a line of its own, with taxes in proportion to the goods, not shared out over
them. Tax is computed from rounded positions, in the rounding that the sales channel sets for items
and totals. Groups of set definitions are packages, which here are parts of a set or of a deal.
"""

SHOPIFY_PRICING: Final = PricingPolicy(
    percent_base="stage",
    threshold_basis="stage",
    line_floor="zero",
)
"""Shopify: product discounts first; then each order discount of the subtotal that these have left,
whatever the other order discounts take; then shipping.

Differs: how shares of an order discount are rounded over lines is not documented. A line takes one
product discount, the best, unless tags let several: a group ``best`` in the stage ``item``, here
compared over the cart. Which discounts combine is told on each of them ("combines with"): groups
here.
"""
