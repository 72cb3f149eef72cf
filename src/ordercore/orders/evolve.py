"""How events change an order: one mutable ledger inside, frozen values outside.

``evolve`` applies one event, ``replay`` many with one ledger; they run the same code, so they
agree. Events were decided before; one that cannot have happened means a bug or a corrupt log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeAlias

from ordercore.kernel import (
    IllegalTransition,
    InvalidBatch,
    LineId,
    OrderId,
    answering,
    trusted,
)
from ordercore.orders.amending import evolve as amending
from ordercore.orders.amending.events import (
    ExchangeCompleted,
    ExchangeLapsed,
    ExchangeRequested,
    OrderEdited,
    UnitsTransferredIn,
    UnitsTransferredOut,
)
from ordercore.orders.billing import evolve as billing
from ordercore.orders.billing.events import (
    CreditNoteIssued,
    InvoiceIssued,
    SettlementRecorded,
)
from ordercore.orders.control import evolve as control
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
from ordercore.orders.control.state import NO_CONTROL, Control
from ordercore.orders.customer import told_facts
from ordercore.orders.events import (
    AllowanceGranted,
    FactClashed,
    FactNoted,
    MoneyRequested,
    OrderCancelled,
    OrderClosed,
    OrderConfirmed,
    OrderEvent,
    OrderPlaced,
    OrderReopened,
    PaymentRecorded,
    ReturnReceived,
    ReturnRequested,
    UnitsAllocated,
    UnitsCancelled,
    UnitsDelivered,
    UnitsReleased,
    UnitsReserved,
    UnitsShipped,
)
from ordercore.orders.flow_stage import FlowStage
from ordercore.orders.fulfilling import evolve as fulfilling
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
from ordercore.orders.ledger import Ledger, OpenReturn, OpenShipment
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.line import NO_FACTS, OrderLine
from ordercore.orders.order import Order
from ordercore.orders.remembered import Remembered
from ordercore.orders.units import ReturnDisposition
from ordercore.orders.whereabouts import (
    Allocation,
)

__all__ = ["evolve", "replay"]


# --- one function per event ---


def _require(holds: bool, ledger: Ledger, event: OrderEvent) -> None:
    # Checked at each step, so that a replay refuses what evolving one by one refuses.
    if not holds:
        raise IllegalTransition("order", ledger.lifecycle, type(event).__name__)


def _placed(event: OrderPlaced) -> Order:
    quote = event.quote
    items = event.items
    cause = event.cause
    return trusted(Order)(
        order_id=event.order_id,
        version=1,
        lifecycle=Lifecycle.DRAFT if event.draft else Lifecycle.SUBMITTED,
        placed_at=cause.at,
        last_at=cause.at,
        quote=quote,
        policy=event.policy,
        channel=event.channel,
        external_ref=event.external_ref,
        destination=event.destination,
        customer=event.customer,
        lines=tuple(
            [
                trusted(OrderLine)(
                    line_id=line.line_id,
                    sku=line.sku,
                    ordered=line.quantity,
                    item=items.get(line.line_id, NO_FACTS),
                )
                for line in quote.lines
            ]
        ),
        value_minor=event.total.minor,
        commands_seen=Remembered().noted(
            cause.id, cause.digest, 1, window=event.policy.remembered_ids
        ),
        audit_head=cause.after,
        control=Control(
            customer_facts=told_facts(event.customer_facts, cause.at), claims=event.claims
        )
        if event.customer_facts or event.claims
        else NO_CONTROL,
    )


def _allocated(ledger: Ledger, event: UnitsAllocated) -> None:
    ledger.go("allocate")
    allocations = ledger.allocated()
    for units in event.units:
        _require(units.allocation_id not in allocations, ledger, event)
        allocations[units.allocation_id] = trusted(Allocation)(
            allocation_id=units.allocation_id,
            line_id=units.line_id,
            node=units.node,
            service=units.service,
            quantity=units.quantity,
        )
        counters = ledger.counters(units.line_id)
        counters.allocated += units.quantity
        _require(counters.allocated <= counters.ordered - counters.cancelled, ledger, event)


def _reserved(ledger: Ledger, event: UnitsReserved) -> None:
    ledger.go("reserve")
    for units in event.units:
        known = ledger.allocation(units.allocation_id)
        known.reserved += units.quantity
        _require(known.holds, ledger, event)
        ledger.counters(known.line_id).reserved += units.quantity


def _released(ledger: Ledger, event: UnitsReleased) -> None:
    ledger.go("release")
    allocations = ledger.allocated()
    for units in event.units:
        known = ledger.allocation(units.allocation_id)
        if units.quantity == known.quantity:
            del allocations[units.allocation_id]
        else:
            known.quantity -= units.quantity
            known.reserved -= units.reserved
            _require(known.holds, ledger, event)
        counters = ledger.counters(known.line_id)
        counters.allocated -= units.quantity
        counters.reserved -= units.reserved


def _confirmed(ledger: Ledger, _event: OrderConfirmed) -> None:
    ledger.go("confirm")


def _shipped(ledger: Ledger, event: UnitsShipped) -> None:
    shipments = ledger.shipped()
    _require(event.shipment_id not in shipments, ledger, event)
    unplanned = event.fulfilment_id is None
    if unplanned:
        ledger.go("ship")
        fulfilling.shipped_unplanned(ledger, event)
    else:
        ledger.go("hand_over")
    shipment = OpenShipment(event.shipment_id, event.node, event.service, event.cause.at)
    lines = shipment.lines
    for units in event.units:
        quantity = units.quantity
        known = ledger.allocation(units.allocation_id)
        line_id = known.line_id
        counters = ledger.counters(line_id)
        if unplanned:
            # What leaves without a plan was planned, picked and packed by leaving.
            known.planned += quantity
            known.picked += quantity
            known.packed += quantity
            counters.picked += quantity
            counters.packed += quantity
        known.shipped += quantity
        counters.shipped += quantity
        _require(quantity >= 0 and known.holds, ledger, event)
        line = lines.get(line_id)
        if line is None:
            lines[line_id] = [quantity, 0]
        else:
            line[0] += quantity
    shipments[event.shipment_id] = shipment


def _delivered(ledger: Ledger, event: UnitsDelivered) -> None:
    lines = ledger.shipment(event.shipment_id).lines
    for line_id, units in event.lines.items():
        line = lines[line_id]
        line[1] += units
        _require(0 <= line[1] <= line[0], ledger, event)
        ledger.counters(line_id).delivered += units


def _cancelled_units(ledger: Ledger, event: UnitsCancelled) -> None:
    ledger.go("cancel_units")
    for line in event.lines:
        counters = ledger.counters(line.line_id)
        counters.cancelled += line.quantity
        _require(counters.allocated <= counters.ordered - counters.cancelled, ledger, event)
    ledger.value_minor -= event.amount.minor
    ledger.reckon(event.reckoning)


def _cancelled(ledger: Ledger, _event: OrderCancelled) -> None:
    ledger.go("cancel_order")


def _return_requested(ledger: Ledger, event: ReturnRequested) -> None:
    ledger.go("request_return")
    returns = ledger.returned()
    _require(event.return_id not in returns, ledger, event)
    lines: dict[LineId, list[int]] = {}
    returns[event.return_id] = OpenReturn(
        event.return_id,
        lines,
        FlowStage.of(event.flow, event.stage, event.counts_as, at=event.cause.at),
    )
    for line_id, units in event.lines.items():
        lines[line_id] = [units, 0, 0]
        counters = ledger.counters(line_id)
        counters.return_requested += units
        _require(units >= 0 and counters.return_requested <= counters.shipped, ledger, event)


def _return_received(ledger: Ledger, event: ReturnReceived) -> None:
    ledger.go("receive_return")
    case = ledger.return_case(event.return_id)
    lines = case.lines
    _require(not case.at.ended, ledger, event)
    case.at = case.at.entered(event.stage, event.counts_as, at=event.cause.at, ended=event.ended)
    for units in event.units:
        quantity = units.quantity
        counters = ledger.counters(units.line_id)
        counters.returned += quantity
        line = lines[units.line_id]
        if units.disposition is ReturnDisposition.REJECT:
            counters.rejected += quantity
            line[2] += quantity
        else:
            counters.accepted += quantity
            line[1] += quantity
            if units.disposition is ReturnDisposition.SCRAP:
                counters.written_off += quantity
        _require(line[1] + line[2] <= line[0], ledger, event)
    ledger.value_minor -= event.amount.minor
    ledger.reckon(event.reckoning)
    amending.taken_back(ledger, event)


def _allowed(ledger: Ledger, event: AllowanceGranted) -> None:
    ledger.go("allow")
    ledger.allowance_minor += event.amount.minor


def _payment_recorded(ledger: Ledger, event: PaymentRecorded) -> None:
    _require(event.amount.currency == ledger.start.quote.currency, ledger, event)
    ledger.report(event)


def _money_requested(ledger: Ledger, event: MoneyRequested) -> None:
    payments = ledger.paid()
    known = payments[event.payment_id]
    payments[event.payment_id] = known.requested(event.kind, event.amount.minor)


def _noted(_ledger: Ledger, _event: FactNoted) -> None:
    """The fact is remembered, which is all that it does."""


def _clashed(ledger: Ledger, event: FactClashed) -> None:
    if ledger.clashes is None:
        ledger.clashes = dict(ledger.start.clashes)
    ledger.clashes[event.code] = ledger.clashes.get(event.code, 0) + 1


def _closed(ledger: Ledger, _event: OrderClosed) -> None:
    ledger.go("close")


def _reopened(ledger: Ledger, _event: OrderReopened) -> None:
    ledger.go("reopen")


# Each function takes the one event type that it stands beside; a table of types cannot say so.
_Apply: TypeAlias = Callable[[Ledger, Any], None]


@cache
def _table() -> dict[type, _Apply]:
    return {
        UnitsAllocated: _allocated,
        UnitsReserved: _reserved,
        UnitsReleased: _released,
        OrderConfirmed: _confirmed,
        UnitsShipped: _shipped,
        UnitsDelivered: _delivered,
        UnitsCancelled: _cancelled_units,
        OrderCancelled: _cancelled,
        ReturnRequested: _return_requested,
        ReturnReceived: _return_received,
        AllowanceGranted: _allowed,
        PaymentRecorded: _payment_recorded,
        MoneyRequested: _money_requested,
        FactNoted: _noted,
        FactClashed: _clashed,
        OrderClosed: _closed,
        OrderReopened: _reopened,
        FulfilmentPlanned: fulfilling.planned,
        FulfilmentMoved: fulfilling.moved,
        UnitsPicked: fulfilling.picked,
        UnitsRecalled: fulfilling.recalled,
        ShipmentScanned: fulfilling.scanned,
        FlowMigrated: fulfilling.flow_migrated,
        LimitPassed: fulfilling.limit_passed,
        StageEntered: fulfilling.stage_entered,
        InvoiceIssued: billing.invoiced,
        CreditNoteIssued: billing.credited,
        SettlementRecorded: billing.settled,
        OrderSubmitted: control.submitted,
        OrderExpired: control.expired,
        HoldPlaced: control.hold_placed,
        HoldReleased: control.hold_released,
        EvidenceRecorded: control.evidence_recorded,
        CustomerRecorded: control.customer_recorded,
        ClaimsReleased: control.claims_released,
        ApprovalRequested: control.approval_requested,
        ApprovalVoted: control.approval_voted,
        ApprovalDelegated: control.approval_delegated,
        ApprovalExpired: control.approval_expired,
        OrderEdited: amending.edited,
        ExchangeRequested: amending.exchange_requested,
        ExchangeCompleted: amending.exchange_completed,
        ExchangeLapsed: amending.exchange_lapsed,
        UnitsTransferredOut: amending.transferred_out,
        UnitsTransferredIn: amending.transferred_in,
    }


def _apply(ledger: Ledger, event: OrderEvent, order_id: OrderId, table: dict[type, _Apply]) -> None:
    apply = table.get(type(event))
    if apply is None or event.order_id != order_id:
        raise IllegalTransition("order", ledger.lifecycle, type(event).__name__)
    try:
        apply(ledger, event)
    except (KeyError, InvalidBatch) as fault:
        raise IllegalTransition("order", ledger.lifecycle, type(event).__name__) from fault
    ledger.noted(event.cause)


@answering
def replay(order: Order | None, events: Iterable[OrderEvent]) -> Order | None:
    """The order after all events, as if evolved one by one, with one pass and one freeze.

    O(events + lines); the state before the first event is None, and so is the answer when there
    is neither.

    Raises:
        IllegalTransition: an event that cannot have happened there.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> replay(tea_order(), ()) == tea_order(), replay(None, ())
        (True, None)
    """
    stream = iter(events)
    if order is None:
        first = next(stream, None)
        if first is None:
            return None
        if type(first) is not OrderPlaced:
            raise IllegalTransition("order", "none", type(first).__name__)
        order = _placed(first)
    ledger = Ledger(order)
    table = _table()
    event: OrderEvent | None = None
    order_id = order.order_id
    for event in stream:
        _apply(ledger, event, order_id, table)
    if event is None:
        return order
    return _frozen(ledger, event)


def _frozen(ledger: Ledger, event: OrderEvent) -> Order:
    try:
        return ledger.order()
    except InvalidBatch as fault:
        raise IllegalTransition("order", ledger.lifecycle, type(event).__name__) from fault


@answering
def evolve(order: Order | None, event: OrderEvent) -> Order:
    """The order after one event. O(lines of the order).

    Raises:
        IllegalTransition: an event that cannot have happened there: a bug, or a corrupt log.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> order = tea_order()
        >>> evolve(order, object())
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.IllegalTransition: order: object cannot happen in state submitted
    """
    if order is None:
        if type(event) is not OrderPlaced:
            raise IllegalTransition("order", "none", type(event).__name__)
        return _placed(event)
    ledger = Ledger(order)
    _apply(ledger, event, order.order_id, _table())
    return _frozen(ledger, event)
