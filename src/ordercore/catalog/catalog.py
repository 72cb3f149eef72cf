"""The catalogue: every item by SKU, and bundles taken apart."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Self

import attrs

from ordercore.catalog.cycles import cycles
from ordercore.catalog.item import Component, Item
from ordercore.kernel import (
    Finding,
    InvalidDefinition,
    InvalidValue,
    NotFound,
    Severity,
    Sku,
    checked,
    sorted_tuple,
)

__all__ = ["Catalog"]


def _items(given: Iterable[Item]) -> tuple[Item, ...]:
    return sorted_tuple(given, Item, lambda item: item.sku)


@attrs.frozen
@checked
class Catalog:
    """Items sorted by SKU, with every bundle's parts known down to what is shipped.

    Raises:
        InvalidDefinition: with all of ``catalog.duplicate_sku``, ``catalog.unknown_component``,
            ``catalog.component_quantity`` and ``catalog.bundle_cycle`` (one for each set of
            bundles that contain each other) that apply.

    Example:
        >>> catalog = Catalog.of(
        ...     [
        ...         Item("TEA"),
        ...         Item("CUP"),
        ...         Item("POT"),
        ...         Item("SERVICE", bundle=[Component("CUP", 6), Component("POT", 1)]),
        ...         Item("GIFT", bundle=[Component("SERVICE", 1), Component("TEA", 2)]),
        ...     ]
        ... )
        >>> [(part.sku.lower(), part.quantity) for part in catalog.explode("GIFT", 2)]
        [('cup', 12), ('pot', 2), ('tea', 4)]
    """

    items: tuple[Item, ...] = attrs.field(default=(), converter=_items)
    _index: dict[str, Item] = attrs.field(init=False, eq=False, repr=False)
    _parts: dict[str, dict[Sku, int]] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        index: dict[str, Item] = {item.sku: item for item in self.items}
        findings = _findings(self.items, index)
        if findings:
            raise InvalidDefinition("catalog", findings)
        object.__setattr__(self, "_index", index)
        object.__setattr__(self, "_parts", _exploded(self.items, index))

    @classmethod
    def of(cls, items: Iterable[Item]) -> Self:
        """A catalogue of these items, in whatever order they come."""
        return cls(tuple(items))

    def __reduce__(self) -> tuple[type[Catalog], tuple[tuple[Item, ...]]]:
        return Catalog, (self.items,)

    def __len__(self) -> int:
        return len(self.items)

    def __contains__(self, sku: object) -> bool:
        return sku in self._index

    def item(self, sku: Sku | str) -> Item:
        """The item of this SKU. O(1).

        Raises:
            NotFound: for a SKU that the catalogue does not have.

        Example:
            >>> Catalog.of([Item("TEA")]).item("CUP")
            Traceback (most recent call last):
            ...
            ordercore.kernel.errors.NotFound: no item 'CUP'
        """
        item = self._index.get(sku)
        if item is None:
            raise NotFound("item", str(sku))
        return item

    def explode(self, sku: Sku | str, quantity: int = 1) -> tuple[Component, ...]:
        """What ``quantity`` units of a SKU are shipped as, each part once, sorted by SKU.

        Bundles within bundles are taken apart to the end; anything else is its own only part.
        O(parts), computed when the catalogue was built.

        Raises:
            NotFound: for a SKU that the catalogue does not have.
            InvalidValue: ``catalog.quantity`` unless an integer of at least one.
        """
        item = self.item(sku)
        if type(quantity) is not int or quantity < 1:
            raise InvalidValue("catalog.quantity", "quantity", quantity, "an integer ≥ 1")
        parts = self._parts.get(sku)
        if parts is None:
            return (Component(item.sku, quantity),)
        return tuple(Component(part, each * quantity) for part, each in parts.items())


def _findings(items: tuple[Item, ...], index: dict[str, Item]) -> tuple[Finding, ...]:
    found: list[Finding] = []

    def note(code: str, path: str, message: str, value: str) -> None:
        found.append(Finding(code, Severity.ERROR, path, message, value))

    for item, next_item in pairwise(items):
        if item.sku == next_item.sku:
            note("catalog.duplicate_sku", f"items[{item.sku}]", "is there twice", str(item.sku))
    for item in items:
        for part in item.bundle:
            place = f"items[{item.sku}].bundle[{part.sku}]"
            if part.sku not in index:
                note("catalog.unknown_component", place, "is no item", str(part.sku))
            if part.quantity < 1:
                shown = str(part.quantity)
                note("catalog.component_quantity", place, "needs a quantity of 1 or more", shown)
    for members in cycles({item.sku: [part.sku for part in item.bundle] for item in items}):
        shown = ", ".join(members)
        note("catalog.bundle_cycle", f"items[{members[0]}]", "contain each other", shown)
    return tuple(found)


def _exploded(items: tuple[Item, ...], index: dict[str, Item]) -> dict[str, dict[Sku, int]]:
    """The shipped parts of each bundle; without recursion, for bundles nested at any depth."""
    done: dict[str, dict[Sku, int]] = {}
    for start in items:
        stack = [start] if start.bundle and start.sku not in done else []
        while stack:
            item = stack[-1]
            waiting = [
                index[part.sku]
                for part in item.bundle
                if index[part.sku].bundle and part.sku not in done
            ]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            totals: dict[Sku, int] = {}
            for part in item.bundle:
                for sku, each in done.get(part.sku, {part.sku: 1}).items():
                    totals[sku] = totals.get(sku, 0) + each * part.quantity
            done[item.sku] = dict(sorted(totals.items()))
    return done
