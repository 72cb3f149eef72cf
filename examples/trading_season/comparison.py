"""The same order on the same stock, planned as most platforms do: nearest node first."""

from __future__ import annotations

from collections.abc import Mapping

from ordercore.allocation import NEAREST, AllocationPlan, Demand, DemandLine, allocate
from ordercore.network import Destination
from ordercore.orders import ItemFacts
from ordercore.pricing import Quote
from trading_season.shop import Shop

__all__ = ["nearest_plan"]


def nearest_plan(
    shop: Shop, order_id: str, quote: Quote, items: Mapping[str, ItemFacts], there: Destination
) -> AllocationPlan:
    """A nearest-first plan of an order that is about to be placed."""
    demand = Demand(
        order_id,
        [
            DemandLine(
                line.line_id,
                sku=line.sku,
                quantity=line.quantity,
                weight_g=items[line.line_id].weight_g,
                volume_cm3=items[line.line_id].volume_cm3,
                handling_class=items[line.line_id].handling_class,
            )
            for line in quote.lines
        ],
        there,
    )
    stock = shop.snapshot(sorted({line.sku for line in quote.lines}), quote.at)
    return allocate(demand, shop.network, stock, strategy=NEAREST, at=quote.at)
