"""Below what promotions may not take the lines of a cart, by the policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from ordercore.pricing.cart import Cart
from ordercore.pricing.discount_choices import LineFloor
from ordercore.pricing.policy import PricingPolicy
from ordercore.pricing.prices.price_answer import PriceAnswer, line_floor
from ordercore.pricing.taxes.taxing import Taxation

__all__ = ["line_floors"]


def line_floors(
    cart: Cart,
    prices: Sequence[PriceAnswer | None],
    policy: PricingPolicy,
    at_destination: Taxation | None,
) -> list[int] | None:
    """The floor of each line in minor units; None where the policy has none.

    ``at_destination`` is given where prices are those at home with the destination's tax in them:
    floors are then too.

    Example:
        >>> from ordercore.kernel import Money
        >>> from ordercore.pricing import CartLine
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=3)])
        >>> tea = PriceAnswer(
        ...     price=Money(1200, "EUR"),
        ...     per=1,
        ...     price_list="web",
        ...     min_quantity=1,
        ...     floor_price=Money(900, "EUR"),
        ... )
        >>> line_floors(cart, [tea], PricingPolicy(line_floor="floor_price"), None)
        [2700]
    """
    match policy.line_floor:
        case LineFloor.ZERO:
            return None
        case LineFloor.FLOOR_PRICE:
            margin = None
        case LineFloor.COST:
            margin = 0
        case never:
            assert_never(never)
    floors: list[int] = []
    for line, price in zip(cart.lines, prices, strict=True):
        floor = line_floor(price, line.quantity, min_margin=margin)
        if floor is not None and at_destination is not None:
            floor = at_destination.at_destination(floor, line.tax_category, line.delivery_group)
        floors.append(0 if floor is None else floor.minor)
    return floors
