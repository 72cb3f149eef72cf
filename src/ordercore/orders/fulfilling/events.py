"""What happened to fulfilment orders."""

from __future__ import annotations

import attrs

from ordercore.kernel import (
    AllocationId,
    FulfilmentId,
    Instant,
    LineId,
    NodeId,
    ReturnId,
    ServiceId,
    ShipmentId,
    as_instant,
    checked,
    instant_at,
)
from ordercore.orders.cause import Happened
from ordercore.orders.fulfilling.commands import ScanKind
from ordercore.orders.fulfilling.fulfilment_order import (
    FulfilmentMode,
    FulfilmentUnits,
    Parcel,
    as_mode,
)
from ordercore.orders.identifiers import (
    as_allocation_id,
    as_fulfilment_id,
    as_line_id,
    as_node_id,
    as_optional_fulfilment_id,
    as_optional_return_id,
    as_optional_service_id,
    as_optional_shipment_id,
    as_return_id,
    as_shipment_id,
)
from ordercore.statemachine import MachinePin

__all__ = [
    "FlowMigrated",
    "FulfilmentMoved",
    "FulfilmentPlanned",
    "LimitPassed",
    "RecalledUnits",
    "ShipmentScanned",
    "StageEntered",
    "UnitsPicked",
    "UnitsRecalled",
]


def _scan_kind(value: ScanKind | str) -> ScanKind:
    return value if type(value) is ScanKind else ScanKind(value)


def _appointment(value: Instant | str | None) -> Instant | None:
    return None if value is None else instant_at(value, "appointment")


def _occurred_at(value: Instant | str | None) -> Instant | None:
    return None if value is None else instant_at(value, "occurred_at")


@attrs.frozen(kw_only=True)
@checked
class FulfilmentPlanned(Happened):
    """Units of a node became one fulfilment order, on this flow."""

    fulfilment_id: FulfilmentId = attrs.field(converter=as_fulfilment_id)
    node: NodeId = attrs.field(converter=as_node_id)
    service: ServiceId | None = attrs.field(default=None, converter=as_optional_service_id)
    mode: FulfilmentMode = attrs.field(converter=as_mode)
    flow: MachinePin
    stage: str
    counts_as: str
    units: tuple[FulfilmentUnits, ...]


@attrs.frozen(kw_only=True)
@checked
class FulfilmentMoved(Happened):
    """A fulfilment order went from one stage to the next.

    ``counts_as`` is the position that the new stage declares; units that were not picked or packed
    before and stand beyond that position now were. ``skipped`` names stages that nobody reported.
    """

    fulfilment_id: FulfilmentId = attrs.field(converter=as_fulfilment_id)
    command: str
    source: str
    target: str
    counts_as: str
    ended: bool = False
    parcels: tuple[Parcel, ...] = ()
    shipment_id: ShipmentId | None = attrs.field(default=None, converter=as_optional_shipment_id)
    appointment: Instant | None = attrs.field(default=None, converter=_appointment)
    skipped: tuple[str, ...] = ()
    why: str = ""


@attrs.frozen(kw_only=True)
@checked
class UnitsPicked(Happened):
    """Units were taken from the shelf; ``picked`` counts those of this event."""

    fulfilment_id: FulfilmentId = attrs.field(converter=as_fulfilment_id)
    units: tuple[FulfilmentUnits, ...]


@attrs.frozen(kw_only=True)
@checked
class RecalledUnits:
    """Units taken out of a fulfilment order; ``picked`` of them had been picked, and go back."""

    allocation_id: AllocationId = attrs.field(converter=as_allocation_id)
    line_id: LineId = attrs.field(converter=as_line_id)
    quantity: int
    picked: int = 0


@attrs.frozen(kw_only=True)
@checked
class UnitsRecalled(Happened):
    """Units are in no fulfilment order any more, and stand where they stood before."""

    fulfilment_id: FulfilmentId = attrs.field(converter=as_fulfilment_id)
    units: tuple[RecalledUnits, ...]


@attrs.frozen(kw_only=True)
@checked
class ShipmentScanned(Happened):
    """A carrier saw a shipment."""

    shipment_id: ShipmentId = attrs.field(converter=as_shipment_id)
    fulfilment_id: FulfilmentId = attrs.field(converter=as_fulfilment_id)
    kind: ScanKind = attrs.field(converter=_scan_kind)
    place: str = ""
    occurred_at: Instant | None = attrs.field(default=None, converter=_occurred_at)


@attrs.frozen(kw_only=True)
@checked
class StageEntered(Happened):
    """A return went from one stage of its flow to the next; its units stay where they are."""

    return_id: ReturnId = attrs.field(converter=as_return_id)
    command: str
    source: str
    target: str
    counts_as: str
    ended: bool = False


@attrs.frozen(kw_only=True)
@checked
class FlowMigrated(Happened):
    """Something stands on another version of its flow; its stage there began at ``since``.

    A fulfilment order, or the return that is named. ``ended`` where the stage is the last there.
    """

    fulfilment_id: FulfilmentId | None = attrs.field(
        default=None, converter=as_optional_fulfilment_id
    )
    return_id: ReturnId | None = attrs.field(default=None, converter=as_optional_return_id)
    flow: MachinePin
    stage: str
    counts_as: str
    ended: bool = False
    since: Instant = attrs.field(converter=as_instant)


@attrs.frozen(kw_only=True)
@checked
class LimitPassed(Happened):
    """A fulfilment order, or a return, stood in a stage for longer than a limit of it allows."""

    fulfilment_id: FulfilmentId | None = attrs.field(
        default=None, converter=as_optional_fulfilment_id
    )
    return_id: ReturnId | None = attrs.field(default=None, converter=as_optional_return_id)
    stage: str
    limit: str
    due_at: Instant = attrs.field(converter=as_instant)
