"""What a supermarket's products weigh, how they must travel, and which are not goods at all."""

from __future__ import annotations

import re

from ordercore.catalog import Item

__all__ = ["NO_PRODUCT", "grocery_item", "is_goods"]

NO_PRODUCT = "unknown"
"""The department of products that the product table does not know."""

_SERVICES = {"FUEL", "COUPON", "POSTAL CENTER", "CHARITABLE CONT", "PHOTO & VIDEO", "RX"}
_NOT_GOODS = {"COUPON/MISC ITEMS"}

_FROZEN = ("FRZN", "FROZEN", "ICE CREAM")
_CHILLED = (
    "MILK",
    "CHEESE",
    "YOGURT",
    "EGGS",
    "REFRG",
    "MARGARINE",
    "BUTTER",
    "DAIRY",
    "LUNCHMEAT",
    "HOT DOGS",
    "BACON",
    "DELI",
    "FRESH",
)
_CHILLED_DEPARTMENTS = {
    "MEAT",
    "MEAT-PCKGD",
    "SEAFOOD",
    "SEAFOOD-PCKGD",
    "DELI",
    "SALAD BAR",
    "CHEF SHOPPE",
    "FLORAL",
}

# Grams of one unit of a package size, in thousandths so that no float is needed.
_UNIT_MG = {
    "OZ": 28_350,
    "LB": 453_592,
    "LBS": 453_592,
    "ML": 1_000,
    "L": 1_000_000,
    "LTR": 1_000_000,
    "GAL": 3_785_000,
    "GA": 3_785_000,
    "QT": 946_000,
    "PT": 473_000,
    "G": 1_000,
    "CT": 30_000,
    "PK": 250_000,
}
_USUAL_G = {
    "PRODUCE": 450,
    "MEAT": 900,
    "MEAT-PCKGD": 450,
    "DELI": 350,
    "PASTRY": 400,
    "DRUG GM": 250,
    "COSMETICS": 90,
    "NUTRITION": 300,
    "FLORAL": 800,
}
_SIZE = re.compile(r"(\d{1,4})(?:\.(\d))?\d*\s*([A-Z]+)")
_HEAVIEST_G = 20_000


def is_goods(department: str, category: str) -> bool:
    """Whether a product can be put on a shelf and shipped: fuel and services cannot."""
    return department not in _SERVICES and category not in _NOT_GOODS


def _weight_g(department: str, size: str) -> int:
    found = _SIZE.match(size)
    if found and found[3] in _UNIT_MG:
        tenths = int(found[1]) * 10 + int(found[2] or 0)
        weight = tenths * _UNIT_MG[found[3]] // 10_000
        if 0 < weight <= _HEAVIEST_G:
            return weight
    return _USUAL_G.get(department, 400)


def _handling(department: str, category: str) -> str:
    if any(word in category for word in _FROZEN) or department == "FROZEN GROCERY":
        return "frozen"
    if department in _CHILLED_DEPARTMENTS or any(word in category for word in _CHILLED):
        return "chilled"
    return "ambient"


def grocery_item(sku: str, department: str, category: str, name: str, size: str) -> Item:
    """A catalogue item from a row of the product table; the volume is estimated from the weight."""
    weight_g = _weight_g(department, size)
    path = tuple(part for part in (department, category) if part)
    return Item(
        sku,
        name=name,
        weight_g=weight_g,
        volume_cm3=weight_g * 8 // 5,
        handling_class=_handling(department, category),
        category=path,
    )
