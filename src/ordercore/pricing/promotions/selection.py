"""Which lines of a cart a promotion is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

import attrs

from ordercore.kernel import (
    FrozenMap,
    InvalidValue,
    Money,
    Sku,
    as_map,
    as_tuple,
    checked,
    frozen_set,
    items_as,
)
from ordercore.pricing.cart import CartLine

__all__ = ["EVERYTHING", "Selector"]


def _skus(given: Iterable[str]) -> frozenset[Sku]:
    return frozen_set(items_as(given, Sku, "skus"))


def _but_skus(given: Iterable[str]) -> frozenset[Sku]:
    return frozen_set(items_as(given, Sku, "but_skus"))


def _categories(given: Iterable[str | Iterable[str]]) -> frozenset[tuple[str, ...]]:
    paths = as_tuple(given)
    if type(paths) is tuple:
        paths = tuple([(path,) if isinstance(path, str) else as_tuple(path) for path in paths])
    return frozen_set(cast("tuple[tuple[str, ...], ...]", paths))


def _attributes(given: Mapping[str, str]) -> FrozenMap[str, str]:
    return as_map(given)


def _within(line: CartLine, categories: frozenset[tuple[str, ...]]) -> bool:
    path = line.category
    return any(path[:depth] in categories for depth in range(1, len(path) + 1))


@attrs.frozen(kw_only=True)
@checked
class Selector:
    """Which lines: by SKU, by category (the named one and all below it), by attributes, by price.

    Of what is given, each part must match: one of the SKUs, one of the categories, every
    attribute, none of the exclusions. Nothing given selects everything. Prices are the line's
    list price per unit, compared exactly; both bounds belong to the range.

    Args:
        skus: One of these items.
        categories: In one of these categories.
        attributes: With all of these attributes.
        but_skus: None of these items.
        but_categories: In none of these categories.
        but_attributes: With none of these attributes (``{"sale": "yes"}`` leaves sale items out).
        from_price: Of at least this price a unit.
        to_price: Of at most this price a unit.

    Raises:
        InvalidValue: ``selector.prices`` for bounds of two currencies, or the lower above the
            upper one.

    Example:
        >>> tea = CartLine("1", sku="TEA", quantity=1, category=("drinks", "tea"))
        >>> Selector(categories=["drinks"]).matches(tea), Selector(skus=["CUP"]).matches(tea)
        (True, False)
        >>> Selector(categories=["drinks"], but_categories=[("drinks", "tea")]).matches(tea)
        False
    """

    skus: frozenset[Sku] = attrs.field(default=frozenset(), converter=_skus)
    categories: frozenset[tuple[str, ...]] = attrs.field(default=frozenset(), converter=_categories)
    attributes: FrozenMap[str, str] = attrs.field(factory=FrozenMap, converter=_attributes)
    but_skus: frozenset[Sku] = attrs.field(default=frozenset(), converter=_but_skus)
    but_categories: frozenset[tuple[str, ...]] = attrs.field(
        default=frozenset(), converter=_categories
    )
    but_attributes: FrozenMap[str, str] = attrs.field(factory=FrozenMap, converter=_attributes)
    from_price: Money | None = None
    to_price: Money | None = None
    _only_skus: bool = attrs.field(init=False, eq=False, repr=False)
    _excludes: bool = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        low, high = self.from_price, self.to_price
        if (
            type(low) is Money
            and type(high) is Money
            and (low.currency != high.currency or low > high)
        ):
            raise InvalidValue("selector.prices", "to_price", high, f"at least {low}")
        excludes = bool(self.but_skus or self.but_categories or self.but_attributes)
        more = self.categories or self.attributes or low is not None or high is not None
        object.__setattr__(self, "_excludes", excludes)
        object.__setattr__(self, "_only_skus", bool(self.skus) and not more and not excludes)

    @property
    def only_skus(self) -> bool:
        """Whether it asks for nothing but one of some SKUs."""
        return self._only_skus

    def matches(self, line: CartLine, amount: Money | None = None) -> bool:
        """Whether the line, of that list amount, is selected; O(size of the selector).

        A range of prices matches no line of an unknown amount, or of another currency.
        """
        if self.skus and line.sku not in self.skus:
            return False
        if self.categories and not _within(line, self.categories):
            return False
        if self.attributes and not all(
            line.attributes.get(name) == value for name, value in self.attributes.items()
        ):
            return False
        if self._excludes and self._leaves_out(line):
            return False
        low, high = self.from_price, self.to_price
        return (low is None or _at_least(amount, low, line.quantity, 1)) and (
            high is None or _at_least(amount, high, line.quantity, -1)
        )

    def _leaves_out(self, line: CartLine) -> bool:
        return (
            line.sku in self.but_skus
            or bool(self.but_categories and _within(line, self.but_categories))
            or any(
                line.attributes.get(name) == value for name, value in self.but_attributes.items()
            )
        )


def _at_least(amount: Money | None, bound: Money, quantity: int, sign: int) -> bool:
    if amount is None or amount.currency != bound.currency:
        return False
    return sign * amount.minor >= sign * bound.minor * quantity


EVERYTHING = Selector()
"""Selects every line."""
