"""What may be asked of an order (commands) and reported to it (facts).

A command is answered with a decision or a refusal. A fact is what the outside says has happened;
it is never refused. Both carry the id by which their sender knows them, so that the same one
twice counts once.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import ClassVar, TypeAlias

import attrs

from ordercore.kernel import (
    AllocationId,
    ChannelId,
    CustomerId,
    FrozenMap,
    InvalidValue,
    LineId,
    Money,
    NodeId,
    PaymentId,
    ReturnId,
    ServiceId,
    ShipmentId,
    as_tuple,
    checked,
    derived_id,
    digest,
    expect,
    items_as,
    problems,
)
from ordercore.network import Destination
from ordercore.orders.amending.commands import (
    EditOrder,
    LapseExchange,
    RequestExchange,
    TransferIn,
    TransferOut,
)
from ordercore.orders.billing.commands import IssueCreditNote, IssueInvoice, RecordSettlement
from ordercore.orders.billing.tender import TenderKind
from ordercore.orders.claims import Claims, as_claims
from ordercore.orders.control.commands import (
    DelegateApproval,
    GiveApproval,
    PlaceHold,
    RecheckHolds,
    RecordCustomer,
    RecordEvidence,
    RejectApproval,
    ReleaseHold,
    RequestApproval,
    SubmitOrder,
    Tick,
)
from ordercore.orders.customer import CustomerFacts, customer_facts
from ordercore.orders.fulfilling.commands import (
    CancelFulfilment,
    CompleteStage,
    ConfirmPick,
    HandOver,
    MigrateFlow,
    PackFulfilment,
    PlanFulfilment,
    RecordScan,
    ReleaseFulfilment,
    SetAppointment,
    StartPicking,
)
from ordercore.orders.message import Fact, Instruction, OfLines
from ordercore.orders.payment import PaymentKind
from ordercore.orders.policy import DEFAULT_ORDER_POLICY, OrderPolicy
from ordercore.orders.units import (
    Assignment,
    ItemFacts,
    Quantities,
    ReceivedUnits,
    assignments,
    check_quantities,
    item_facts,
    quantities,
)
from ordercore.pricing import ExpectedQuote, Quote

__all__ = [
    "AllocateUnits",
    "CancelOrder",
    "CancelUnits",
    "CloseOrder",
    "ConfirmOrder",
    "Fact",
    "GrantAllowance",
    "Instruction",
    "OrderCommand",
    "OrderFact",
    "OrderMessage",
    "PlaceOrder",
    "ReceiveReturn",
    "RecordDelivery",
    "RecordPayment",
    "RecordRefund",
    "RefundBalance",
    "ReleaseUnits",
    "ReopenOrder",
    "RequestReturn",
    "ReserveStock",
    "ShipUnits",
]


@attrs.frozen
@checked
class PlaceOrder(Instruction):
    """Make an order of a quote, which the order keeps whole.

    ``destination``, ``channel`` and ``customer`` are taken from the quote where they are not given.
    ``items`` says what allocation must know of a line's item; a line that is not named weighs
    nothing. A ``draft`` is kept, but is not ordered before :class:`SubmitOrder`.
    ``customer_facts`` is what the host knows of the buyer, in the words of :data:`CUSTOMER_FACTS`;
    holds and gates read it. ``claims`` are uses of promotions claimed with it, ``expected`` is what
    the quote has to be. ``external_ref`` is the order's number in its channel, not a person's name.

    Raises:
        InvalidBatch: ``order.unknown_line`` for facts about a line that the quote does not have;
            those of :class:`RecordCustomer`; ``quantity.not_positive`` for ``claims``.

    Example:
        >>> from ordercore.orders.specimen import tea_quote
        >>> PlaceOrder("o-1", quote=tea_quote(), command_id="c-1").policy.name
        'default'
    """

    verb: ClassVar[str] = "place"

    quote: Quote = attrs.field(kw_only=True)
    channel: ChannelId | None = attrs.field(
        default=None, converter=attrs.converters.optional(ChannelId), kw_only=True
    )
    external_ref: str = attrs.field(default="", kw_only=True)
    destination: Destination | None = attrs.field(default=None, kw_only=True)
    customer: CustomerId | None = attrs.field(
        default=None, converter=attrs.converters.optional(CustomerId), kw_only=True
    )
    items: FrozenMap[LineId, ItemFacts] = attrs.field(
        factory=FrozenMap, converter=item_facts, kw_only=True
    )
    policy: OrderPolicy = attrs.field(default=DEFAULT_ORDER_POLICY, kw_only=True)
    draft: bool = attrs.field(default=False, kw_only=True)
    customer_facts: CustomerFacts = attrs.field(
        factory=FrozenMap, converter=customer_facts, kw_only=True
    )
    claims: Claims = attrs.field(factory=FrozenMap, converter=as_claims, kw_only=True)
    expected: ExpectedQuote | None = attrs.field(default=None, kw_only=True)

    @cached_property
    def payload_digest(self) -> str:
        """Digest of what the command says but for the quote.

        The order holds the quote whole, and a repeat is compared with that, which spares the
        digest of the largest value there is. Claims follow from the quote and its price book.
        """
        goes = (self.order_id, self.channel, self.external_ref, self.destination)
        said = (*goes, self.customer, self.items, self.policy, self.draft)
        # Where nothing is told of the buyer, the digest is that of orders before it could be.
        return digest((*said, self.customer_facts) if self.customer_facts else said)

    def __attrs_post_init__(self) -> None:
        expect(self.quote, Quote, "quote")
        if not self.items:
            return
        known = {line.line_id for line in self.quote.lines}
        faults = problems()
        for line in self.items:
            if line not in known:
                faults.add("order.unknown_line", f"items[{line}]", line, "a line of the quote")
        faults.raise_if_any("order")


@attrs.frozen
class _Assigning(Instruction):
    allocations: tuple[Assignment, ...] = attrs.field(
        default=(), converter=assignments, kw_only=True
    )

    def numbered(self) -> tuple[Assignment, ...]:
        """The assignments with the allocation ids that the order will give them."""
        return tuple(
            given
            if given.allocation_id is not None
            else attrs.evolve(given, allocation_id=derived_id(self.command_id, str(index)))
            for index, given in enumerate(self.allocations)
        )


@attrs.frozen
@checked
class AllocateUnits(_Assigning):
    """Decide which node and service bring which units; their stock is not held yet.

    ``allocations`` is an allocation plan, its takes, or assignments.

    Example:
        >>> plan = [Assignment("1", 2, node="ningbo")]
        >>> AllocateUnits("o-1", command_id="c-2", allocations=plan).numbered()[0].allocation_id
        AllocationId('c-2/0')
    """

    verb: ClassVar[str] = "allocate"

    def __attrs_post_init__(self) -> None:
        if not self.allocations:
            raise InvalidValue(
                "quantity.none", "allocations", self.allocations, "at least one assignment"
            )


@attrs.frozen
@checked
class ReserveStock(_Assigning):
    """Note that stock is held for units of the order, and where.

    The stock itself is moved by inventory commands. Allocation ids are an order's own: a
    reservation id is made of the order's id and the allocation's.
    Assignments that the order does not know yet are allocated by this command; with none at all
    it means everything that is allocated and not reserved.

    Example:
        >>> plan = [Assignment("1", 2, node="ningbo")]
        >>> ReserveStock("o-1", command_id="c-2", allocations=plan).allocations[0].quantity
        2
    """

    verb: ClassVar[str] = "reserve"


def _allocation_ids(given: Iterable[str]) -> tuple[AllocationId, ...]:
    return items_as(given, AllocationId, "allocations")


@attrs.frozen
@checked
class ReleaseUnits(Instruction):
    """Take unshipped units back from the nodes they are assigned to, to be planned anew.

    Raises:
        InvalidValue: ``quantity.none`` without allocation ids.

    Example:
        >>> ReleaseUnits("o-1", command_id="c-3", allocations=["c-2/0"]).allocations
        (AllocationId('c-2/0'),)
    """

    verb: ClassVar[str] = "release"

    allocations: tuple[AllocationId, ...] = attrs.field(converter=_allocation_ids, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not self.allocations:
            raise InvalidValue(
                "quantity.none", "allocations", self.allocations, "at least one allocation id"
            )


@attrs.frozen
@checked
class ConfirmOrder(Instruction):
    """Bind the seller. Needs what the gates of the host's rules ask for.

    By default these are stock for all units and a payment that covers the amount due.

    Example:
        >>> ConfirmOrder("o-1", command_id="c-2").command_id
        CommandId('c-2')
    """

    verb: ClassVar[str] = "confirm"


@attrs.frozen
@checked
class ShipUnits(OfLines):
    """Hand reserved units of one node to a carrier, as one shipment.

    Raises:
        InvalidBatch: ``quantity.not_positive`` per line, ``quantity.none``.

    Example:
        >>> ShipUnits("o-1", command_id="c-5", shipment_id="s-1", node="n", lines={"1": 2}).lines
        FrozenMap({LineId('1'): 2})
    """

    verb: ClassVar[str] = "ship"

    shipment_id: ShipmentId = attrs.field(converter=ShipmentId, kw_only=True)
    node: NodeId = attrs.field(converter=NodeId, kw_only=True)
    service: ServiceId | None = attrs.field(
        default=None, converter=attrs.converters.optional(ServiceId), kw_only=True
    )


@attrs.frozen
@checked
class CancelUnits(OfLines):
    """Take unshipped units out of the order: their stock is released, their price not due.

    ``cause`` is a code such as ``buyer.changed_mind``, never free text about a person.

    Raises:
        InvalidBatch: ``quantity.not_positive`` per line, ``quantity.none``.

    Example:
        >>> CancelUnits("o-1", command_id="c-6", lines={"1": 1}).lines["1"]
        1
    """

    verb: ClassVar[str] = "cancel_units"

    cause: str = attrs.field(default="", kw_only=True)


@attrs.frozen
@checked
class CancelOrder(Instruction):
    """Cancel every unit that has not left. The order ends unless something was shipped.

    Example:
        >>> CancelOrder("o-1", command_id="c-7", cause="fraud").cause
        'fraud'
    """

    verb: ClassVar[str] = "cancel_order"

    cause: str = attrs.field(default="", kw_only=True)


@attrs.frozen
@checked
class RequestReturn(OfLines):
    """Authorise that shipped units come back (RMA). Nothing is refunded yet.

    Raises:
        InvalidBatch: ``quantity.not_positive`` per line, ``quantity.none``.

    Example:
        >>> RequestReturn("o-1", command_id="c-8", return_id="r-1", lines={"1": 1}).return_id
        ReturnId('r-1')
    """

    verb: ClassVar[str] = "request_return"

    return_id: ReturnId = attrs.field(converter=ReturnId, kw_only=True)
    cause: str = attrs.field(default="", kw_only=True)


def _received(given: Iterable[ReceivedUnits]) -> tuple[ReceivedUnits, ...]:
    return as_tuple(given)


@attrs.frozen
@checked
class ReceiveReturn(Instruction):
    """Units of a return arrived; those accepted are refunded, restocked or scrapped.

    Raises:
        InvalidValue: ``quantity.none`` without units.

    Example:
        >>> units = [ReceivedUnits("1", 1, disposition="scrap")]
        >>> ReceiveReturn("o-1", command_id="c-9", return_id="r-1", units=units).units[0].quantity
        1
    """

    verb: ClassVar[str] = "receive_return"

    return_id: ReturnId = attrs.field(converter=ReturnId, kw_only=True)
    units: tuple[ReceivedUnits, ...] = attrs.field(converter=_received, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not self.units:
            raise InvalidValue("quantity.none", "units", self.units, "at least one unit")


@attrs.frozen
@checked
class GrantAllowance(Instruction):
    """Lower the price without a return: goodwill, damage, late delivery.

    Raises:
        InvalidValue: ``amount.not_positive``.

    Example:
        >>> give = Money.of("5.00", "CNY")
        >>> str(GrantAllowance("o-1", command_id="c-10", amount=give, cause="late").amount)
        'CNY 5.00'
    """

    verb: ClassVar[str] = "allow"

    amount: Money = attrs.field(kw_only=True)
    cause: str = attrs.field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        expect(self.amount, Money, "amount")
        if self.amount.minor < 1:
            raise InvalidValue("amount.not_positive", "amount", str(self.amount), "an amount > 0")


@attrs.frozen
@checked
class RefundBalance(Instruction):
    """Ask once more for what the buyer should have back, after a refund has failed.

    Example:
        >>> RefundBalance("o-1", command_id="c-11").verb
        'refund_balance'
    """

    verb: ClassVar[str] = "refund_balance"


@attrs.frozen
@checked
class CloseOrder(Instruction):
    """End a confirmed order: all units arrived or are gone, no return open, money settled.

    Example:
        >>> CloseOrder("o-1", command_id="c-12").order_id
        OrderId('o-1')
    """

    verb: ClassVar[str] = "close"


@attrs.frozen
@checked
class ReopenOrder(Instruction):
    """Take up a closed order again, for a return or an allowance.

    Example:
        >>> ReopenOrder("o-1", command_id="c-13").verb
        'reopen'
    """

    verb: ClassVar[str] = "reopen"


# --- facts ---


def _check_amount(amount: Money) -> None:
    expect(amount, Money, "amount")
    if amount.minor < 0:
        raise InvalidValue("amount.negative", "amount", str(amount), "an amount ≥ 0")


@attrs.frozen
@checked
class RecordPayment(Fact):
    """A provider reports on a payment: authorised, captured, voided, failed, refunded …

    ``amount`` is what this report adds, not a running total; only a correction (``adjusted``) may
    be below zero. ``tender`` says with what was paid, ``points`` how many points that is.

    Raises:
        InvalidValue: ``amount.negative``, ``payment.points``.

    Example:
        >>> RecordPayment(
        ...     "o-1",
        ...     fact_id="f-1",
        ...     payment_id="p-1",
        ...     kind="captured",
        ...     amount=Money.of("275.90", "CNY"),
        ... ).kind
        <PaymentKind.CAPTURED: 'captured'>
    """

    payment_id: PaymentId = attrs.field(converter=PaymentId, kw_only=True)
    kind: PaymentKind = attrs.field(converter=PaymentKind, kw_only=True)
    amount: Money = attrs.field(kw_only=True)
    tender: TenderKind = attrs.field(default=TenderKind.OTHER, converter=TenderKind, kw_only=True)
    points: int = attrs.field(default=0, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.kind is PaymentKind.ADJUSTED:
            expect(self.amount, Money, "amount")
        else:
            _check_amount(self.amount)
        if type(self.points) is not int or self.points < 0:
            raise InvalidValue("payment.points", "points", self.points, "an integer ≥ 0")


@attrs.frozen
@checked
class RecordRefund(Fact):
    """Money went back to the buyer: a :class:`RecordPayment` of the kind ``refunded``.

    Raises:
        InvalidValue: ``amount.negative``.

    Example:
        >>> back = Money.of("59.90", "CNY")
        >>> str(RecordRefund("o-1", fact_id="f-9", payment_id="p-1", amount=back).amount)
        'CNY 59.90'
    """

    payment_id: PaymentId = attrs.field(converter=PaymentId, kw_only=True)
    amount: Money = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check_amount(self.amount)


@attrs.frozen
@checked
class RecordDelivery(Fact):
    """A carrier reports units of a shipment as delivered; without ``lines``, all of them.

    Raises:
        InvalidBatch: ``quantity.not_positive`` per line.

    Example:
        >>> RecordDelivery("o-1", fact_id="f-3", shipment_id="s-1", lines={"1": 2}).lines["1"]
        2
    """

    shipment_id: ShipmentId = attrs.field(converter=ShipmentId, kw_only=True)
    lines: Quantities = attrs.field(factory=FrozenMap, converter=quantities, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.lines:
            faults = problems()
            check_quantities(faults, "lines", self.lines)
            faults.raise_if_any("RecordDelivery")


OrderCommand: TypeAlias = (
    PlaceOrder
    | AllocateUnits
    | ReserveStock
    | ReleaseUnits
    | ConfirmOrder
    | ShipUnits
    | CancelUnits
    | CancelOrder
    | RequestReturn
    | ReceiveReturn
    | GrantAllowance
    | RefundBalance
    | CloseOrder
    | ReopenOrder
    | PlanFulfilment
    | ReleaseFulfilment
    | StartPicking
    | ConfirmPick
    | PackFulfilment
    | HandOver
    | CompleteStage
    | SetAppointment
    | CancelFulfilment
    | MigrateFlow
    | IssueInvoice
    | IssueCreditNote
    | SubmitOrder
    | PlaceHold
    | ReleaseHold
    | RecheckHolds
    | RequestApproval
    | GiveApproval
    | RejectApproval
    | DelegateApproval
    | Tick
    | EditOrder
    | RequestExchange
    | LapseExchange
    | TransferOut
    | TransferIn
)
"""Every command; the union is closed."""

OrderFact: TypeAlias = (
    RecordPayment
    | RecordRefund
    | RecordDelivery
    | RecordScan
    | RecordSettlement
    | RecordEvidence
    | RecordCustomer
)
"""Every fact; the union is closed."""

OrderMessage: TypeAlias = OrderCommand | OrderFact
"""Everything that ``decide`` takes."""
