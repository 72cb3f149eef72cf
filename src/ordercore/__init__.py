"""ordercore: the domain core of an order system. It decides; its host acts.

Order life cycle, pricing, stock and allocation as pure functions over values: no I/O, no clock, no
randomness. Importing this package loads nothing else; each name below loads its own package when
it is first used.

Example:
    >>> from ordercore import Money
    >>> str(Money.of("128.00", "CNY") * 2)
    'CNY 256.00'
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ordercore.allocation import AllocationPlan, Demand, allocate
    from ordercore.catalog import Catalog, Item
    from ordercore.inventory import StockItem, StockSnapshot
    from ordercore.kernel import (
        Context,
        Decision,
        Money,
        OrdercoreError,
        Reason,
        Refusal,
        Refused,
        fold,
        fold_many,
    )
    from ordercore.network import Destination, Network, Node
    from ordercore.orders import Order
    from ordercore.pricing import Cart, CartLine, PriceBook, Quote, quote, recorded_quote

__all__ = [
    "AllocationPlan",
    "Cart",
    "CartLine",
    "Catalog",
    "Context",
    "Decision",
    "Demand",
    "Destination",
    "Item",
    "Money",
    "Network",
    "Node",
    "Order",
    "OrdercoreError",
    "PriceBook",
    "Quote",
    "Reason",
    "Refusal",
    "Refused",
    "StockItem",
    "StockSnapshot",
    "allocate",
    "fold",
    "fold_many",
    "quote",
    "recorded_quote",
]

_HOMES = (
    ("allocation", ("AllocationPlan", "Demand", "allocate")),
    ("catalog", ("Catalog", "Item")),
    ("inventory", ("StockItem", "StockSnapshot")),
    (
        "kernel",
        (
            "Context",
            "Decision",
            "Money",
            "OrdercoreError",
            "Reason",
            "Refusal",
            "Refused",
            "fold",
            "fold_many",
        ),
    ),
    ("network", ("Destination", "Network", "Node")),
    ("orders", ("Order",)),
    ("pricing", ("Cart", "CartLine", "PriceBook", "Quote", "quote", "recorded_quote")),
)


def __getattr__(name: str) -> object:
    for home, names in _HOMES:
        if name in names:
            from importlib import import_module

            return getattr(import_module(f"ordercore.{home}"), name)
    msg = f"module 'ordercore' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
