"""Where things are and how they travel: positions, regions, nodes, carriers and their rates.

Everything is an integer (microdegrees, metres, grams, cubic centimetres, minor units). A
:class:`Destination` is what orders keep; the :class:`PersonRecord` behind it is a separate value
that can be erased. A :class:`Network` is checked as a whole and sorted, so input order is nothing.

Example:
    >>> from ordercore.kernel import Money
    >>> from ordercore.network import (
    ...     CarrierService,
    ...     Destination,
    ...     DistanceBand,
    ...     GeoPoint,
    ...     Network,
    ...     Node,
    ...     Rate,
    ...     Region,
    ...     Zoning,
    ... )
    >>> depot = Node(
    ...     "ningbo",
    ...     GeoPoint.of("29.8683", "121.5440"),
    ...     Region("CN", "ZJ", "Ningbo"),
    ...     cost_per_shipment=Money(500, "CNY"),
    ... )
    >>> rate = Rate(Money(800, "CNY"), per_started_kg=Money(200, "CNY"), days=1)
    >>> express = CarrierService(
    ...     "express",
    ...     max_weight_g=30_000,
    ...     max_volume_cm3=200_000,
    ...     rates={"near": rate},
    ...     zoning=Zoning(bands=[DistanceBand(300_000, "near")]),
    ... )
    >>> network = Network([depot], [express])
    >>> hangzhou = Destination(Region("CN", "ZJ", "Hangzhou"), point=GeoPoint.of("30.27", "120.15"))
    >>> express.rate(network.node("ningbo"), hangzhou).days
    1
"""

from ordercore.network.carrier import CarrierService, Rate, RateCard
from ordercore.network.destination import Destination
from ordercore.network.geo import EARTH_RADIUS_M, GeoPoint, distance_m
from ordercore.network.invariants import INVARIANTS
from ordercore.network.network import Network
from ordercore.network.node import Node
from ordercore.network.person import Address, PersonRecord
from ordercore.network.postcode import (
    DEFAULT_POSTCODE_CLASS,
    POSTCODE_CLASS_RULES,
    PostcodeClassRule,
    postcode_class,
)
from ordercore.network.region import Region
from ordercore.network.zoning import DistanceBand, RegionZone, Zoning

__all__ = [
    "DEFAULT_POSTCODE_CLASS",
    "EARTH_RADIUS_M",
    "INVARIANTS",
    "POSTCODE_CLASS_RULES",
    "Address",
    "CarrierService",
    "Destination",
    "DistanceBand",
    "GeoPoint",
    "Network",
    "Node",
    "PersonRecord",
    "PostcodeClassRule",
    "Rate",
    "RateCard",
    "Region",
    "RegionZone",
    "Zoning",
    "distance_m",
    "postcode_class",
]
