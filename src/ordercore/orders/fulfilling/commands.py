"""What may be asked of fulfilment orders, and what carriers report of their parcels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

import attrs

from ordercore.kernel import (
    Choice,
    FrozenMap,
    FulfilmentId,
    Instant,
    NodeId,
    ReturnId,
    ServiceId,
    ShipmentId,
    as_map,
    as_tuple,
    checked,
    instant_at,
    items_as,
    problems,
)
from ordercore.orders.fulfilling.fulfilment_order import FulfilmentMode, Parcel
from ordercore.orders.identifiers import as_optional_fulfilment_id, as_optional_return_id
from ordercore.orders.message import Fact, Instruction
from ordercore.orders.units import Quantities, check_quantities, quantities
from ordercore.statemachine import COMPLETE_STAGE, MachinePin

__all__ = [
    "CancelFulfilment",
    "CompleteStage",
    "ConfirmPick",
    "FulfilmentCommand",
    "HandOver",
    "MigrateFlow",
    "PackFulfilment",
    "PlanFulfilment",
    "RecordScan",
    "ReleaseFulfilment",
    "ScanKind",
    "SetAppointment",
    "StartPicking",
]


@attrs.frozen
@checked
class PlanFulfilment(Instruction):
    """Give units of one node to that node as one fulfilment order.

    Goods must have stock held there. Without ``lines`` it takes everything at the node that no
    fulfilment order has yet. Digital goods and services need no stock: they are planned from the
    backlog, for the node that issues them or whose people come.

    Raises:
        InvalidBatch: ``quantity.not_positive`` per line.

    Example:
        >>> PlanFulfilment("o-1", command_id="c-4", fulfilment_id="fo-1", node="ningbo").mode
        <FulfilmentMode.SHIP: 'ship'>
    """

    verb: ClassVar[str] = "plan_fulfilment"

    fulfilment_id: FulfilmentId = attrs.field(converter=FulfilmentId, kw_only=True)
    node: NodeId = attrs.field(converter=NodeId, kw_only=True)
    lines: Quantities = attrs.field(factory=FrozenMap, converter=quantities, kw_only=True)
    mode: FulfilmentMode = attrs.field(
        default=FulfilmentMode.SHIP, converter=FulfilmentMode, kw_only=True
    )
    service: ServiceId | None = attrs.field(
        default=None, converter=attrs.converters.optional(ServiceId), kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        if self.lines:
            faults = problems()
            check_quantities(faults, "lines", self.lines)
            faults.raise_if_any("PlanFulfilment")


@attrs.frozen
@checked
class FulfilmentCommand(Instruction):
    """A command about one fulfilment order."""

    step: ClassVar[str] = ""
    """The command's name in the machine of the fulfilment order."""

    fulfilment_id: FulfilmentId = attrs.field(converter=FulfilmentId, kw_only=True)


@attrs.frozen
@checked
class ReleaseFulfilment(FulfilmentCommand):
    """Hand the work to the node: from here on people act on it.

    Example:
        >>> ReleaseFulfilment("o-1", command_id="c-5", fulfilment_id="fo-1").step
        'release'
    """

    verb: ClassVar[str] = "release_fulfilment"
    step: ClassVar[str] = "release"


@attrs.frozen
@checked
class StartPicking(FulfilmentCommand):
    """Somebody takes the units from the shelves.

    Example:
        >>> StartPicking("o-1", command_id="c-6", fulfilment_id="fo-1").step
        'pick'
    """

    verb: ClassVar[str] = "start_picking"
    step: ClassVar[str] = "pick"


@attrs.frozen
@checked
class ConfirmPick(FulfilmentCommand):
    """Units were found, or were not: what is short leaves the node and is planned anew.

    Raises:
        InvalidBatch: ``quantity.not_positive`` per line, ``quantity.none`` without units.

    Example:
        >>> ConfirmPick(
        ...     "o-1", command_id="c-7", fulfilment_id="fo-1", picked={"1": 2}, short={"2": 1}
        ... ).short["2"]
        1
    """

    verb: ClassVar[str] = "confirm_pick"

    picked: Quantities = attrs.field(factory=FrozenMap, converter=quantities, kw_only=True)
    short: Quantities = attrs.field(factory=FrozenMap, converter=quantities, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.picked and not self.short:
            faults.add("quantity.none", "picked", "{}", "units that were found, or short")
        for path, given in (("picked", self.picked), ("short", self.short)):
            if given:
                check_quantities(faults, path, given)
        faults.raise_if_any("ConfirmPick")


def _parcels(given: Iterable[Parcel]) -> tuple[Parcel, ...]:
    return as_tuple(given)


@attrs.frozen
@checked
class PackFulfilment(FulfilmentCommand):
    """The picked units are packed; without ``parcels`` how is not said.

    Example:
        >>> box = Parcel(parcel_id="p-1", lines={"1": 2})
        >>> PackFulfilment("o-1", command_id="c-8", fulfilment_id="fo-1", parcels=[box]).parcels[
        ...     0
        ... ].parcel_id
        ParcelId('p-1')
    """

    verb: ClassVar[str] = "pack_fulfilment"
    step: ClassVar[str] = "pack"

    parcels: tuple[Parcel, ...] = attrs.field(default=(), converter=_parcels, kw_only=True)


@attrs.frozen
@checked
class HandOver(FulfilmentCommand):
    """The units leave: to a carrier, to the buyer at the counter, or as issued.

    Example:
        >>> HandOver("o-1", command_id="c-9", fulfilment_id="fo-1", shipment_id="s-1").step
        'hand_over'
    """

    verb: ClassVar[str] = "hand_over"
    step: ClassVar[str] = "hand_over"

    shipment_id: ShipmentId = attrs.field(converter=ShipmentId, kw_only=True)


@attrs.frozen
@checked
class CompleteStage(Instruction):
    """A stage that a flow adds is done; ``stage`` names it, so that none is completed by mistake.

    It is a stage of one fulfilment order or of one return.

    Raises:
        InvalidBatch: ``fulfilment.stage`` without a stage; ``stage.of_what`` unless either a
            fulfilment order or a return is named.

    Example:
        >>> CompleteStage("o-1", command_id="c", fulfilment_id="fo-1", stage="customs").stage
        'customs'
        >>> CompleteStage("o-1", command_id="c", return_id="r-1", stage="inspection").return_id
        ReturnId('r-1')
    """

    verb: ClassVar[str] = "complete_stage"
    step: ClassVar[str] = COMPLETE_STAGE

    fulfilment_id: FulfilmentId | None = attrs.field(
        default=None, converter=as_optional_fulfilment_id, kw_only=True
    )
    return_id: ReturnId | None = attrs.field(
        default=None, converter=as_optional_return_id, kw_only=True
    )
    stage: str = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not isinstance(self.stage, str) or not self.stage:
            faults.add("fulfilment.stage", "stage", self.stage, "the name of a stage")
        if (self.fulfilment_id is None) == (self.return_id is None):
            expected = "either a fulfilment order or a return"
            faults.add("stage.of_what", "fulfilment_id", self.fulfilment_id, expected)
        faults.raise_if_any("CompleteStage")


def _at(value: Instant | str) -> Instant:
    return instant_at(value, "at")


@attrs.frozen
@checked
class SetAppointment(FulfilmentCommand):
    """Agree when people come, or agree anew.

    Raises:
        NaiveInstant: a time without a zone.

    Example:
        >>> SetAppointment(
        ...     "o-1", command_id="c", fulfilment_id="fo-1", at="2026-11-20T09:00:00+08:00"
        ... ).at.hour
        1
    """

    verb: ClassVar[str] = "set_appointment"
    step: ClassVar[str] = "schedule"

    at: Instant = attrs.field(converter=_at, kw_only=True)


@attrs.frozen
@checked
class CancelFulfilment(FulfilmentCommand):
    """Take the work back from the node; the units keep their stock and can be planned anew.

    It is also the answer to a pickup that the buyer refused: nothing is shipped by itself.

    Example:
        >>> CancelFulfilment(
        ...     "o-1", command_id="c", fulfilment_id="fo-1", cause="pickup.refused"
        ... ).cause
        'pickup.refused'
    """

    verb: ClassVar[str] = "cancel_fulfilment"
    step: ClassVar[str] = "cancel"

    cause: str = attrs.field(default="", kw_only=True)


def _stages(given: Mapping[str, str]) -> FrozenMap[str, str]:
    return as_map(given)


def _fulfilments(given: Iterable[str]) -> tuple[FulfilmentId, ...]:
    return items_as(given, FulfilmentId, "fulfilments")


def _returns(given: Iterable[str]) -> tuple[ReturnId, ...]:
    return items_as(given, ReturnId, "returns")


@attrs.frozen
@checked
class MigrateFlow(Instruction):
    """Put live fulfilment orders, or returns, on another version of their flow.

    ``stages`` says where units of stages go that the new flow does not have; stages of one name
    stay. Without ``fulfilments`` and ``returns`` every live one that stands on another version of
    the same flow is moved.

    Example:
        >>> MigrateFlow(
        ...     "o-1",
        ...     command_id="c",
        ...     to=MachinePin("fulfilment", version="3", digest="00"),
        ...     stages={"handed_over": "customs"},
        ... ).stages["handed_over"]
        'customs'
    """

    verb: ClassVar[str] = "migrate_flow"

    to: MachinePin = attrs.field(kw_only=True)
    stages: FrozenMap[str, str] = attrs.field(factory=FrozenMap, converter=_stages, kw_only=True)
    fulfilments: tuple[FulfilmentId, ...] = attrs.field(
        default=(), converter=_fulfilments, kw_only=True
    )
    returns: tuple[ReturnId, ...] = attrs.field(default=(), converter=_returns, kw_only=True)


class ScanKind(Choice):
    """What a carrier reports of a shipment on its way; a delivery has a fact of its own."""

    SEEN = "seen"
    """It is where it should be: at a hub, on a truck, at customs."""
    DEPARTED = "departed"
    OUT_FOR_DELIVERY = "out_for_delivery"
    FAILED = "failed"
    """Nobody took it."""
    RETURNING = "returning"
    """It is on its way back to the sender."""
    RETURNED = "returned"
    """It is back at the sender; what becomes of its units is a return's business."""
    LOST = "lost"


@attrs.frozen
@checked
class RecordScan(Fact):
    """A carrier scanned a shipment. ``place`` is a code of the carrier's, never a person's address.

    Example:
        >>> RecordScan("o-1", fact_id="f-1", shipment_id="s-1", kind="departed").kind
        <ScanKind.DEPARTED: 'departed'>
    """

    shipment_id: ShipmentId = attrs.field(converter=ShipmentId, kw_only=True)
    kind: ScanKind = attrs.field(converter=ScanKind, kw_only=True)
    place: str = attrs.field(default="", kw_only=True)
