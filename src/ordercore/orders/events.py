"""What happened to an order. Events carry every amount that evolving needs, and nobody's name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import attrs

from ordercore.kernel import (
    AllocationId,
    ChannelId,
    CustomerId,
    EffectId,
    FrozenMap,
    FulfilmentId,
    Instant,
    LineId,
    Money,
    NodeId,
    PaymentId,
    ReturnId,
    ServiceId,
    ShipmentId,
    Sku,
)
from ordercore.network import Destination
from ordercore.orders.billing.events import (
    CreditNoteIssued,
    InvoiceIssued,
    SettlementRecorded,
)
from ordercore.orders.billing.tender import TenderKind
from ordercore.orders.cause import Cause, CauseKind, Happened
from ordercore.orders.fulfilling.events import (
    FlowMigrated,
    FulfilmentMoved,
    FulfilmentPlanned,
    LimitPassed,
    ShipmentScanned,
    UnitsPicked,
    UnitsRecalled,
)
from ordercore.orders.payment import PaymentKind, RequestKind
from ordercore.orders.policy import OrderPolicy
from ordercore.orders.units import ItemFacts, Quantities, ReceivedUnits, quantities
from ordercore.pricing import Quote
from ordercore.statemachine import MachinePin

__all__ = [
    "AllowanceGranted",
    "AssignedUnits",
    "Cause",
    "CauseKind",
    "FactClashed",
    "FactNoted",
    "LineValue",
    "MoneyRequested",
    "OrderCancelled",
    "OrderClosed",
    "OrderConfirmed",
    "OrderEvent",
    "OrderPlaced",
    "OrderReopened",
    "PaymentRecorded",
    "ReleasedUnits",
    "ReturnReceived",
    "ReturnRequested",
    "ShippedFrom",
    "UnitsAllocated",
    "UnitsCancelled",
    "UnitsDelivered",
    "UnitsReleased",
    "UnitsReserved",
    "UnitsShipped",
]


@attrs.frozen(kw_only=True)
class OrderPlaced(Happened):
    """The order exists. The quote stands whole in it and is never computed again.

    ``total`` is the quote's, frozen here as every amount is.
    """

    quote: Quote
    total: Money
    policy: OrderPolicy
    channel: ChannelId | None = None
    external_ref: str = ""
    destination: Destination | None = None
    customer: CustomerId | None = None
    items: FrozenMap[LineId, ItemFacts] = attrs.field(factory=FrozenMap)


@attrs.frozen(kw_only=True)
class AssignedUnits:
    """Units of a line that stand at a node, under the id of their allocation."""

    allocation_id: AllocationId = attrs.field(converter=AllocationId)
    line_id: LineId = attrs.field(converter=LineId)
    node: NodeId = attrs.field(converter=NodeId)
    service: ServiceId | None = None
    quantity: int


def _assigned(given: Iterable[AssignedUnits]) -> tuple[AssignedUnits, ...]:
    return tuple(given)


@attrs.frozen(kw_only=True)
class UnitsAllocated(Happened):
    """It was decided which node brings which units."""

    units: tuple[AssignedUnits, ...] = attrs.field(converter=_assigned)


@attrs.frozen(kw_only=True)
class UnitsReserved(Happened):
    """Stock is held for allocated units."""

    units: tuple[AssignedUnits, ...] = attrs.field(converter=_assigned)


@attrs.frozen(kw_only=True)
class ReleasedUnits:
    """Units taken off an allocation; ``reserved`` had stock held, ``short`` were not there."""

    allocation_id: AllocationId = attrs.field(converter=AllocationId)
    line_id: LineId = attrs.field(converter=LineId)
    sku: Sku = attrs.field(converter=Sku)
    node: NodeId = attrs.field(converter=NodeId)
    quantity: int
    reserved: int
    short: int = 0


@attrs.frozen(kw_only=True)
class UnitsReleased(Happened):
    """Units are assigned to no node any more."""

    units: tuple[ReleasedUnits, ...]


@attrs.frozen(kw_only=True)
class OrderConfirmed(Happened):
    """The seller is bound."""


@attrs.frozen(kw_only=True)
class ShippedFrom:
    """Units of one allocation that left with a shipment."""

    allocation_id: AllocationId = attrs.field(converter=AllocationId)
    line_id: LineId = attrs.field(converter=LineId)
    quantity: int


@attrs.frozen(kw_only=True)
class UnitsShipped(Happened):
    """Units left a node, out of a fulfilment order; without a plan one is made under their id.

    ``flow`` and ``stage`` are where they stand now.
    """

    shipment_id: ShipmentId
    node: NodeId
    service: ServiceId | None = None
    units: tuple[ShippedFrom, ...]
    fulfilment_id: FulfilmentId | None = None
    flow: MachinePin
    stage: str
    counts_as: str


@attrs.frozen(kw_only=True)
class UnitsDelivered(Happened):
    """Units of a shipment reached the buyer."""

    shipment_id: ShipmentId
    lines: Quantities = attrs.field(converter=quantities)
    occurred_at: Instant | None = None


@attrs.frozen(kw_only=True)
class LineValue:
    """Units of a line and what they were worth in the quote."""

    line_id: LineId = attrs.field(converter=LineId)
    quantity: int
    amount: Money


@attrs.frozen(kw_only=True)
class UnitsCancelled(Happened):
    """Units left the order; ``amount`` is no longer due, of which ``charges`` are fees."""

    lines: tuple[LineValue, ...]
    charges: Money
    amount: Money
    why: str = ""


@attrs.frozen(kw_only=True)
class OrderCancelled(Happened):
    """The order ended with nothing shipped."""

    why: str = ""


@attrs.frozen(kw_only=True)
class ReturnRequested(Happened):
    """Shipped units may come back."""

    return_id: ReturnId
    lines: Quantities = attrs.field(converter=quantities)
    why: str = ""


@attrs.frozen(kw_only=True)
class ReturnReceived(Happened):
    """Units came back; ``amount`` is no longer due for those accepted, ``charges`` of it fees."""

    return_id: ReturnId
    units: tuple[ReceivedUnits, ...]
    lines: tuple[LineValue, ...]
    charges: Money
    amount: Money


@attrs.frozen(kw_only=True)
class AllowanceGranted(Happened):
    """The price was lowered without a return."""

    amount: Money
    why: str = ""


@attrs.frozen(kw_only=True)
class PaymentRecorded(Happened):
    """A provider reported on a payment."""

    payment_id: PaymentId
    kind: PaymentKind
    amount: Money
    tender: TenderKind = TenderKind.OTHER
    points: int = 0
    occurred_at: Instant | None = None


@attrs.frozen(kw_only=True)
class MoneyRequested(Happened):
    """The order asked a provider to capture, void or refund; the effect of the same id says it."""

    payment_id: PaymentId
    kind: RequestKind
    amount: Money
    effect_id: EffectId = attrs.field(converter=EffectId)


@attrs.frozen(kw_only=True)
class FactNoted(Happened):
    """A fact was taken in that changes nothing, or of which nothing could be applied."""


def _details(given: FrozenMap[str, str | int] | dict[str, str | int]) -> FrozenMap[str, str | int]:
    return FrozenMap.of(given)


@attrs.frozen(kw_only=True)
class FactClashed(Happened):
    """A fact does not fit the order; it is kept, with its code, for a case to be opened."""

    code: str
    facts: FrozenMap[str, str | int] = attrs.field(factory=FrozenMap, converter=_details)


@attrs.frozen(kw_only=True)
class OrderClosed(Happened):
    """Everything arrived or is gone, and the money is settled."""


@attrs.frozen(kw_only=True)
class OrderReopened(Happened):
    """A closed order was taken up again."""


OrderEvent: TypeAlias = (
    OrderPlaced
    | UnitsAllocated
    | UnitsReserved
    | UnitsReleased
    | OrderConfirmed
    | UnitsShipped
    | UnitsDelivered
    | UnitsCancelled
    | OrderCancelled
    | ReturnRequested
    | ReturnReceived
    | AllowanceGranted
    | PaymentRecorded
    | MoneyRequested
    | FactNoted
    | FactClashed
    | OrderClosed
    | OrderReopened
    | FulfilmentPlanned
    | FulfilmentMoved
    | UnitsPicked
    | UnitsRecalled
    | ShipmentScanned
    | FlowMigrated
    | LimitPassed
    | InvoiceIssued
    | CreditNoteIssued
    | SettlementRecorded
)
"""Every event; the union is closed."""
