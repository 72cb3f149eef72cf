"""Deals over units: buy some and get others, so many for a price, sets for a price."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import attrs

from ordercore.kernel import FaultList, Money, as_tuple, checked, problems
from ordercore.pricing.discount_choices import UnitPick
from ordercore.pricing.promotions.amounts import FixedPrice, UnitOff
from ordercore.pricing.promotions.percents import Per, PercentOff
from ordercore.pricing.promotions.selection import EVERYTHING, Selector

__all__ = ["BuyGet", "SetPart", "SetPrice", "UnitEffect"]

UnitEffect: TypeAlias = PercentOff | UnitOff | FixedPrice
"""What happens to a unit that a deal gives; :class:`FixedPrice` per unit."""

_MOST_PARTS = 8


@attrs.frozen(kw_only=True)
@checked
class BuyGet:
    """Of every ``buy`` + ``get`` units, ``get`` are free or cheaper.

    Units are counted where they are: no unit is in two sets. Without ``get_on``, sets are made of
    the promotion's selected lines; with it, the bought units are those, and the given ones are of
    ``get_on``. Prices are what earlier discounts have left. The units of the sets are used up for
    other deals. O(lines log lines), whatever the quantities.

    Args:
        buy: Units at their price in each set.
        get: Units given in each set.
        reward: What the given units get: ``PercentOff(100)`` is free.
        get_on: Where the given units come from; None: as the bought ones.
        pick: Which units are given; None: those of :attr:`PricingPolicy.given_units`.
        most: How many sets at most; None is without limit.

    Raises:
        InvalidBatch: ``buy_get.buy`` (below 0, or 0 without ``get_on``), ``buy_get.get`` (below
            1), ``buy_get.reward`` (a fixed price that is not per unit), ``buy_get.pick``
            (``cheapest_of_each`` with ``get_on``), ``buy_get.most`` (below 1).

    Example:
        >>> third_free = BuyGet(buy=2, get=1)
        >>> third_free.reward.percent, third_free.pick
        (Fraction(100, 1), None)
    """

    buy: int
    get: int = 1
    reward: UnitEffect = attrs.field(factory=lambda: PercentOff(100))
    get_on: Selector | None = None
    pick: UnitPick | None = attrs.field(default=None, converter=attrs.converters.optional(UnitPick))
    most: int | None = None

    def __attrs_post_init__(self) -> None:
        faults = problems()
        least = 1 if self.get_on is None else 0
        if type(self.buy) is not int or self.buy < least:
            faults.add("buy_get.buy", "buy", self.buy, f"an integer ≥ {least}")
        if type(self.get) is not int or self.get < 1:
            faults.add("buy_get.get", "get", self.get, "an integer ≥ 1")
        if type(self.reward) is FixedPrice and self.reward.per is not Per.UNIT:
            faults.add("buy_get.reward", "reward", self.reward, "a price per unit")
        if self.get_on is not None and self.pick is UnitPick.CHEAPEST_OF_EACH:
            faults.add("buy_get.pick", "pick", self.pick, "another, with get_on")
        _check_most(self.most, "buy_get.most", faults)
        faults.raise_if_any("buy and get")


def _check_most(most: object, code: str, faults: FaultList) -> None:
    if most is not None and (type(most) is not int or most < 1):
        faults.add(code, "most", most, "an integer ≥ 1, or None")


@attrs.frozen
@checked
class SetPart:
    """So many units of a set, of some lines.

    Raises:
        InvalidBatch: ``set_price.count`` below 1.

    Example:
        >>> SetPart(2).on.skus
        frozenset()
    """

    count: int
    on: Selector = EVERYTHING

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.count) is not int or self.count < 1:
            faults.add("set_price.count", "count", self.count, "an integer ≥ 1")
        faults.raise_if_any("part of a set")


def _parts(given: Iterable[SetPart]) -> tuple[SetPart, ...]:
    return as_tuple(given)


@attrs.frozen
@checked
class SetPrice:
    """A price for each set of units: three for ten, a menu of main, side and drink.

    ``parts`` select among the lines that the promotion selects; a unit fits one place of one
    set. As many sets are made as lower the price; ``pick`` says of which units, and in which order
    they are tried. The units of the sets are used up for other deals. O(lines log lines + 2^parts).

    Args:
        parts: What a set is made of, at most eight parts.
        price: Of one set.
        pick: Which units are taken first: ``dearest`` (best for the buyer), ``cheapest`` or
            ``line_order``; None: those of :attr:`PricingPolicy.set_units`.
        most: How many sets at most; None is without limit.

    Raises:
        InvalidBatch: ``set_price.parts`` (none, more than eight, or not parts),
            ``set_price.price`` (negative), ``set_price.pick``, ``set_price.most`` (below 1).

    Example:
        >>> three = SetPrice([SetPart(3)], Money(1000, "EUR"))
        >>> three.units
        3
    """

    parts: tuple[SetPart, ...] = attrs.field(converter=_parts)
    price: Money
    pick: UnitPick | None = attrs.field(default=None, converter=attrs.converters.optional(UnitPick))
    most: int | None = None

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not 1 <= len(self.parts) <= _MOST_PARTS:
            faults.add("set_price.parts", "parts", self.parts, f"1 to {_MOST_PARTS} parts")
        for position, part in enumerate(self.parts):
            if type(part) is not SetPart:
                faults.add("set_price.parts", f"parts[{position}]", part, "a SetPart")
        if type(self.price) is not Money or self.price.minor < 0:
            faults.add("set_price.price", "price", self.price, "an amount ≥ 0")
        if self.pick is UnitPick.CHEAPEST_OF_EACH:
            faults.add("set_price.pick", "pick", self.pick, "dearest, cheapest or line_order")
        _check_most(self.most, "set_price.most", faults)
        faults.raise_if_any("set price")

    @property
    def units(self) -> int:
        """Units in one set."""
        return sum(part.count for part in self.parts)
