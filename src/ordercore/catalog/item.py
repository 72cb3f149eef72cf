"""Items: what a SKU is, weighs and needs, and what a bundle is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from ordercore.kernel import FrozenMap, Sku, as_map, as_tuple, checked, problems, sorted_tuple

__all__ = ["Component", "Item"]


def _category(given: Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else as_tuple(given)


def _attributes(given: Mapping[str, str]) -> FrozenMap[str, str]:
    return as_map(given)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value != "" and value.isprintable() and value == value.strip()


@attrs.frozen
@checked
class Component:
    """So many units of one SKU, as part of a bundle.

    Only the type of the quantity is checked here: a quantity below one is refused by the
    :class:`~ordercore.catalog.Catalog`, which lists the faults of all bundles at once.

    Raises:
        InvalidValue: ``component.quantity`` for anything but an integer.

    Example:
        >>> Component("CUP", 6)
        Component(sku=Sku('CUP'), quantity=6)
    """

    sku: Sku = attrs.field(converter=Sku)
    quantity: int

    def __attrs_post_init__(self) -> None:
        if type(self.quantity) is not int:
            faults = problems()
            faults.add("component.quantity", "quantity", self.quantity, "an integer")
            raise faults.faults[0]


def _bundle(given: Iterable[Component]) -> tuple[Component, ...]:
    return sorted_tuple(given, Component, lambda part: (part.sku, part.quantity))


@attrs.frozen
@checked
class Item:
    """One SKU: its unit, weight, volume, handling and tax class, category, and bundle parts.

    ``weight_g`` and ``volume_cm3`` are of one unit. ``category`` is a path from the widest to the
    narrowest. A bundle is sold as one line and shipped as its parts; once it is taken apart, the
    weights and volumes that count are those of the parts.

    Raises:
        InvalidBatch: ``item.weight_g``, ``item.volume_cm3`` (integers of zero or more),
            ``item.unit``, ``item.handling_class``, ``item.tax_category``, ``item.category``,
            ``item.attributes``.

    Example:
        >>> milk = Item("MILK-1L", weight_g=1030, category=("grocery", "dairy", "milk"))
        >>> milk.is_in(("grocery", "dairy")), milk.is_in(("dairy",))
        (True, False)
    """

    sku: Sku = attrs.field(converter=Sku)
    name: str = attrs.field(default="", kw_only=True)
    unit: str = attrs.field(default="each", kw_only=True)
    weight_g: int = attrs.field(default=0, kw_only=True)
    volume_cm3: int = attrs.field(default=0, kw_only=True)
    handling_class: str = attrs.field(default="ambient", kw_only=True)
    tax_category: str = attrs.field(default="standard", kw_only=True)
    category: tuple[str, ...] = attrs.field(default=(), converter=_category, kw_only=True)
    bundle: tuple[Component, ...] = attrs.field(default=(), converter=_bundle, kw_only=True)
    attributes: FrozenMap[str, str] = attrs.field(
        factory=FrozenMap, converter=_attributes, kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        if (
            type(self.weight_g) is int
            and self.weight_g >= 0
            and type(self.volume_cm3) is int
            and self.volume_cm3 >= 0
            and isinstance(self.name, str)
            and _is_word(self.unit)
            and _is_word(self.handling_class)
            and _is_word(self.tax_category)
            and all(map(_is_word, self.category))
            and all(map(_is_word, self.attributes))
            and all(isinstance(value, str) for value in self.attributes.values())
        ):
            return
        self._refuse()

    def _refuse(self) -> None:
        faults = problems()
        for field, amount in (("weight_g", self.weight_g), ("volume_cm3", self.volume_cm3)):
            if type(amount) is not int or amount < 0:
                faults.add(f"item.{field}", field, amount, "an integer ≥ 0")
        if not isinstance(self.name, str):
            faults.add("item.name", "name", self.name, "text")
        for field, word in (
            ("unit", self.unit),
            ("handling_class", self.handling_class),
            ("tax_category", self.tax_category),
        ):
            if not _is_word(word):
                faults.add(f"item.{field}", field, word, "printable text, not empty")
        for index, part in enumerate(self.category):
            if not _is_word(part):
                faults.add("item.category", f"category[{index}]", part, "printable text, not empty")
        for key, value in self.attributes.items():
            if not _is_word(key) or not isinstance(value, str):
                faults.add("item.attributes", f"attributes[{key!r}]", value, "text by name")
        faults.raise_if_any(f"item {self.sku}")

    @property
    def is_bundle(self) -> bool:
        """Whether the item is sold as one and shipped as parts."""
        return bool(self.bundle)

    def is_in(self, category: tuple[str, ...]) -> bool:
        """Whether the item's category is this one or lies within it; all lie within ``()``."""
        return self.category[: len(category)] == category
