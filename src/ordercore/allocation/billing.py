"""How a load is billed: the one place where parcels and started kilograms are counted."""

from __future__ import annotations

from datetime import date, timedelta

import attrs

from ordercore.allocation.demand import Demand
from ordercore.kernel import Instant, NodeId, ServiceId
from ordercore.network import Network, Node

__all__ = ["Lane", "days_late", "lanes_from", "parcels_of", "started_kg_of"]

GRAMS_PER_KG = 1000

_UNLIMITED = 1 << 200
"""Above any amount and any volume: a limit that there is none of is larger than any other."""


def parcels_of(
    weight_g: int,
    volume_cm3: int,
    max_weight_g: int,
    max_volume_cm3: int,
    value: int = 0,
    max_value: int | None = None,
) -> int:
    """The parcels of a load that has units: the largest of weight, volume and value ÷ limit, up.

    Example:
        >>> parcels_of(2500, 10, 1000, 50), parcels_of(0, 0, 1000, 50)
        (3, 1)
        >>> parcels_of(2500, 10, 1000, 50, value=701, max_value=100)
        8
    """
    parcels = max(1, -(-weight_g // max_weight_g), -(-volume_cm3 // max_volume_cm3))
    return parcels if max_value is None else max(parcels, -(-value // max_value))


def started_kg_of(weight_g: int, volume_cm3: int = 0, cm3_per_kg: int | None = None) -> int:
    """Kilograms begun by this weight, or by this volume where the carrier bills the larger.

    Example:
        >>> started_kg_of(0), started_kg_of(1), started_kg_of(2000)
        (0, 1, 2)
        >>> started_kg_of(2000, 15_001, 5_000), started_kg_of(2000, 15_001)
        (4, 2)
    """
    started = -(-weight_g // GRAMS_PER_KG)
    return started if cm3_per_kg is None else max(started, -(-volume_cm3 // cm3_per_kg))


@attrs.frozen(kw_only=True)
class Lane:
    """One service from one node to the destination, in minor units, grams and cm³.

    ``max_value`` and ``cm3_per_kg`` are None where the service has no such limit or rule;
    ``days_late`` counts from the demand's due day.
    """

    node: NodeId = attrs.field(converter=NodeId)
    service: ServiceId = attrs.field(converter=ServiceId)
    base: int
    per_kg: int
    max_weight_g: int
    max_volume_cm3: int
    max_value: int | None = None
    cm3_per_kg: int | None = None
    classes: frozenset[str] = frozenset()
    days_late: int = 0

    def unit_fits(self, weight_g: int, volume_cm3: int, value: int) -> bool:
        """Whether one unit keeps the limits of a parcel."""
        return (
            weight_g <= self.max_weight_g
            and volume_cm3 <= self.max_volume_cm3
            and (self.max_value is None or value <= self.max_value)
        )

    def ranks(self) -> tuple[int, ...]:
        """What lanes from one node differ in, each the less the better, the name last."""
        value, divisor = self.max_value, self.cm3_per_kg
        return (
            self.base,
            self.per_kg,
            -self.max_weight_g,
            -self.max_volume_cm3,
            -(_UNLIMITED if value is None else value),
            -(_UNLIMITED if divisor is None else divisor),
            self.days_late,
        )


def days_late(arrives: date, demand: Demand) -> int:
    """The days by which the due day is missed; none where there is none.

    Example:
        >>> from ordercore.allocation.specimen import tea_demand
        >>> days_late(date(2026, 11, 14), attrs.evolve(tea_demand(), due=date(2026, 11, 12)))
        2
    """
    return 0 if demand.due is None else max(0, (arrives - demand.due).days)


def lanes_from(node: Node, demand: Demand, network: Network, at: Instant) -> list[Lane]:
    """The lanes that a node offers to the demand's destination in time, in order of services."""
    ready = node.ready_day(at) if demand.dated else None
    lanes: list[Lane] = []
    for service in network.services:
        allowed = demand.allowed_services
        if allowed is not None and service.id not in allowed:
            continue
        rate = service.rate(node, demand.destination)
        if rate is None:
            continue
        late = 0
        if ready is not None:
            arrives = service.collection_day(ready) + timedelta(days=rate.days)
            if demand.latest is not None and arrives > demand.latest:
                continue
            late = days_late(arrives, demand)
        lanes.append(
            Lane(
                node=node.id,
                service=service.id,
                base=rate.base.minor,
                per_kg=rate.per_started_kg.minor,
                max_weight_g=service.max_weight_g,
                max_volume_cm3=service.max_volume_cm3,
                max_value=None if service.max_value is None else service.max_value.minor,
                cm3_per_kg=service.cm3_per_kg,
                classes=service.classes,
                days_late=late,
            )
        )
    return lanes
