"""An order in motion: what events move, taken apart where they touch it and frozen at the end."""

from __future__ import annotations

from functools import cache

from ordercore.kernel import (
    FrozenMap,
    IllegalTransition,
    Instant,
    LineId,
    NodeId,
    PaymentId,
    ReturnId,
    ServiceId,
    ShipmentId,
    changed,
    in_motion,
    refrozen,
    thawed,
    trusted,
)
from ordercore.network import Destination
from ordercore.orders.amending.amendments import Amendments
from ordercore.orders.billing.bill import Billing
from ordercore.orders.cause import Cause, CauseKind
from ordercore.orders.control.state import Control
from ordercore.orders.events import PaymentRecorded
from ordercore.orders.flow_stage import FlowStage
from ordercore.orders.fulfilling.fulfilment_order import FulfilmentOrder
from ordercore.orders.lifecycle import Lifecycle, moves
from ordercore.orders.line import OrderLine
from ordercore.orders.order import Order
from ordercore.orders.payment import Payment, PaymentKind
from ordercore.orders.reckoning import Reckoning
from ordercore.orders.remembered import Memory
from ordercore.orders.whereabouts import (
    Allocation,
    ReturnCase,
    ReturnedLine,
    Shipment,
    ShippedLine,
)
from ordercore.pricing import Quote

__all__ = ["Counters", "Ledger", "OpenAllocation", "OpenReturn", "OpenShipment"]


_COMMAND = CauseKind.COMMAND


@cache
def _edges() -> dict[tuple[Lifecycle, str], Lifecycle]:
    # Asked at most events; a plain dict answers without a call into Python.
    return dict(moves())


@in_motion
class Counters(OrderLine):
    """A line whose counters are in motion."""

    __slots__ = ()

    ordered: int
    cancelled: int
    allocated: int
    reserved: int
    picked: int
    packed: int
    shipped: int
    delivered: int
    return_requested: int
    returned: int
    accepted: int
    rejected: int
    written_off: int
    exchanged: int
    transferred: int
    invoiced: int
    credited: int


@in_motion
class OpenAllocation(Allocation):
    """An allocation in motion."""

    __slots__ = ()

    quantity: int
    reserved: int
    planned: int
    picked: int
    packed: int
    shipped: int

    @property
    def holds(self) -> bool:
        """What the constructor of an allocation asks for."""
        return 0 <= self.shipped <= self.packed <= self.picked <= self.planned and (
            self.planned <= self.reserved <= self.quantity
        )


class OpenShipment:
    """A shipment in motion: of each line what left and what arrived."""

    __slots__ = ("lines", "node", "service", "shipment_id", "shipped_at")

    def __init__(
        self,
        shipment_id: ShipmentId,
        node: NodeId,
        service: ServiceId | None,
        shipped_at: Instant | None,
    ) -> None:
        self.shipment_id = shipment_id
        self.node = node
        self.service = service
        self.shipped_at = shipped_at
        self.lines: dict[LineId, list[int]] = {}

    @staticmethod
    def of(known: Shipment) -> OpenShipment:
        """The shipment, to be moved."""
        opened = OpenShipment(known.shipment_id, known.node, known.service, known.shipped_at)
        opened.lines = {line.line_id: [line.quantity, line.delivered] for line in known.lines}
        return opened

    def frozen(self) -> Shipment:
        """The shipment as a value."""
        return trusted(Shipment)(
            shipment_id=self.shipment_id,
            node=self.node,
            service=self.service,
            shipped_at=self.shipped_at,
            lines=tuple(
                [
                    trusted(ShippedLine)(line_id=line_id, quantity=quantity, delivered=delivered)
                    for line_id, (quantity, delivered) in self.lines.items()
                ]
            ),
        )


class OpenReturn:
    """A return in motion: of each line what was asked back, accepted and rejected."""

    __slots__ = ("at", "lines", "return_id")

    def __init__(self, return_id: ReturnId, lines: dict[LineId, list[int]], at: FlowStage) -> None:
        self.return_id = return_id
        self.lines = lines
        self.at = at

    @staticmethod
    def of(known: ReturnCase) -> OpenReturn:
        """The return, to be moved."""
        return OpenReturn(
            known.return_id,
            {line.line_id: [line.requested, line.accepted, line.rejected] for line in known.lines},
            known.at,
        )

    def frozen(self) -> ReturnCase:
        """The return as a value."""
        return trusted(ReturnCase)(
            return_id=self.return_id,
            at=self.at,
            lines=tuple(
                [
                    trusted(ReturnedLine)(
                        line_id=line_id, requested=requested, accepted=accepted, rejected=rejected
                    )
                    for line_id, (requested, accepted, rejected) in self.lines.items()
                ]
            ),
        )


class Ledger:
    """An order in motion; frozen again by :meth:`order`."""

    __slots__ = (
        "allocations",
        "allowance_minor",
        "amendments",
        "billing",
        "clashes",
        "commands",
        "control",
        "destination",
        "edges",
        "facts",
        "fulfilments",
        "head",
        "last_at",
        "lifecycle",
        "lines",
        "moved",
        "payments",
        "quote",
        "reckoning",
        "reports",
        "returns",
        "shipments",
        "start",
        "value_minor",
        "version",
        "window",
    )

    def __init__(self, order: Order) -> None:
        self.start = order
        self.edges = _edges()
        self.version: int = order.version
        self.lifecycle: Lifecycle = order.lifecycle
        self.last_at: Instant = order.last_at
        self.head: str = order.audit_head
        self.control: Control = order.control
        self.value_minor: int = order.value_minor
        self.allowance_minor: int = order.allowance_minor
        self.billing: Billing = order.billing
        self.reckoning: Reckoning = order.reckoning
        self.amendments: Amendments = order.amendments
        self.quote: Quote = order.quote
        self.destination: Destination | None = order.destination
        self.commands: Memory | None = None
        self.facts: Memory | None = None
        self.window: int = order.policy.remembered_ids
        self.moved: dict[LineId, Counters] = {}
        # The rest is taken apart only when an event touches it.
        self.lines: dict[LineId, OrderLine] | None = None
        self.payments: dict[PaymentId, Payment] | None = None
        self.reports: dict[PaymentId, dict[PaymentKind, int]] = {}
        self.allocations: dict[str, Allocation | OpenAllocation] | None = None
        self.shipments: dict[str, Shipment | OpenShipment] | None = None
        self.returns: dict[str, ReturnCase | OpenReturn] | None = None
        self.fulfilments: dict[str, FulfilmentOrder] | None = None
        self.clashes: dict[str, int] | None = None

    # --- access ---

    def counters(self, line_id: LineId) -> Counters:
        """The counters of a line, to be moved."""
        counters = self.moved.get(line_id)
        if counters is None:
            counters = self.moved[line_id] = thawed(Counters, self.line_table()[line_id])
        return counters

    def line_table(self) -> dict[LineId, OrderLine]:
        """The lines by id as they were before their counters moved."""
        if self.lines is None:
            self.lines = {line.line_id: line for line in self.start.lines}
        return self.lines

    def replace_lines(self, lines: dict[LineId, OrderLine], moved: dict[LineId, Counters]) -> None:
        """Other lines from here on, in this order, with these counters."""
        self.lines = lines
        self.moved = moved

    def allocated(self) -> dict[str, Allocation | OpenAllocation]:
        """The allocations by id."""
        if self.allocations is None:
            self.allocations = {known.allocation_id: known for known in self.start.allocations}
        return self.allocations

    def allocation(self, allocation_id: str) -> OpenAllocation:
        """An allocation, to be moved."""
        allocations = self.allocated()
        known = allocations[allocation_id]
        if type(known) is not OpenAllocation:
            known = allocations[allocation_id] = thawed(OpenAllocation, known)
        return known

    def paid(self) -> dict[PaymentId, Payment]:
        """The payments, with the reports so far."""
        if self.payments is None:
            self.payments = {payment.payment_id: payment for payment in self.start.payments}
        if self.reports:
            for payment_id, sums in self.reports.items():
                self.payments[payment_id] = self.payments[payment_id].reported_all(sums)
            self.reports.clear()
        return self.payments

    def report(self, event: PaymentRecorded) -> None:
        """Note a report; many of one payment are added up before it is made anew."""
        payment_id, kind, minor = event.payment_id, event.kind, event.amount.minor
        if self.payments is None:
            self.payments = {payment.payment_id: payment for payment in self.start.payments}
        if payment_id not in self.payments:
            self.payments[payment_id] = trusted(Payment)(
                payment_id=payment_id, currency=self.start.quote.currency, tender=event.tender
            )
        if event.points:
            known = self.paid()[payment_id]
            self.payments[payment_id] = changed(known, points=known.points + event.points)
        sums = self.reports.setdefault(payment_id, {})
        sums[kind] = sums.get(kind, 0) + minor

    def shipped(self) -> dict[str, Shipment | OpenShipment]:
        """The shipments by id."""
        if self.shipments is None:
            self.shipments = {known.shipment_id: known for known in self.start.shipments}
        return self.shipments

    def shipment(self, shipment_id: str) -> OpenShipment:
        """A shipment, to be moved."""
        shipments = self.shipped()
        known = shipments[shipment_id]
        if not isinstance(known, OpenShipment):
            known = shipments[shipment_id] = OpenShipment.of(known)
        return known

    def returned(self) -> dict[str, ReturnCase | OpenReturn]:
        """The returns by id."""
        if self.returns is None:
            self.returns = {known.return_id: known for known in self.start.returns}
        return self.returns

    def return_case(self, return_id: str) -> OpenReturn:
        """A return, to be moved."""
        returns = self.returned()
        known = returns[return_id]
        if not isinstance(known, OpenReturn):
            known = returns[return_id] = OpenReturn.of(known)
        return known

    def fulfilled(self) -> dict[str, FulfilmentOrder]:
        """The fulfilment orders by id."""
        if self.fulfilments is None:
            self.fulfilments = {known.fulfilment_id: known for known in self.start.fulfilments}
        return self.fulfilments

    def fulfilment(self, fulfilment_id: str) -> FulfilmentOrder:
        """A fulfilment order as it stands; a moved one is put back under its id."""
        return self.fulfilled()[fulfilment_id]

    def reckon(self, reckoning: Reckoning | None) -> None:
        """What is due beside the units from here on; bills that were written are short of it."""
        if reckoning is None:
            return
        more = reckoning.more_minor - self.reckoning.more_minor
        if more and self.billing.invoices:
            revised = self.billing.revised_minor + more
            self.billing = changed(self.billing, revised_minor=revised)
        self.reckoning = reckoning

    def go(self, verb: str) -> None:
        """Follow the header's machine.

        Raises:
            IllegalTransition: the stage does not know the verb.
        """
        try:
            self.lifecycle = self.edges[self.lifecycle, verb]
        except KeyError:
            raise IllegalTransition("order", self.lifecycle, verb) from None

    def noted(self, cause: Cause) -> None:
        """Count the event, and remember what caused it."""
        self.version = version = self.version + 1
        self.head = cause.after
        if cause.at is not self.last_at:
            self.last_at = max(self.last_at, cause.at)
        if cause.kind is _COMMAND:
            memory = self.commands
            if memory is None:
                memory = self.commands = Memory(self.start.commands_seen, self.window)
        else:
            memory = self.facts
            if memory is None:
                memory = self.facts = Memory(self.start.facts_seen, self.window)
        memory.note(cause.id, cause.digest, version)

    def order(self) -> Order:
        """The frozen order.

        Raises:
            InvalidBatch: a line's counters break their inequalities.
        """
        start = self.start
        moved = self.moved
        return trusted(Order)(
            order_id=start.order_id,
            version=self.version,
            lifecycle=self.lifecycle,
            placed_at=start.placed_at,
            last_at=self.last_at,
            quote=self.quote,
            policy=start.policy,
            channel=start.channel,
            external_ref=start.external_ref,
            destination=self.destination,
            customer=start.customer,
            lines=start.lines
            if not moved
            else tuple(
                [
                    refrozen(OrderLine, moved[line.line_id]) if line.line_id in moved else line
                    for line in self.line_table().values()
                ]
            ),
            value_minor=self.value_minor,
            allowance_minor=self.allowance_minor,
            payments=start.payments if self.payments is None else tuple(self.paid().values()),
            allocations=start.allocations
            if self.allocations is None
            else tuple(
                [
                    refrozen(Allocation, known) if type(known) is OpenAllocation else known
                    for known in self.allocations.values()
                ]
            ),
            shipments=start.shipments
            if self.shipments is None
            else tuple(
                [
                    known.frozen() if isinstance(known, OpenShipment) else known
                    for known in self.shipments.values()
                ]
            ),
            returns=start.returns
            if self.returns is None
            else tuple(
                [
                    known.frozen() if isinstance(known, OpenReturn) else known
                    for known in self.returns.values()
                ]
            ),
            fulfilments=start.fulfilments
            if self.fulfilments is None
            else tuple(self.fulfilments.values()),
            billing=self.billing,
            amendments=self.amendments,
            clashes=start.clashes if self.clashes is None else FrozenMap(self.clashes),
            commands_seen=start.commands_seen
            if self.commands is None
            else self.commands.remembered(),
            facts_seen=start.facts_seen if self.facts is None else self.facts.remembered(),
            audit_head=self.head,
            control=self.control,
            reckoning=self.reckoning,
        )
