"""The least that promotions may leave of each line, and of all lines together."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import attrs

from ordercore.pricing.discount_choices import LineFloor
from ordercore.pricing.policy import PricingPolicy
from ordercore.pricing.prices.price_answer import PriceAnswer, line_floor
from ordercore.pricing.promotions.percents import Per

__all__ = ["LineFloors"]

_NO_MARGIN = Fraction()


class LineFloors:
    """Floors of the lines of one quote: the price's own, a margin above cost, a limit of discounts.

    Used inside one quote or explanation and then dropped. Positions are those of the lines.

    Args:
        listed: List amounts in minor units.
        left: What the lines cost before promotions: after prices set by hand.
        quantities: Units of each line.
        prices: The lines' answers; None for a line of which nothing is known.
        policy: Its least margin and its limits of discounts.
        currency: Of the amounts.
    """

    __slots__ = ("_floors", "currency", "left", "listed", "policy", "prices", "quantities")

    def __init__(
        self,
        listed: Sequence[int],
        left: Sequence[int],
        quantities: Sequence[int],
        prices: Sequence[PriceAnswer | None],
        policy: PricingPolicy,
        currency: str,
    ) -> None:
        self.listed = listed
        self.left = left
        self.quantities = quantities
        self.prices = prices
        self.policy = policy
        self.currency = currency
        self._floors: dict[Fraction | None, list[int]] = {}

    def of_all(self) -> list[int] | None:
        """The floors that hold for every promotion; None where there are none. O(lines)."""
        policy, margin = self.policy, self._margin(None)
        if all(each.per is Per.SELECTION for each in policy.discount_limits):
            floored = policy.line_floor is not LineFloor.ZERO
            bounded = any(
                price is not None
                and (
                    (floored and price.floor_price is not None)
                    or (margin is not None and price.unit_cost is not None)
                )
                for price in self.prices
            )
            if not bounded:
                return None
        return self.of(None)

    def of(self, margin: Fraction | None) -> list[int]:
        """The floors under a promotion that asks for a margin of its own. O(lines), once each."""
        own = self._margin(margin)
        found = self._floors.get(own)
        if found is None:
            found = [
                max([floor for _, floor in self._bounds(own, position)], default=0)
                for position in range(len(self.prices))
            ]
            self._floors[own] = found
        return found

    def code(self, margin: Fraction | None, position: int) -> str:
        """What sets the floor of a line: the first of those that are highest."""
        bounds = self._bounds(self._margin(margin), position)
        return max(bounds, key=lambda each: each[1])[0]

    def least(self) -> int | None:
        """The least that promotions may leave of all lines together; None without a limit."""
        limits = [each for each in self.policy.discount_limits if each.per is Per.SELECTION]
        if not limits:
            return None
        whole = sum(self.left)
        return whole - min([each.most(whole, 1, self.currency) for each in limits])

    def _margin(self, margin: Fraction | None) -> Fraction | None:
        everywhere = self.policy.min_margin
        if everywhere is None and self.policy.line_floor is LineFloor.COST:
            everywhere = _NO_MARGIN
        if margin is None or everywhere is None:
            return everywhere if margin is None else margin
        return max(margin, everywhere)

    def _bounds(self, margin: Fraction | None, position: int) -> list[tuple[str, int]]:
        quantity, left = self.quantities[position], self.left[position]
        price = self.prices[position]
        bounds: list[tuple[str, int]] = []
        if price is not None:
            if self.policy.line_floor is LineFloor.ZERO and price.floor_price is not None:
                price = attrs.evolve(price, floor_price=None)
            plain = self._here(position, price, None)
            if plain is not None:
                bounds.append(("limit.floor_price", plain))
            if margin is not None and price.unit_cost is not None:
                costed = self._here(position, price, margin)
                assert costed is not None
                # Of the two that a price has, its own floor is told where it is as high.
                bounds.append(("limit.margin", costed))
        for limit in self.policy.discount_limits:
            if limit.per is not Per.SELECTION:
                most = limit.most(left, quantity, self.currency)
                bounds.append(("limit.discounts_of_line", left - most))
        return bounds

    def _here(self, position: int, price: PriceAnswer, margin: Fraction | None) -> int | None:
        """A floor of the price list, with the tax that the line's list amount has."""
        quantity, listed = self.quantities[position], self.listed[position]
        floor = line_floor(price, quantity, min_margin=margin)
        if floor is None:
            return None
        there = price.amount(quantity, self.policy.rounding).minor
        return floor.minor if there in {0, listed} else -(-floor.minor * listed // there)
