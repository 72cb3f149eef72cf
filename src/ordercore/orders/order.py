"""The order: quantities, money and a small stored header; every status is derived from these."""

from __future__ import annotations

import attrs

from ordercore.allocation import Demand, DemandLine
from ordercore.kernel import (
    ChannelId,
    Currency,
    CustomerId,
    FrozenMap,
    Instant,
    Money,
    NotFound,
    OrderId,
    checked,
    instant_at,
)
from ordercore.network import Destination
from ordercore.orders.amending.amendments import NO_AMENDMENTS, Amendments
from ordercore.orders.billing.bill import Billing
from ordercore.orders.claims import Claims
from ordercore.orders.control.state import NO_CONTROL, Control
from ordercore.orders.customer import CustomerFacts, known_facts
from ordercore.orders.fulfilling.fulfilment_order import FulfilmentOrder
from ordercore.orders.identifiers import (
    as_optional_channel_id,
    as_optional_customer_id,
    as_order_id,
)
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.line import OrderLine
from ordercore.orders.payment import MoneyPosition, Payment
from ordercore.orders.policy import OrderPolicy
from ordercore.orders.reckoning import NO_RECKONING, Reckoning
from ordercore.orders.remembered import Remembered
from ordercore.orders.units import ItemKind, Quantities, quantities
from ordercore.orders.whereabouts import Allocation, ReturnCase, Shipment
from ordercore.pricing import Quote

__all__ = ["Order"]

_NOTHING_SEEN = Remembered()
_NO_BILLS = Billing()


def _stage(value: Lifecycle | str) -> Lifecycle:
    # An enumeration's own constructor costs ten times this test, and every event makes an order.
    return value if type(value) is Lifecycle else Lifecycle(value)


def _placed_at(value: Instant | str) -> Instant:
    return instant_at(value, "placed_at")


def _last_at(value: Instant | str) -> Instant:
    return instant_at(value, "last_at")


@attrs.frozen(kw_only=True)
@checked
class Order:
    """One order as its events left it. Made by :func:`evolve` and :func:`replay` only.

    ``version`` counts events. ``value_minor`` is what the units that the buyer keeps cost under
    the quote, with the charges that stand; ``allowance_minor`` what was granted off it. ``last_at``
    is the latest instant at which anything was decided. ``clashes`` counts, by code, the facts that
    did not fit. ``audit_head`` seals the whole history (see :class:`Cause`). ``control`` is what
    keeps the order back: holds, evidence, approvals, and what is known of the buyer.
    ``amendments`` are its changes; each puts it on another quote, at most. ``reckoning`` is what
    cancels and returns left behind beside the units: claw-back, fees, a carried balance.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> order = tea_order()
        >>> order.lifecycle, str(order.due), order.version
        (<Lifecycle.SUBMITTED: 'submitted'>, 'CNY 315.90', 1)
    """

    order_id: OrderId = attrs.field(converter=as_order_id)
    version: int
    lifecycle: Lifecycle = attrs.field(converter=_stage)
    placed_at: Instant = attrs.field(converter=_placed_at)
    last_at: Instant = attrs.field(converter=_last_at)
    quote: Quote
    policy: OrderPolicy
    channel: ChannelId | None = attrs.field(default=None, converter=as_optional_channel_id)
    external_ref: str = ""
    destination: Destination | None = None
    customer: CustomerId | None = attrs.field(default=None, converter=as_optional_customer_id)
    lines: tuple[OrderLine, ...]
    value_minor: int
    allowance_minor: int = 0
    payments: tuple[Payment, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    returns: tuple[ReturnCase, ...] = ()
    fulfilments: tuple[FulfilmentOrder, ...] = ()
    billing: Billing = _NO_BILLS
    amendments: Amendments = NO_AMENDMENTS
    clashes: FrozenMap[str, int] = attrs.field(factory=FrozenMap)
    commands_seen: Remembered = _NOTHING_SEEN
    facts_seen: Remembered = _NOTHING_SEEN
    audit_head: str = ""
    control: Control = NO_CONTROL
    reckoning: Reckoning = NO_RECKONING

    # --- money ---

    @property
    def currency(self) -> Currency:
        """The currency of the quote, and so of everything in the order."""
        return self.quote.currency

    @property
    def due_minor(self) -> int:
        """What the buyer owes for what they keep, in minor units; never below zero."""
        return self.due_at(self.value_minor)

    def due_at(
        self,
        value_minor: int,
        *,
        advance_minor: int | None = None,
        reckoning: Reckoning | None = None,
    ) -> int:
        """What the buyer would owe if what they keep cost so much, in minor units.

        ``advance_minor`` is what counts in advance of an exchange, ``reckoning`` what is due beside
        the units; as they stand by default.
        """
        advance = self.amendments.advance_minor if advance_minor is None else advance_minor
        known = self.reckoning if reckoning is None else reckoning
        beside = 0 if known is NO_RECKONING else known.fees_minor - known.carried_minor
        return max(0, value_minor + beside - self.allowance_minor - advance)

    @property
    def due(self) -> Money:
        """What the buyer owes for what they keep: shrinks with cancels, returns, allowances."""
        return Money(self.due_minor, self.currency)

    @property
    def money(self) -> MoneyPosition:
        """Paid, kept, refunded, balance. O(payments)."""
        carried = self.reckoning.carried_minor
        return MoneyPosition.of(self.payments, self.due_minor, self.currency, carried)

    @property
    def placed_quote(self) -> Quote:
        """The quote that the order was placed from, whatever it stands on now."""
        return self.amendments.placed or self.quote

    # --- the buyer, and what was claimed ---

    @property
    def customer_facts(self) -> CustomerFacts:
        """What the host has told of the buyer, by word; what is not known is not in it."""
        return known_facts(self.control.customer_facts)

    @property
    def claims(self) -> Claims:
        """The uses of promotions that the order holds, by promotion."""
        return self.control.claims

    # --- units ---

    @property
    def backordered(self) -> Quantities:
        """Goods by line that the seller is bound to bring and that no node has been chosen for.

        Derived and not counted: they are the backlog of a confirmed order, and a counter beside it
        could only say the same or be wrong. They come of edits, released units and short picks.
        """
        if self.lifecycle is not Lifecycle.CONFIRMED:
            return FrozenMap()
        return FrozenMap(
            {line.line_id: line.backordered for line in self.lines if line.backordered}
        )

    @property
    def kept(self) -> Quantities:
        """Units by line that the buyer is to pay for."""
        return FrozenMap({line.line_id: line.kept for line in self.lines})

    def line(self, line_id: str) -> OrderLine:
        """The line of an id. O(lines).

        Raises:
            NotFound: no such line.
        """
        for line in self.lines:
            if line.line_id == line_id:
                return line
        raise NotFound("order line", line_id)

    def has(self, line_id: str) -> bool:
        """Whether the order has a line of that id. O(lines)."""
        return any(line.line_id == line_id for line in self.lines)

    def shipment(self, shipment_id: str) -> Shipment | None:
        """The shipment of an id, or None."""
        for shipment in self.shipments:  # asked at every shipment: no generator
            if shipment.shipment_id == shipment_id:
                return shipment
        return None

    def fulfilment(self, fulfilment_id: str) -> FulfilmentOrder | None:
        """The fulfilment order of an id, or None."""
        for fulfilment in self.fulfilments:  # asked at every shipment: no generator
            if fulfilment.fulfilment_id == fulfilment_id:
                return fulfilment
        return None

    def fulfilment_of(self, shipment_id: str) -> FulfilmentOrder | None:
        """The fulfilment order whose units left as a shipment, or None."""
        return next((f for f in self.fulfilments if f.shipment_id == shipment_id), None)

    def return_case(self, return_id: str) -> ReturnCase | None:
        """The return of an id, or None."""
        return next((r for r in self.returns if r.return_id == return_id), None)

    def payment(self, payment_id: str) -> Payment | None:
        """The payment of an id, or None."""
        return next((p for p in self.payments if p.payment_id == payment_id), None)

    def demand(self) -> Demand:
        """What still needs a node: the backlog of every line of goods, with its items' facts.

        Raises:
            NotFound: the order has no destination.
            InvalidBatch: ``demand.no_lines`` when the backlog is empty.

        Example:
            >>> from ordercore.orders.specimen import tea_order
            >>> [(line.line_id, line.quantity) for line in tea_order().demand().lines]
            [(LineId('1'), 2), (LineId('2'), 1)]
        """
        if self.destination is None:
            raise NotFound("destination of order", self.order_id)
        return Demand(
            order_id=self.order_id,
            lines=tuple(
                DemandLine(
                    line.line_id,
                    sku=line.sku,
                    quantity=line.backlog,
                    weight_g=line.item.weight_g,
                    volume_cm3=line.item.volume_cm3,
                    handling_class=line.item.handling_class,
                    splittable=line.item.splittable,
                )
                for line in self.lines
                if line.backlog and line.item.kind is ItemKind.GOODS
            ),
            destination=self.destination,
        )


def units_of(order: Order, counter: str) -> Quantities:
    """Lines whose property or counter of that name is above zero, with its value.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> units_of(tea_order(), "backlog")
        FrozenMap({LineId('1'): 2, LineId('2'): 1})
    """
    return quantities(
        {line.line_id: units for line in order.lines if (units := getattr(line, counter)) > 0}
    )
