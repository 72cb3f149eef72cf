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
    as_map,
    as_tuple,
    checked,
    instant_at,
)
from ordercore.network import Destination
from ordercore.orders.amending.events import (
    ExchangeCompleted,
    ExchangeLapsed,
    ExchangeRequested,
    OrderEdited,
    UnitsTransferredIn,
    UnitsTransferredOut,
)
from ordercore.orders.billing.events import (
    CreditNoteIssued,
    InvoiceIssued,
    SettlementRecorded,
)
from ordercore.orders.billing.tender import TenderKind, as_tender
from ordercore.orders.cause import Cause, CauseKind, Happened
from ordercore.orders.claims import Claims, as_claims
from ordercore.orders.control.events import (
    ApprovalDelegated,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalVoted,
    ClaimsReleased,
    CustomerRecorded,
    EvidenceRecorded,
    HoldPlaced,
    HoldReleased,
    OrderExpired,
    OrderSubmitted,
)
from ordercore.orders.customer import CustomerFacts, customer_facts
from ordercore.orders.fulfilling.events import (
    FlowMigrated,
    FulfilmentMoved,
    FulfilmentPlanned,
    LimitPassed,
    ShipmentScanned,
    StageEntered,
    UnitsPicked,
    UnitsRecalled,
)
from ordercore.orders.identifiers import (
    as_allocation_id,
    as_effect_id,
    as_line_id,
    as_node_id,
    as_optional_channel_id,
    as_optional_customer_id,
    as_optional_fulfilment_id,
    as_optional_service_id,
    as_payment_id,
    as_return_id,
    as_shipment_id,
    as_sku,
)
from ordercore.orders.payment import PaymentKind, RequestKind
from ordercore.orders.policy import OrderPolicy
from ordercore.orders.reckoning import Reckoning
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


def _payment_kind(value: PaymentKind | str) -> PaymentKind:
    return value if type(value) is PaymentKind else PaymentKind(value)


def _request_kind(value: RequestKind | str) -> RequestKind:
    return value if type(value) is RequestKind else RequestKind(value)


def _occurred_at(given: Instant | str | None) -> Instant | None:
    return None if given is None else instant_at(given, "occurred_at")


@attrs.frozen(kw_only=True)
@checked
class OrderPlaced(Happened):
    """The order exists. The quote stands whole in it and is never computed again.

    ``total`` is the quote's, frozen here as every amount is. ``customer_facts`` is what the host
    knew of the buyer then, ``claims`` the uses of promotions that were claimed with it.
    """

    quote: Quote
    total: Money
    policy: OrderPolicy
    channel: ChannelId | None = attrs.field(default=None, converter=as_optional_channel_id)
    external_ref: str = ""
    destination: Destination | None = None
    customer: CustomerId | None = attrs.field(default=None, converter=as_optional_customer_id)
    items: FrozenMap[LineId, ItemFacts] = attrs.field(factory=FrozenMap)
    draft: bool = False
    customer_facts: CustomerFacts = attrs.field(factory=FrozenMap, converter=customer_facts)
    claims: Claims = attrs.field(factory=FrozenMap, converter=as_claims)


@attrs.frozen(kw_only=True)
@checked
class AssignedUnits:
    """Units of a line that stand at a node, under the id of their allocation."""

    allocation_id: AllocationId = attrs.field(converter=as_allocation_id)
    line_id: LineId = attrs.field(converter=as_line_id)
    node: NodeId = attrs.field(converter=as_node_id)
    service: ServiceId | None = attrs.field(default=None, converter=as_optional_service_id)
    quantity: int


def _assigned(given: Iterable[AssignedUnits]) -> tuple[AssignedUnits, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class UnitsAllocated(Happened):
    """It was decided which node brings which units."""

    units: tuple[AssignedUnits, ...] = attrs.field(converter=_assigned)


@attrs.frozen(kw_only=True)
@checked
class UnitsReserved(Happened):
    """Stock is held for allocated units."""

    units: tuple[AssignedUnits, ...] = attrs.field(converter=_assigned)


@attrs.frozen(kw_only=True)
@checked
class ReleasedUnits:
    """Units taken off an allocation; ``reserved`` had stock held, ``short`` were not there."""

    allocation_id: AllocationId = attrs.field(converter=as_allocation_id)
    line_id: LineId = attrs.field(converter=as_line_id)
    sku: Sku = attrs.field(converter=as_sku)
    node: NodeId = attrs.field(converter=as_node_id)
    quantity: int
    reserved: int
    short: int = 0


@attrs.frozen(kw_only=True)
@checked
class UnitsReleased(Happened):
    """Units are assigned to no node any more."""

    units: tuple[ReleasedUnits, ...]


@attrs.frozen(kw_only=True)
class OrderConfirmed(Happened):
    """The seller is bound."""


@attrs.frozen(kw_only=True)
@checked
class ShippedFrom:
    """Units of one allocation that left with a shipment."""

    allocation_id: AllocationId = attrs.field(converter=as_allocation_id)
    line_id: LineId = attrs.field(converter=as_line_id)
    quantity: int


@attrs.frozen(kw_only=True)
@checked
class UnitsShipped(Happened):
    """Units left a node, out of a fulfilment order; without a plan one is made under their id.

    ``flow`` and ``stage`` are where they stand now.
    """

    shipment_id: ShipmentId = attrs.field(converter=as_shipment_id)
    node: NodeId = attrs.field(converter=as_node_id)
    service: ServiceId | None = attrs.field(default=None, converter=as_optional_service_id)
    units: tuple[ShippedFrom, ...]
    fulfilment_id: FulfilmentId | None = attrs.field(
        default=None, converter=as_optional_fulfilment_id
    )
    flow: MachinePin
    stage: str
    counts_as: str


@attrs.frozen(kw_only=True)
@checked
class UnitsDelivered(Happened):
    """Units of a shipment reached the buyer."""

    shipment_id: ShipmentId = attrs.field(converter=as_shipment_id)
    lines: Quantities = attrs.field(converter=quantities)
    occurred_at: Instant | None = attrs.field(default=None, converter=_occurred_at)


@attrs.frozen(kw_only=True)
@checked
class LineValue:
    """Units of a line and what they were worth in the quote.

    Without units: what the line's other units come to cost less; below zero, more.
    """

    line_id: LineId = attrs.field(converter=as_line_id)
    quantity: int
    amount: Money


@attrs.frozen(kw_only=True)
@checked
class UnitsCancelled(Happened):
    """Units left the order; ``amount`` is no longer due, of which ``charges`` are fees.

    ``reckoning`` is what is due beside the units from here on; None: as before.
    """

    lines: tuple[LineValue, ...]
    charges: Money
    amount: Money
    why: str = ""
    reckoning: Reckoning | None = None


@attrs.frozen(kw_only=True)
@checked
class OrderCancelled(Happened):
    """The order ended with nothing shipped."""

    why: str = ""


@attrs.frozen(kw_only=True)
@checked
class ReturnRequested(Happened):
    """Shipped units may come back, in a return on this flow."""

    return_id: ReturnId = attrs.field(converter=as_return_id)
    lines: Quantities = attrs.field(converter=quantities)
    flow: MachinePin
    stage: str
    counts_as: str
    why: str = ""


@attrs.frozen(kw_only=True)
@checked
class ReturnReceived(Happened):
    """Units came back; ``amount`` is no longer due for those accepted, ``charges`` of it fees.

    ``stage`` is where the return stands now: with its last unit it goes on, and may have ended.
    ``reckoning`` is what is due beside the units from here on, a fee for taking these back with it;
    None: as before.
    """

    return_id: ReturnId = attrs.field(converter=as_return_id)
    units: tuple[ReceivedUnits, ...]
    lines: tuple[LineValue, ...]
    charges: Money
    amount: Money
    stage: str
    counts_as: str
    ended: bool = False
    reckoning: Reckoning | None = None


@attrs.frozen(kw_only=True)
@checked
class AllowanceGranted(Happened):
    """The price was lowered without a return."""

    amount: Money
    why: str = ""


@attrs.frozen(kw_only=True)
@checked
class PaymentRecorded(Happened):
    """A provider reported on a payment."""

    payment_id: PaymentId = attrs.field(converter=as_payment_id)
    kind: PaymentKind = attrs.field(converter=_payment_kind)
    amount: Money
    tender: TenderKind = attrs.field(default=TenderKind.OTHER, converter=as_tender)
    points: int = 0
    occurred_at: Instant | None = attrs.field(default=None, converter=_occurred_at)


@attrs.frozen(kw_only=True)
@checked
class MoneyRequested(Happened):
    """The order asked a provider to capture, void or refund; the effect of the same id says it."""

    payment_id: PaymentId = attrs.field(converter=as_payment_id)
    kind: RequestKind = attrs.field(converter=_request_kind)
    amount: Money
    effect_id: EffectId = attrs.field(converter=as_effect_id)


@attrs.frozen(kw_only=True)
class FactNoted(Happened):
    """A fact was taken in that changes nothing, or of which nothing could be applied."""


def _details(given: FrozenMap[str, str | int] | dict[str, str | int]) -> FrozenMap[str, str | int]:
    return as_map(given)


@attrs.frozen(kw_only=True)
@checked
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
    | StageEntered
    | InvoiceIssued
    | CreditNoteIssued
    | SettlementRecorded
    | OrderSubmitted
    | OrderExpired
    | HoldPlaced
    | HoldReleased
    | EvidenceRecorded
    | CustomerRecorded
    | ClaimsReleased
    | ApprovalRequested
    | ApprovalVoted
    | ApprovalDelegated
    | ApprovalExpired
    | OrderEdited
    | ExchangeRequested
    | ExchangeCompleted
    | ExchangeLapsed
    | UnitsTransferredOut
    | UnitsTransferredIn
)
"""Every event; the union is closed."""
