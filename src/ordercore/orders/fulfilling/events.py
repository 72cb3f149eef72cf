"""What happened to fulfilment orders."""

from __future__ import annotations

import attrs

from ordercore.kernel import (
    AllocationId,
    FulfilmentId,
    Instant,
    LineId,
    NodeId,
    ServiceId,
    ShipmentId,
)
from ordercore.orders.cause import Happened
from ordercore.orders.fulfilling.commands import ScanKind
from ordercore.orders.fulfilling.fulfilment_order import (
    FulfilmentMode,
    FulfilmentUnits,
    Parcel,
)
from ordercore.statemachine import MachinePin

__all__ = [
    "FlowMigrated",
    "FulfilmentMoved",
    "FulfilmentPlanned",
    "LimitPassed",
    "RecalledUnits",
    "ShipmentScanned",
    "UnitsPicked",
    "UnitsRecalled",
]


@attrs.frozen(kw_only=True)
class FulfilmentPlanned(Happened):
    """Units of a node became one fulfilment order, on this flow."""

    fulfilment_id: FulfilmentId
    node: NodeId
    service: ServiceId | None = None
    mode: FulfilmentMode
    flow: MachinePin
    stage: str
    counts_as: str
    units: tuple[FulfilmentUnits, ...]


@attrs.frozen(kw_only=True)
class FulfilmentMoved(Happened):
    """A fulfilment order went from one stage to the next.

    ``counts_as`` is the position that the new stage declares; units that were not picked or packed
    before and stand beyond that position now were. ``skipped`` names stages that nobody reported.
    """

    fulfilment_id: FulfilmentId
    command: str
    source: str
    target: str
    counts_as: str
    ended: bool = False
    parcels: tuple[Parcel, ...] = ()
    shipment_id: ShipmentId | None = None
    appointment: Instant | None = None
    skipped: tuple[str, ...] = ()
    why: str = ""


@attrs.frozen(kw_only=True)
class UnitsPicked(Happened):
    """Units were taken from the shelf; ``picked`` counts those of this event."""

    fulfilment_id: FulfilmentId
    units: tuple[FulfilmentUnits, ...]


@attrs.frozen(kw_only=True)
class RecalledUnits:
    """Units taken out of a fulfilment order; ``picked`` of them had been picked, and go back."""

    allocation_id: AllocationId = attrs.field(converter=AllocationId)
    line_id: LineId = attrs.field(converter=LineId)
    quantity: int
    picked: int = 0


@attrs.frozen(kw_only=True)
class UnitsRecalled(Happened):
    """Units are in no fulfilment order any more, and stand where they stood before."""

    fulfilment_id: FulfilmentId
    units: tuple[RecalledUnits, ...]


@attrs.frozen(kw_only=True)
class ShipmentScanned(Happened):
    """A carrier saw a shipment."""

    shipment_id: ShipmentId
    fulfilment_id: FulfilmentId
    kind: ScanKind
    place: str = ""
    occurred_at: Instant | None = None


@attrs.frozen(kw_only=True)
class FlowMigrated(Happened):
    """A fulfilment order stands on another version of its flow; its stage began at ``since``."""

    fulfilment_id: FulfilmentId
    flow: MachinePin
    stage: str
    counts_as: str
    since: Instant


@attrs.frozen(kw_only=True)
class LimitPassed(Happened):
    """A fulfilment order stood in a stage for longer than a limit of the stage allows."""

    fulfilment_id: FulfilmentId
    stage: str
    limit: str
    due_at: Instant
