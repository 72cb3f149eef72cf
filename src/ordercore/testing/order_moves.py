"""What may be sent to a small order: every command and fact with small arguments, for the explorer.

An alphabet is a tuple of moves. A move looks at an order and offers messages that mean something
for it as it stands; the explorer tries them all. Ids are made of the order's version, which grows
along every history, so that no history uses one twice, and the same message in two histories is
one object.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import TypeAlias

import attrs

from ordercore.kernel import Context, FrozenMap, InvalidValue, LineId, Money, NodeId
from ordercore.orders import (
    AllocateUnits,
    Assignment,
    CancelOrder,
    CancelUnits,
    CloseOrder,
    ConfirmOrder,
    GrantAllowance,
    Lifecycle,
    Order,
    OrderMessage,
    OrderPolicy,
    Payment,
    PaymentKind,
    PlaceOrder,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordPayment,
    RecordRefund,
    RefundBalance,
    ReleaseUnits,
    ReopenOrder,
    RequestReturn,
    ReserveStock,
    ShipUnits,
)
from ordercore.pricing import Quote, QuoteLine
from ordercore.testing.order_detours import exchange_moves, hold_moves
from ordercore.testing.state_key import StateKey

__all__ = ["ORDER_LAW_READS", "Move", "OrderAlphabet", "order_alphabet", "order_key"]

Move: TypeAlias = Callable[[Order], Iterable[OrderMessage]]
"""Offers messages to an order as it stands; none when it has nothing to say."""

ORDER_LAW_READS: Mapping[str, tuple[str, ...]] = FrozenMap(
    {
        "INV-ORDER-1": ("lines",),
        "INV-ORDER-2": ("lines", "allocations"),
        "INV-ORDER-3": ("lines", "shipments"),
        "INV-ORDER-4": ("lines", "returns"),
        "INV-ORDER-5": ("lines", "quote", "policy", "value_minor"),
        "INV-ORDER-6": ("payments",),
        "INV-ORDER-7": ("payments", "value_minor", "allowance_minor", "quote", "amendments"),
        "INV-ORDER-8": ("lifecycle", "lines"),
        "INV-ORDER-20": ("control",),
        "INV-ORDER-21": ("control",),
        "INV-ORDER-22": ("control", "lifecycle"),
        "INV-ORDER-23": ("lifecycle", "lines"),
        "INV-ORDER-24": ("control", "lifecycle", "policy"),
        "INV-ORDER-50": ("lines", "quote"),
        "INV-ORDER-51": ("amendments", "lines"),
        "INV-ORDER-52": ("amendments", "lines"),
    }
)
"""Which fields of an order each of its laws looks at; a law that is not here looks anywhere."""

_PAYMENTS = ("authorise", "capture", "partial", "prepay", "refund", "fail")
_RETURNS = ("restock", "scrap", "reject")
_UNIT_MINOR = 1_000
_ORDER = "o-1"


class _Messages:
    """Each message once, however many histories send it: its digest is then taken once too."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: dict[tuple[Hashable, ...], OrderMessage] = {}

    def __call__(self, make: Callable[..., OrderMessage], *about: Hashable) -> OrderMessage:
        key = (make, *about)
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = make(*about)
        return known


@attrs.frozen(kw_only=True)
class OrderAlphabet:
    """The placing of one order, and the moves of its life; the explorer calls it with a state.

    Example:
        >>> alphabet = order_alphabet(lines=1, units=1, nodes=1)
        >>> [type(message).__name__ for message, _ in alphabet(None)]
        ['PlaceOrder']
    """

    place: PlaceOrder
    moves: tuple[Move, ...]
    nodes: tuple[NodeId, ...]
    context: Context

    def __call__(self, order: Order | None) -> Iterator[tuple[OrderMessage, Context]]:
        """The messages to try on ``order``, each with its context; before it, the placing."""
        context = self.context
        if order is None:
            yield self.place, context
            return
        for move in self.moves:
            for message in move(order):
                yield message, context

    def and_moves(self, *moves: Move) -> OrderAlphabet:
        """The alphabet with more moves, for commands of your own or of a later version.

        Example:
            >>> def confirm_twice(order):
            ...     yield ConfirmOrder(order.order_id, command_id=f"again-{order.version}")
            >>> alphabet = order_alphabet()
            >>> len(alphabet.and_moves(confirm_twice).moves) - len(alphabet.moves)
            1
        """
        return attrs.evolve(self, moves=(*self.moves, *moves))


def order_key(alphabet: OrderAlphabet, *, symmetric: bool = True) -> StateKey[Order]:
    """By what orders of an alphabet are one state.

    Left out are what the histories differ in without consequence: ids, the version, the head of
    the audit chain, what is remembered of messages, and instants and holds that have ended, as no
    timer reads them. An exchange is told by its units: the return of an open exchange of one unit
    is like any other return of that unit which waits for it. Lines that the quote prices alike and
    nodes are interchangeable; allocations keep their order, since cancels take from the last of
    them and shipments from the first. Every other field counts, also one that is added to the order
    later.

    Example:
        >>> key = order_key(order_alphabet())
        >>> [[str(label) for label in group] for group in key.interchangeable]
        [['1', '2'], ['n-1', 'n-2']]
    """
    return StateKey(
        left_out=frozenset(
            {
                "order_id",
                "version",
                "audit_head",
                "placed_at",
                "last_at",
                "shipped_at",
                "commands_seen",
                "facts_seen",
                "allocation_id",
                "shipment_id",
                "return_id",
                "fulfilment_id",
                "hold_id",
                "command_id",
                "Control.ended",
            }
        ),
        unordered=frozenset(
            {"lines", "units", "shipments", "fulfilments", "returns", "holds", "ids"}
        ),
        label_fields={"HoldScope.ids": LineId},
        first=("allocations", "lines"),
        interchangeable=(*_alike(alphabet.place), alphabet.nodes) if symmetric else (),
    )


def _alike(place: PlaceOrder) -> tuple[tuple[LineId, ...], ...]:
    groups: dict[object, list[LineId]] = {}
    for line in place.quote.lines:
        facts = (attrs.evolve(line, line_id="same"), place.items.get(line.line_id))
        groups.setdefault(facts, []).append(line.line_id)
    return tuple(tuple(group) for group in groups.values())


def order_alphabet(
    *,
    lines: int = 2,
    units: int = 2,
    nodes: int = 2,
    payment: Iterable[str] = ("authorise", "capture", "refund"),
    cancel: bool = True,
    returns: Iterable[str] = ("restock", "reject"),
    allowance: bool = False,
    allocation: bool = False,
    holds: bool = False,
    exchange: bool = False,
    duplicates: bool = True,
    late: bool = True,
    policy: OrderPolicy | None = None,
) -> OrderAlphabet:
    """An order of ``lines`` × ``units`` equal units, from any of ``nodes``, and its whole life.

    Args:
        lines: Lines of one SKU at one price, so that they are interchangeable.
        units: Units of each line.
        nodes: Nodes that can bring any unit.
        payment: Which reports a provider makes: ``authorise`` and ``capture`` of the whole,
            ``partial`` of both for one unit's price, ``prepay`` (captured without being
            authorised, from a second payment), ``refund``, and ``fail`` (of a capture or refund).
        cancel: Whether units and the order are cancelled.
        returns: What becomes of units that come back: ``restock``, ``scrap``, ``reject``; none
            means that nothing comes back.
        allowance: Whether one unit's price is granted off, once.
        allocation: Whether units are allocated before they are reserved, and released.
        holds: Whether the whole order is held, or the shipments of one line, and released; at most
            one hold of either kind at a time.
        exchange: Whether one shipped unit is exchanged for another of its line, which goes before
            it comes back or after, once in the order's life; or the exchange lapses. Units come
            back by ``returns``.
        duplicates: Whether the last fact that the order has taken comes again, under its id and
            under its id with another payload.
        late: Whether a payment and a scan arrive that the order does not expect, also after its
            end; one clash of each kind.
        policy: The order's policy; the default one where it is not given.

    Raises:
        InvalidValue: ``alphabet.size`` below 1; ``alphabet.payment`` or ``alphabet.returns`` for
            a word that is not listed above.

    Example:
        >>> alphabet = order_alphabet(lines=1, units=1, nodes=1, payment=("authorise",))
        >>> alphabet.place.quote.total
        Money(minor=1000, currency=Currency('CNY'))
    """
    for name, size in (("lines", lines), ("units", units), ("nodes", nodes)):
        if size < 1:
            raise InvalidValue("alphabet.size", name, size, "an integer ≥ 1")
    reports = _words("payment", payment, _PAYMENTS)
    dispositions = _words("returns", returns, _RETURNS)
    context = Context(now="2026-11-11T00:00:00Z", actor="web", role="clerk")
    quote = Quote(
        currency="CNY",
        at=context.now,
        lines=[
            QuoteLine(
                str(line),
                sku="TEA",
                quantity=units,
                list_amount=Money(units * _UNIT_MINOR, "CNY"),
            )
            for line in range(1, lines + 1)
        ],
    )
    place = PlaceOrder(_ORDER, quote=quote, command_id="c-0")
    if policy is not None:
        place = attrs.evolve(place, policy=policy)
    places = tuple(NodeId(f"n-{number}") for number in range(1, nodes + 1))
    messages = _Messages()
    moves = [*_stock_moves(messages, places, allocation=allocation), *_header_moves(messages)]
    if cancel:
        moves += _cancel_moves(messages)
    moves += _payment_moves(messages, reports)
    if dispositions:
        moves += _return_moves(messages, dispositions, places[0])
    if allowance:
        moves.append(_allowance_move(messages))
    if holds:
        moves += hold_moves(messages)
    if exchange:
        moves += exchange_moves(messages)
    if late:
        moves.append(_late_move(messages))
    if duplicates:
        moves.append(_duplicate_move(messages))
    return OrderAlphabet(place=place, moves=tuple(moves), nodes=places, context=context)


def _words(name: str, given: Iterable[str], known: tuple[str, ...]) -> tuple[str, ...]:
    words = tuple(given)
    for word in words:
        if word not in known:
            raise InvalidValue(f"alphabet.{name}", name, word, f"some of {', '.join(known)}")
    return words


# --- units ---


def _allocate(version: int, line: str, units: int, node: str) -> AllocateUnits:
    plan = [Assignment(line, units, node=node)]
    return AllocateUnits(_ORDER, command_id=f"c-{version}", allocations=plan)


def _reserve(version: int, line: str, units: int, node: str) -> ReserveStock:
    plan = [Assignment(line, units, node=node)]
    return ReserveStock(_ORDER, command_id=f"c-{version}", allocations=plan)


def _reserve_planned(version: int) -> ReserveStock:
    return ReserveStock(_ORDER, command_id=f"c-{version}")


def _release(version: int, allocation: str) -> ReleaseUnits:
    return ReleaseUnits(_ORDER, command_id=f"c-{version}", allocations=[allocation])


def _ship(version: int, node: str, units: tuple[tuple[str, int], ...]) -> ShipUnits:
    return ShipUnits(
        _ORDER,
        command_id=f"c-{version}",
        shipment_id=f"s-{version}",
        node=node,
        lines=dict(units),
    )


def _deliver(version: int, shipment: str, units: tuple[tuple[str, int], ...]) -> RecordDelivery:
    return RecordDelivery(_ORDER, fact_id=f"f-{version}", shipment_id=shipment, lines=dict(units))


_OPEN = (Lifecycle.SUBMITTED, Lifecycle.CONFIRMED)


def _stock_moves(
    messages: _Messages, nodes: tuple[str, ...], *, allocation: bool
) -> tuple[Move, ...]:
    def planned(make: Callable[..., OrderMessage]) -> Move:
        def plan(order: Order) -> Iterator[OrderMessage]:
            if order.lifecycle in _OPEN:
                for line in order.lines:
                    for units in range(1, line.backlog + 1):
                        for node in nodes:
                            yield messages(make, order.version, line.line_id, units, node)

        return plan

    def reserve_planned(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle in _OPEN and any(known.unreserved for known in order.allocations):
            yield messages(_reserve_planned, order.version)

    def release(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle in _OPEN:
            for known in order.allocations:
                if known.open:
                    yield messages(_release, order.version, known.allocation_id)

    def ship(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle is not Lifecycle.CONFIRMED:
            return
        here: dict[str, dict[str, int]] = {}
        for known in order.allocations:
            if known.shippable:
                lines = here.setdefault(known.node, {})
                lines[known.line_id] = lines.get(known.line_id, 0) + known.shippable
        for node, lines in here.items():
            for line, most in lines.items():
                for units in range(1, most + 1):
                    yield messages(_ship, order.version, node, ((line, units),))
            if len(lines) > 1:
                yield messages(_ship, order.version, node, tuple(sorted(lines.items())))

    def deliver(order: Order) -> Iterator[OrderMessage]:
        for shipment in order.shipments:
            under_way = [
                (line.line_id, line.under_way) for line in shipment.lines if line.under_way
            ]
            if under_way:
                yield messages(_deliver, order.version, shipment.shipment_id, ())
                if sum(units for _, units in under_way) > 1:
                    for line_id, _ in under_way:
                        yield messages(
                            _deliver, order.version, shipment.shipment_id, ((line_id, 1),)
                        )

    if allocation:
        return (planned(_allocate), planned(_reserve), reserve_planned, release, ship, deliver)
    return (planned(_reserve), ship, deliver)


# --- the header ---


def _confirm(version: int) -> ConfirmOrder:
    return ConfirmOrder(_ORDER, command_id=f"c-{version}")


def _close(version: int) -> CloseOrder:
    return CloseOrder(_ORDER, command_id=f"c-{version}")


def _reopen(version: int) -> ReopenOrder:
    return ReopenOrder(_ORDER, command_id=f"c-{version}")


def _header_moves(messages: _Messages) -> tuple[Move, ...]:
    make: dict[Lifecycle, Callable[[int], OrderMessage]] = {
        Lifecycle.SUBMITTED: _confirm,
        Lifecycle.CONFIRMED: _close,
        Lifecycle.CLOSED: _reopen,
        Lifecycle.CANCELLED: _reopen,
    }

    def header(order: Order) -> Iterator[OrderMessage]:
        yield messages(make[order.lifecycle], order.version)

    return (header,)


def _cancel_units(version: int, line: str, units: int) -> CancelUnits:
    return CancelUnits(_ORDER, command_id=f"c-{version}", lines={line: units})


def _cancel_order(version: int) -> CancelOrder:
    return CancelOrder(_ORDER, command_id=f"c-{version}", cause="buyer")


def _cancel_moves(messages: _Messages) -> tuple[Move, ...]:
    def cancel_units(order: Order) -> Iterator[OrderMessage]:
        for line in order.lines:
            for units in range(1, line.cancellable + 1):
                yield messages(_cancel_units, order.version, line.line_id, units)

    def cancel_order(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle in _OPEN:
            yield messages(_cancel_order, order.version)

    return (cancel_units, cancel_order)


# --- returns ---


def _request(version: int, line: str, units: int) -> RequestReturn:
    return RequestReturn(
        _ORDER, command_id=f"c-{version}", return_id=f"r-{version}", lines={line: units}
    )


def _receive(
    version: int, case: str, line: str, units: int, disposition: str, node: str
) -> ReceiveReturn:
    came = ReceivedUnits(line, units, disposition=disposition, node=node)
    return ReceiveReturn(_ORDER, command_id=f"c-{version}", return_id=case, units=[came])


def _return_moves(
    messages: _Messages, dispositions: tuple[str, ...], node: str
) -> tuple[Move, ...]:
    def request(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle is Lifecycle.CONFIRMED:
            for line in order.lines:
                for units in range(1, line.returnable + 1):
                    yield messages(_request, order.version, line.line_id, units)

    def receive(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle is not Lifecycle.CONFIRMED:
            return
        for case in order.returns:
            for line in case.lines:
                for units in range(1, line.expected + 1):
                    for what in dispositions:
                        yield messages(
                            _receive, order.version, case.return_id, line.line_id, units, what, node
                        )

    return (request, receive)


# --- money ---


def _report(version: int, payment: str, kind: PaymentKind, minor: int) -> RecordPayment:
    return RecordPayment(
        _ORDER,
        fact_id=f"f-{version}",
        payment_id=payment,
        kind=kind,
        amount=Money(minor, "CNY"),
    )


def _refund(version: int, payment: str, minor: int) -> RecordRefund:
    return RecordRefund(
        _ORDER, fact_id=f"f-{version}", payment_id=payment, amount=Money(minor, "CNY")
    )


def _balance(version: int) -> RefundBalance:
    return RefundBalance(_ORDER, command_id=f"c-{version}")


def _allowance(version: int, minor: int) -> GrantAllowance:
    return GrantAllowance(
        _ORDER, command_id=f"c-{version}", amount=Money(minor, "CNY"), cause="late"
    )


def _held(order: Order) -> int:
    return sum(payment.held_minor for payment in order.payments)


def _payment_moves(messages: _Messages, reports: tuple[str, ...]) -> list[Move]:
    partial = "partial" in reports

    def amounts(minor: int) -> tuple[int, ...]:
        if minor <= 0:
            return ()
        return (minor, _UNIT_MINOR) if partial and minor > _UNIT_MINOR else (minor,)

    def authorise(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle not in _OPEN:
            return
        promised = sum(payment.open_authorisation_minor for payment in order.payments)
        for minor in amounts(order.due_minor - _held(order) - promised):
            yield messages(_report, order.version, "card", PaymentKind.AUTHORISED, minor)

    def capture(order: Order) -> Iterator[OrderMessage]:
        for payment in order.payments:
            # Taken as soon as it is asked for, or by a provider that captures by itself.
            pending = payment.capture_pending_minor or payment.open_authorisation_minor
            for minor in amounts(pending):
                yield messages(
                    _report, order.version, payment.payment_id, PaymentKind.CAPTURED, minor
                )

    def prepay(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle in _OPEN and order.payment("wallet") is None:
            for minor in amounts(order.due_minor - _held(order)):
                yield messages(_report, order.version, "wallet", PaymentKind.CAPTURED, minor)

    def refund(order: Order) -> Iterator[OrderMessage]:
        for payment in order.payments:
            for minor in amounts(payment.refund_pending_minor):
                yield messages(_refund, order.version, payment.payment_id, minor)

    def fail(order: Order) -> Iterator[OrderMessage]:
        for payment in order.payments:
            for kind, minor in _failures(payment):
                yield messages(_report, order.version, payment.payment_id, kind, minor)
        if _held(order) > order.due_minor:
            yield messages(_balance, order.version)

    known: dict[str, Move] = {
        "authorise": authorise,
        "capture": capture,
        "prepay": prepay,
        "refund": refund,
        "fail": fail,
    }
    return [move for word, move in known.items() if word in reports]


def _failures(payment: Payment) -> Iterator[tuple[PaymentKind, int]]:
    if payment.capture_pending_minor and not payment.capture_failed_minor:
        yield PaymentKind.CAPTURE_FAILED, payment.capture_pending_minor
    if payment.refund_pending_minor and not payment.refund_failed_minor:
        yield PaymentKind.REFUND_FAILED, payment.refund_pending_minor


def _allowance_move(messages: _Messages) -> Move:
    def allow(order: Order) -> Iterator[OrderMessage]:
        if not order.allowance_minor and order.lifecycle in _OPEN:
            yield messages(_allowance, order.version, _UNIT_MINOR)

    return allow


# --- what nobody asked for ---


def _late_move(messages: _Messages) -> Move:
    def late(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle is Lifecycle.CANCELLED and "payment.after_cancel" not in order.clashes:
            yield messages(_report, order.version, "card", PaymentKind.CAPTURED, _UNIT_MINOR)
        if "delivery.excess" not in order.clashes:
            for shipment in order.shipments:
                if shipment.delivered:
                    yield messages(_deliver, order.version, shipment.shipment_id, ())
                    break

    return late


def _duplicate_move(messages: _Messages) -> Move:
    def again(order: Order) -> Iterator[OrderMessage]:
        seen = order.facts_seen.recent
        if seen and "fact.id_reused" not in order.clashes:
            fact_id = seen[-1].id
            yield messages(_other, fact_id)

    return again


def _other(fact_id: str) -> RecordDelivery:
    return RecordDelivery(_ORDER, fact_id=fact_id, shipment_id="nowhere")
