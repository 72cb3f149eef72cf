"""What moves from one order to another, and how orders remember it."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import (
    AllocationId,
    ChannelId,
    Choice,
    Currency,
    CustomerId,
    FrozenMap,
    InvalidValue,
    LineId,
    Money,
    NodeId,
    OrderId,
    PaymentId,
    ServiceId,
    as_tuple,
    checked,
)
from ordercore.network import Destination
from ordercore.orders.billing.tender import TenderKind
from ordercore.orders.claims import Claims, as_claims
from ordercore.orders.customer import CustomerFact, kept_facts
from ordercore.orders.payment import Payment
from ordercore.orders.policy import DEFAULT_ORDER_POLICY, OrderPolicy
from ordercore.orders.units import ItemFacts, Quantities, item_facts, quantities
from ordercore.pricing import Quote

__all__ = [
    "Consignment",
    "MovedAllocation",
    "MovedPayment",
    "TransferKind",
]


class TransferKind(Choice):
    """Why units move to another order."""

    SPLIT = "split"
    """A part goes on as an order of its own."""
    MERGE = "merge"
    """They join an order that there is already."""


@attrs.frozen(kw_only=True)
@checked
class MovedAllocation:
    """Units at a node that stay there for the other order; ``reserved`` of them have stock held.

    Example:
        >>> MovedAllocation(
        ...     allocation_id="o-1/a", line_id="1", node="n", quantity=2, reserved=1
        ... ).quantity
        2
    """

    allocation_id: AllocationId = attrs.field(converter=AllocationId)
    line_id: LineId = attrs.field(converter=LineId)
    node: NodeId = attrs.field(converter=NodeId)
    service: ServiceId | None = None
    quantity: int
    reserved: int


@attrs.frozen(kw_only=True)
@checked
class MovedPayment:
    """The part of a payment that goes with the units, in minor units.

    ``held_minor`` is captured money, of which ``settled_minor`` was paid out already;
    ``authorised_minor`` is promised and not captured.

    Example:
        >>> MovedPayment(payment_id="p-1", held_minor=5990).authorised_minor
        0
    """

    payment_id: PaymentId = attrs.field(converter=PaymentId)
    tender: TenderKind = attrs.field(default=TenderKind.OTHER, converter=TenderKind)
    held_minor: int = 0
    authorised_minor: int = 0
    settled_minor: int = 0
    points: int = 0

    def sent(self, payment: Payment) -> Payment:
        """The payment of the source without this part."""
        return self._moved(payment, -1)

    def received(self, payment: Payment | None, currency: Currency) -> Payment:
        """The payment of the target with this part; a new one where it had none."""
        known = payment or Payment(
            payment_id=self.payment_id, currency=currency, tender=self.tender
        )
        return self._moved(known, 1)

    def _moved(self, known: Payment, sign: int) -> Payment:
        authorised = known.authorisation_transferred_minor + sign * self.authorised_minor
        return attrs.evolve(
            known,
            transferred_minor=known.transferred_minor + sign * self.held_minor,
            authorisation_transferred_minor=authorised,
            settled_minor=known.settled_minor + sign * self.settled_minor,
            points=known.points + sign * self.points,
        )


def _allocations(given: Iterable[MovedAllocation]) -> tuple[MovedAllocation, ...]:
    return as_tuple(given)


def _payments(given: Iterable[MovedPayment]) -> tuple[MovedPayment, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class Consignment:
    """Everything that moves from one order to another, as both of them count it.

    ``lines`` are the units by their line in the ``source``; ``names`` says what these lines are
    called in the ``target`` (``charge_names`` of charges that change theirs), and all the rest
    uses these. ``quote`` is exactly what the source is
    worth less, part by part. ``allowance`` is what of an allowance the source has no room for any
    more. ``version`` is the source's when this was made of it: it leaves once, then or never.
    ``confirmed`` and what follows are for a target that does not exist yet, but
    ``customer_facts``: of each word the later stands in the target; and ``claims``, which go along
    when nothing stays behind.

    Raises:
        InvalidValue: ``transfer.same_order`` when the target is the source.

    Example:
        >>> from ordercore.orders import plan_split
        >>> from ordercore.orders.specimen import tea_order
        >>> plan = plan_split(tea_order(), {"2": 1}, to_order="o-2", transfer_id="t-1")
        >>> str(plan.accepted().consignment.quote.total)
        'CNY 59.90'
    """

    transfer_id: str
    kind: TransferKind = attrs.field(converter=TransferKind)
    source: OrderId = attrs.field(converter=OrderId)
    target: OrderId = attrs.field(converter=OrderId)
    version: int
    lines: Quantities = attrs.field(converter=quantities)
    names: FrozenMap[LineId, LineId]
    charge_names: FrozenMap[str, str] = attrs.field(factory=FrozenMap)
    quote: Quote
    items: FrozenMap[LineId, ItemFacts] = attrs.field(factory=FrozenMap, converter=item_facts)
    allocations: tuple[MovedAllocation, ...] = attrs.field(default=(), converter=_allocations)
    payments: tuple[MovedPayment, ...] = attrs.field(default=(), converter=_payments)
    allowance: Money
    confirmed: bool = False
    policy: OrderPolicy = DEFAULT_ORDER_POLICY
    channel: ChannelId | None = None
    customer: CustomerId | None = None
    destination: Destination | None = None
    external_ref: str = ""
    customer_facts: tuple[CustomerFact, ...] = attrs.field(default=(), converter=kept_facts)
    claims: Claims = attrs.field(factory=FrozenMap, converter=as_claims)

    def __attrs_post_init__(self) -> None:
        if self.source == self.target:
            raise InvalidValue("transfer.same_order", "target", self.target, "another order")
