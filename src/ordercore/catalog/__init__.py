"""What is sold: items with their weight, volume, handling class and category, and bundles.

A :class:`Catalog` is checked as a whole when it is built (duplicate SKUs, unknown parts, bundles
that contain themselves, quantities below one: all reported at once) and answers what a bundle is
shipped as.

Example:
    >>> from ordercore.catalog import Catalog, Component, Item
    >>> catalog = Catalog.of(
    ...     [
    ...         Item("TEA-250G", weight_g=280, category=("grocery", "tea")),
    ...         Item("TEA-BOX", bundle=[Component("TEA-250G", 4)]),
    ...     ]
    ... )
    >>> catalog.explode("TEA-BOX", 3)
    (Component(sku=Sku('TEA-250G'), quantity=12),)
"""

from ordercore.catalog.catalog import Catalog
from ordercore.catalog.invariants import INVARIANTS
from ordercore.catalog.item import Component, Item

__all__ = ["INVARIANTS", "Catalog", "Component", "Item"]
