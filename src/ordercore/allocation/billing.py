"""How a load is billed: the one place where parcels and started kilograms are counted."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ordercore.allocation.demand import Demand
from ordercore.kernel import NodeId, ServiceId
from ordercore.network import Network, Node

__all__ = ["Lane", "lanes_from", "parcels_of", "started_kg_of"]

GRAMS_PER_KG = 1000


def parcels_of(weight_g: int, volume_cm3: int, max_weight_g: int, max_volume_cm3: int) -> int:
    """The parcels of a load that has units: the larger of ⌈weight ÷ limit⌉ and ⌈volume ÷ limit⌉.

    Example:
        >>> parcels_of(2500, 10, 1000, 50), parcels_of(0, 0, 1000, 50)
        (3, 1)
    """
    return max(1, -(-weight_g // max_weight_g), -(-volume_cm3 // max_volume_cm3))


def started_kg_of(weight_g: int) -> int:
    """Kilograms begun by this weight.

    Example:
        >>> started_kg_of(0), started_kg_of(1), started_kg_of(2000)
        (0, 1, 2)
    """
    return -(-weight_g // GRAMS_PER_KG)


@attrs.frozen(kw_only=True)
class Lane:
    """One service from one node to the destination, in minor units, grams and cm³."""

    node: NodeId = attrs.field(converter=NodeId)
    service: ServiceId = attrs.field(converter=ServiceId)
    base: int
    per_kg: int
    max_weight_g: int
    max_volume_cm3: int
    classes: frozenset[str] = frozenset()


def lanes_from(node: Node, demand: Demand, network: Network) -> Mapping[ServiceId, Lane]:
    """The lanes that a node offers to the demand's destination, by service, sorted."""
    lanes: dict[ServiceId, Lane] = {}
    for service in network.services:
        allowed = demand.allowed_services
        if allowed is not None and service.id not in allowed:
            continue
        rate = service.rate(node, demand.destination)
        if rate is not None:
            lanes[service.id] = Lane(
                node=node.id,
                service=service.id,
                base=rate.base.minor,
                per_kg=rate.per_started_kg.minor,
                max_weight_g=service.max_weight_g,
                max_volume_cm3=service.max_volume_cm3,
                classes=service.classes,
            )
    return lanes
