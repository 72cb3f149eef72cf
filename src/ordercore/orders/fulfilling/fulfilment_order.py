"""The fulfilment order: units of one node that go their way together, and where they stand."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import (
    AllocationId,
    Choice,
    FulfilmentId,
    Instant,
    LineId,
    NodeId,
    ParcelId,
    ServiceId,
    ShipmentId,
    as_tuple,
    checked,
    instant_at,
    problems,
)
from ordercore.orders.identifiers import (
    as_allocation_id,
    as_fulfilment_id,
    as_line_id,
    as_node_id,
    as_optional_service_id,
    as_optional_shipment_id,
)
from ordercore.orders.units import Quantities, check_quantities, quantities
from ordercore.statemachine import MachinePin

__all__ = [
    "POSITIONS",
    "FulfilmentMode",
    "FulfilmentOrder",
    "FulfilmentUnits",
    "Parcel",
    "position_rank",
]

POSITIONS = ("allocated", "reserved", "picked", "packed", "shipped", "delivered")
"""Where a stage's units may stand, in the order in which units get there; see ``State.counts_as``.

Units leave this way as ``cancelled``, ``returned`` or ``written_off``.
"""


def position_rank(counts_as: str) -> int:
    """How far on their way the units of a position are; -1 for one that is off the way.

    Example:
        >>> position_rank("packed") < position_rank("shipped"), position_rank("cancelled")
        (True, -1)
    """
    return POSITIONS.index(counts_as) if counts_as in POSITIONS else -1


class FulfilmentMode(Choice):
    """How units get to the buyer."""

    SHIP = "ship"
    """A carrier brings them."""
    PICKUP = "pickup"
    """The buyer fetches them at the node."""
    DIGITAL = "digital"
    """They are issued, and nothing moves: codes, downloads, gift cards."""
    SERVICE = "service"
    """Someone comes: installation, repair."""


def as_mode(value: FulfilmentMode | str) -> FulfilmentMode:
    """The mode; one that is a mode already costs only the question."""
    return value if type(value) is FulfilmentMode else FulfilmentMode(value)


@attrs.frozen(kw_only=True)
@checked
class FulfilmentUnits:
    """Units of one allocation in a fulfilment order, and how many of them were picked.

    Raises:
        InvalidBatch: ``order.fulfilment`` unless 0 ≤ picked ≤ quantity.

    Example:
        >>> FulfilmentUnits(allocation_id="a", line_id="1", quantity=3, picked=1).unpicked
        2
    """

    allocation_id: AllocationId = attrs.field(converter=as_allocation_id)
    line_id: LineId = attrs.field(converter=as_line_id)
    quantity: int
    picked: int = 0

    def __attrs_post_init__(self) -> None:
        if 0 <= self.picked <= self.quantity:
            return
        faults = problems()
        faults.add("order.fulfilment", self.allocation_id, self.picked, f"0 to {self.quantity}")
        faults.raise_if_any("fulfilment units")

    @property
    def unpicked(self) -> int:
        """Units that nobody has taken from the shelf yet."""
        return self.quantity - self.picked


@attrs.frozen(kw_only=True)
@checked
class Parcel:
    """One packed parcel: what lies in it, what it weighs, and under which number it travels.

    Raises:
        InvalidBatch: ``quantity.not_positive`` per line, ``quantity.none`` without lines,
            ``parcel.weight_g`` below zero.

    Example:
        >>> Parcel(parcel_id="p-1", lines={"1": 2}, weight_g=700, tracking="SF1").lines["1"]
        2
    """

    parcel_id: ParcelId = attrs.field(converter=ParcelId)
    lines: Quantities = attrs.field(converter=quantities)
    weight_g: int = 0
    tracking: str = ""

    def __attrs_post_init__(self) -> None:
        faults = problems()
        check_quantities(faults, "lines", self.lines)
        if type(self.weight_g) is not int or self.weight_g < 0:
            faults.add("parcel.weight_g", "weight_g", self.weight_g, "an integer ≥ 0")
        faults.raise_if_any(f"parcel {self.parcel_id}")


def _units(given: Iterable[FulfilmentUnits]) -> tuple[FulfilmentUnits, ...]:
    return as_tuple(given)


def _since(value: Instant | str) -> Instant:
    return instant_at(value, "since")


def _active_at(value: Instant | str) -> Instant:
    return instant_at(value, "active_at")


def _appointment(value: Instant | str | None) -> Instant | None:
    return None if value is None else instant_at(value, "appointment")


@attrs.frozen(kw_only=True)
@checked
class FulfilmentOrder:
    """Units of one node under one flow: made by planning them, or by shipping without a plan.

    ``flow`` pins the machine whose ``stage`` they stand in since ``since``; ``counts_as`` is the
    ledger position that the stage declares. ``active_at`` is the last sign of life, by which limits
    without activity are measured. ``passed`` names the limits of the stage that were reported.

    Example:
        >>> from ordercore.orders.specimen import tea_fulfilment
        >>> planned = tea_fulfilment()
        >>> planned.stage, planned.lines, planned.open
        ('planned', FrozenMap({LineId('1'): 2}), True)
    """

    fulfilment_id: FulfilmentId = attrs.field(converter=as_fulfilment_id)
    node: NodeId = attrs.field(converter=as_node_id)
    service: ServiceId | None = attrs.field(default=None, converter=as_optional_service_id)
    mode: FulfilmentMode = attrs.field(default=FulfilmentMode.SHIP, converter=as_mode)
    flow: MachinePin
    stage: str
    counts_as: str
    ended: bool = False
    since: Instant = attrs.field(converter=_since)
    active_at: Instant = attrs.field(converter=_active_at)
    units: tuple[FulfilmentUnits, ...] = attrs.field(converter=_units)
    parcels: tuple[Parcel, ...] = ()
    shipment_id: ShipmentId | None = attrs.field(default=None, converter=as_optional_shipment_id)
    appointment: Instant | None = attrs.field(default=None, converter=_appointment)
    passed: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether the units have not left the node and may still."""
        return not self.ended and position_rank(self.counts_as) < position_rank("shipped")

    @property
    def lines(self) -> Quantities:
        """Units by line."""
        sums: dict[LineId, int] = {}
        for part in self.units:
            sums[part.line_id] = sums.get(part.line_id, 0) + part.quantity
        return quantities(sums)

    @property
    def unpicked(self) -> Quantities:
        """Units by line that were not picked yet."""
        sums: dict[LineId, int] = {}
        for part in self.units:
            if part.unpicked:
                sums[part.line_id] = sums.get(part.line_id, 0) + part.unpicked
        return quantities(sums)
