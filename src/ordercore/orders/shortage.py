"""What an order needs that is not held, beside what there is."""

from __future__ import annotations

from ordercore.inventory import StockSnapshot
from ordercore.kernel import Sku, answering
from ordercore.orders.order import Order
from ordercore.orders.units import ItemKind

__all__ = ["available_units", "stock_scarcity", "unheld"]

_MOST_SCARCE = 1_000


def unheld(order: Order) -> dict[Sku, int]:
    """Units of goods that are in the order and for which no stock is held, by SKU, in line order.

    What needs no stock is never short of it.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> unheld(tea_order())
        {Sku('TEA-250G'): 2, Sku('CUP'): 1}
    """
    needed: dict[Sku, int] = {}
    for line in order.lines:
        if line.unreserved and line.item.kind is ItemKind.GOODS:
            needed[line.sku] = needed.get(line.sku, 0) + line.unreserved
    return needed


def available_units(stock: StockSnapshot, sku: str) -> int:
    """Units of an item that all nodes together can promise.

    Example:
        >>> available_units(StockSnapshot.of({("CUP", "a"): 2, ("CUP", "b"): 1}), "CUP")
        3
    """
    return sum(stock.available(sku, node) for node in stock.nodes(sku))


@answering
def stock_scarcity(order: Order, stock: StockSnapshot) -> int | None:
    """Units that the order still needs held, in percent of those available, of its scarcest item.

    100 is exactly enough, more is short; rounded up and at most 1,000. None when nothing is needed.
    O(lines × nodes).

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> stock_scarcity(tea_order(), StockSnapshot.of({("TEA-250G", "n"): 8, ("CUP", "n"): 2}))
        50
    """
    shares = []
    for sku, units in unheld(order).items():
        available = available_units(stock, sku)
        shares.append(-(-units * 100 // available) if available else _MOST_SCARCE)
    return min(_MOST_SCARCE, max(shares)) if shares else None
