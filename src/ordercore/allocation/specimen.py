"""A small order, network and stock for the examples of this package."""

from __future__ import annotations

from ordercore.allocation.demand import Demand, DemandLine
from ordercore.inventory import StockSnapshot
from ordercore.kernel import Money
from ordercore.network import (
    CarrierService,
    Destination,
    DistanceBand,
    GeoPoint,
    Network,
    Node,
    Rate,
    Region,
    Zoning,
)

__all__ = ["tea_demand", "tea_network", "tea_stock"]


def tea_demand() -> Demand:
    """Two packets of tea and a cup, to Hangzhou.

    Example:
        >>> tea_demand().units
        3
    """
    hangzhou = Destination(Region("CN", "ZJ", "Hangzhou"), point=GeoPoint.of("30.27", "120.15"))
    lines = [
        DemandLine("1", sku="TEA", quantity=2, weight_g=250, volume_cm3=900),
        DemandLine("2", sku="CUP", quantity=1, weight_g=400, volume_cm3=1200),
    ]
    return Demand("o-1", lines, hangzhou)


def tea_network() -> Network:
    """Ningbo near by, Hefei further away, one service.

    Example:
        >>> [str(node.id) for node in tea_network().nodes]
        ['hefei', 'ningbo']
    """

    def node(name: str, latitude: str, longitude: str, fixed: int) -> Node:
        point = GeoPoint.of(latitude, longitude)
        return Node(name, point, Region("CN"), cost_per_shipment=Money(fixed, "CNY"))

    zoning = Zoning(bands=[DistanceBand(200_000, "near"), DistanceBand(2_000_000, "far")])
    rates = {
        "near": Rate(Money(800, "CNY"), per_started_kg=Money(100, "CNY"), days=1),
        "far": Rate(Money(1400, "CNY"), per_started_kg=Money(250, "CNY"), days=3),
    }
    express = CarrierService(
        "express", max_weight_g=30_000, max_volume_cm3=120_000, zoning=zoning, rates=rates
    )
    nodes = [node("ningbo", "29.87", "121.54", 500), node("hefei", "31.82", "117.23", 300)]
    return Network(nodes, [express])


def tea_stock() -> StockSnapshot:
    """Tea at both nodes, cups in Hefei only.

    Example:
        >>> tea_stock().available("CUP", "ningbo")
        0
    """
    return StockSnapshot.of({("TEA", "ningbo"): 2, ("TEA", "hefei"): 9, ("CUP", "hefei"): 4})
