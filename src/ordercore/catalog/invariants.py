"""The laws of the catalogue, from which tests and the documentation's table are made."""

from __future__ import annotations

from ordercore.catalog.catalog import Catalog
from ordercore.kernel import Invariant, Violation

__all__ = ["INVARIANTS"]


def _shipped(catalog: Catalog, sku: str, quantity: int) -> Violation | None:
    for part in catalog.explode(sku, quantity):
        if catalog.item(part.sku).is_bundle or part.quantity < 1:
            return Violation("INV-CATALOG-1", {"sku": part.sku, "quantity": part.quantity})
    return None


def _linear(catalog: Catalog, sku: str, quantity: int) -> Violation | None:
    one = {part.sku: part.quantity * quantity for part in catalog.explode(sku)}
    many = {part.sku: part.quantity for part in catalog.explode(sku, quantity)}
    if one == many:
        return None
    return Violation("INV-CATALOG-2", {"sku": sku, "quantity": quantity})


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-CATALOG-1",
        "a catalogue, a SKU of it and a quantity",
        "What an item is shipped as contains no bundle and no quantity below one.",
        _shipped,
    ),
    Invariant(
        "INV-CATALOG-2",
        "a catalogue, a SKU of it and a quantity",
        "So many units are shipped as so many times the parts of one unit.",
        _linear,
    ),
)
