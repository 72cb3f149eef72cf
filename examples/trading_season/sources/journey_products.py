"""The product table of the Complete Journey, and the catalogue made of it."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ordercore.catalog import Item
from trading_season.sources.journey_lines import read_table
from trading_season.sources.shelf import NO_PRODUCT, grocery_item, is_goods

__all__ = ["Products"]

Facts: TypeAlias = tuple[str, str, str, str]
"""Department, category, type, package size."""


class Products:
    """What the table says of each product; those that it does not know are goods of no department."""

    def __init__(self) -> None:
        table = read_table("products").fillna("")
        names = ("department", "product_category", "product_type", "package_size")
        texts = zip(*(table[name].astype(str).tolist() for name in names), strict=True)
        self._facts: dict[int, Facts] = dict(zip(table["product_id"].tolist(), texts, strict=True))

    def __contains__(self, product: int) -> bool:
        return product in self._facts

    @property
    def ids(self) -> NDArray[np.int64]:
        return np.array(list(self._facts), dtype=np.int64)

    def of(self, product: int) -> Facts:
        return self._facts.get(product, (NO_PRODUCT, "", "", ""))

    def is_goods(self, product: int) -> bool:
        department, category, _, _ = self.of(product)
        return is_goods(department, category)

    def item(self, product: int) -> Item:
        department, category, name, size = self.of(product)
        return grocery_item(str(product), department, category, name, size)
