"""Which lines of a cart a promotion is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

import attrs

from ordercore.kernel import FrozenMap, Sku, as_map, as_tuple, checked, frozen_set, items_as
from ordercore.pricing.cart import CartLine

__all__ = ["EVERYTHING", "Selector"]


def _skus(given: Iterable[str]) -> frozenset[Sku]:
    return frozen_set(items_as(given, Sku, "skus"))


def _categories(given: Iterable[str | Iterable[str]]) -> frozenset[tuple[str, ...]]:
    paths = as_tuple(given)
    if type(paths) is tuple:
        paths = tuple([(path,) if isinstance(path, str) else as_tuple(path) for path in paths])
    return frozen_set(cast("tuple[tuple[str, ...], ...]", paths))


def _attributes(given: Mapping[str, str]) -> FrozenMap[str, str]:
    return as_map(given)


@attrs.frozen(kw_only=True)
@checked
class Selector:
    """Which lines: by SKU, by category (the named one and all below it), by attributes.

    Of what is given, each part must match: one of the SKUs, one of the categories, and every
    attribute. Nothing given selects everything.

    Example:
        >>> tea = CartLine("1", sku="TEA", quantity=1, category=("drinks", "tea"))
        >>> Selector(categories=["drinks"]).matches(tea), Selector(skus=["CUP"]).matches(tea)
        (True, False)
    """

    skus: frozenset[Sku] = attrs.field(default=frozenset(), converter=_skus)
    categories: frozenset[tuple[str, ...]] = attrs.field(default=frozenset(), converter=_categories)
    attributes: FrozenMap[str, str] = attrs.field(factory=FrozenMap, converter=_attributes)

    @property
    def only_skus(self) -> bool:
        """Whether it asks for nothing but one of some SKUs."""
        return bool(self.skus) and not self.categories and not self.attributes

    def matches(self, line: CartLine) -> bool:
        """Whether the line is selected."""
        if self.skus and line.sku not in self.skus:
            return False
        if self.categories and not any(
            line.category[:depth] in self.categories for depth in range(1, len(line.category) + 1)
        ):
            return False
        return not self.attributes or all(
            line.attributes.get(name) == value for name, value in self.attributes.items()
        )


EVERYTHING = Selector()
"""Selects every line."""
