"""What the outside brings when an order's reasons say what to obtain: plans, payments, scans."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from ordercore.kernel import Money, Reason
from ordercore.orders import (
    AllocateUnits,
    Assignment,
    CloseOrder,
    GrantAllowance,
    Order,
    OrderMessage,
    PaymentKind,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordPayment,
    RecordRefund,
    RefundBalance,
    ReleaseUnits,
    ReopenOrder,
    ReserveStock,
    ShipUnits,
)
from ordercore.testing.remedies import Obtained

__all__ = ["ORDER_INSTEAD", "order_provider"]

ORDER_INSTEAD = frozenset({"cancel.nothing_left", "cancel.too_many", "return.too_many"})
"""Codes whose remedy stands for the command: fewer units, or a return of those that left."""

_Brings = Callable[[Order, OrderMessage, Reason, str], "Obtained[OrderMessage] | None"]


def order_provider(
    node: str,
) -> Callable[[Order, OrderMessage, Reason], Obtained[OrderMessage] | None]:
    """A host that does what an order's reasons ask of it, with all its stock at one node.

    It plans the backlog, pays what is missing, ships, scans, takes back, and lowers what a command
    asks for to what is possible. For a code that it does not know it brings nothing.

    Example:
        >>> from ordercore.orders import ConfirmOrder
        >>> from ordercore.orders.specimen import tea_order
        >>> order = tea_order()
        >>> reason = Reason("gate.payment", facts={"missing": order.due}, obtain="a payment")
        >>> confirm = ConfirmOrder("o-1", command_id="c-2")
        >>> brought = order_provider("n")(order, confirm, reason)
        >>> [str(fact.amount) for fact in brought.first]
        ['CNY 315.90']
    """

    def provide(
        order: Order, command: OrderMessage, reason: Reason
    ) -> Obtained[OrderMessage] | None:
        brings = _BRINGS.get(reason.code)
        return None if brings is None else brings(order, command, reason, node)

    return provide


def _number(reason: Reason, name: str) -> int:
    value = reason.facts[name]
    assert type(value) is int
    return value


def _id(order: Order, what: str) -> str:
    return f"{what}@{order.version}"


# --- stock ---


def _plan(order: Order, node: str) -> list[Assignment]:
    return [
        Assignment(line.line_id, line.backlog, node=node) for line in order.lines if line.backlog
    ]


def _release(order: Order, line_id: object = None) -> Obtained[OrderMessage] | None:
    known = [
        known.allocation_id
        for known in order.allocations
        if known.open and line_id in {None, known.line_id}
    ]
    if not known:
        return None
    release = ReleaseUnits(order.order_id, command_id=_id(order, "release"), allocations=known)
    return Obtained([release])


def _planned(
    order: Order, _command: OrderMessage, _reason: Reason, node: str
) -> Obtained[OrderMessage] | None:
    plan = _plan(order, node)
    if not plan:
        return _release(order)
    return Obtained(
        [AllocateUnits(order.order_id, command_id=_id(order, "plan"), allocations=plan)]
    )


def _fewer_planned(
    order: Order, command: OrderMessage, reason: Reason, _node: str
) -> Obtained[OrderMessage] | None:
    """Another quantity of the line, or its units from where they are."""
    assert isinstance(command, AllocateUnits | ReserveStock)
    possible = _number(reason, "possible")
    if not possible:
        return _release(order, reason.facts["line"])
    return Obtained(
        changed=attrs.evolve(
            command,
            allocations=[
                attrs.evolve(unit, quantity=min(unit.quantity, possible))
                if unit.line_id == reason.facts["line"]
                else unit
                for unit in command.allocations
            ],
        )
    )


def _fewer_reserved(
    _order: Order, command: OrderMessage, reason: Reason, _node: str
) -> Obtained[OrderMessage]:
    assert isinstance(command, ReserveStock)
    return Obtained(
        changed=attrs.evolve(
            command,
            allocations=[
                attrs.evolve(unit, quantity=_number(reason, "possible"))
                if unit.allocation_id == reason.facts["allocation"]
                else unit
                for unit in command.allocations
            ],
        )
    )


def _here(
    order: Order, command: OrderMessage, reason: Reason, _node: str
) -> Obtained[OrderMessage] | None:
    """As many units as the order has left to ship, all of them from the node that ships."""
    assert isinstance(command, ShipUnits)
    line = order.line(str(reason.facts["line"]))
    asked = min(_number(reason, "asked"), line.cancellable)
    changed = attrs.evolve(command, lines={**command.lines, line.line_id: asked})
    elsewhere = _release(order, line.line_id)
    if elsewhere is not None and asked <= _number(reason, "possible"):
        elsewhere = None
    return Obtained(elsewhere.first if elsewhere else (), changed=changed)


# --- the end of an order ---


def _closed(
    order: Order, command: OrderMessage, _reason: Reason, _node: str
) -> Obtained[OrderMessage] | None:
    """Only a closed order is reopened: so it is brought to its end first."""
    if not isinstance(command, ReopenOrder):
        return None
    return Obtained([CloseOrder(order.order_id, command_id=_id(order, "close"))])


def _shipped(
    order: Order, _command: OrderMessage, _reason: Reason, node: str
) -> Obtained[OrderMessage]:
    """Everything that has not left, from where it is; what is nowhere, from the node."""
    messages: list[OrderMessage] = []
    plan = [
        *_plan(order, node),
        *(
            Assignment(
                known.line_id,
                known.unreserved,
                node=known.node,
                service=known.service,
                allocation_id=known.allocation_id,
            )
            for known in order.allocations
            if known.unreserved
        ),
    ]
    if plan:
        messages.append(
            ReserveStock(order.order_id, command_id=_id(order, "reserve"), allocations=plan)
        )
    here: dict[str, dict[str, int]] = {}
    for known in order.allocations:
        if known.open:
            lines = here.setdefault(known.node, {})
            lines[known.line_id] = lines.get(known.line_id, 0) + known.open
    for unit in _plan(order, node):
        lines = here.setdefault(node, {})
        lines[unit.line_id] = lines.get(unit.line_id, 0) + unit.quantity
    for place, lines in here.items():
        name = _id(order, f"ship-{place}")
        messages.append(
            ShipUnits(order.order_id, command_id=name, shipment_id=name, node=place, lines=lines)
        )
    return Obtained(messages)


def _arrived(
    order: Order, _command: OrderMessage, _reason: Reason, _node: str
) -> Obtained[OrderMessage]:
    return Obtained(
        RecordDelivery(
            order.order_id,
            fact_id=_id(order, f"scan-{shipment.shipment_id}"),
            shipment_id=shipment.shipment_id,
        )
        for shipment in order.shipments
        if not shipment.delivered
    )


def _came_back(
    order: Order, _command: OrderMessage, _reason: Reason, _node: str
) -> Obtained[OrderMessage]:
    return Obtained(
        ReceiveReturn(
            order.order_id,
            command_id=_id(order, f"back-{case.return_id}"),
            return_id=case.return_id,
            units=[
                ReceivedUnits(line.line_id, line.expected, disposition="reject")
                for line in case.lines
                if line.expected
            ],
        )
        for case in order.returns
        if case.open
    )


def _fewer_back(
    _order: Order, command: OrderMessage, reason: Reason, _node: str
) -> Obtained[OrderMessage]:
    assert isinstance(command, ReceiveReturn)
    possible = _number(reason, "possible")
    return Obtained(
        changed=attrs.evolve(
            command,
            units=[
                attrs.evolve(unit, quantity=min(unit.quantity, possible))
                if unit.line_id == reason.facts["line"]
                else unit
                for unit in command.units
            ],
        )
    )


# --- money ---


def _report(order: Order, kind: PaymentKind, payment: str, minor: int) -> RecordPayment:
    return RecordPayment(
        order.order_id,
        fact_id=_id(order, f"{kind}-{payment}"),
        payment_id=payment,
        kind=kind,
        amount=Money(minor, order.currency),
    )


def _paid(
    order: Order, _command: OrderMessage, reason: Reason, _node: str
) -> Obtained[OrderMessage]:
    missing = reason.facts["missing"]
    assert isinstance(missing, Money)
    return Obtained([_report(order, PaymentKind.AUTHORISED, "host", missing.minor)])


def _settled(
    order: Order, _command: OrderMessage, _reason: Reason, _node: str
) -> Obtained[OrderMessage]:
    money = order.money
    messages: list[OrderMessage] = [
        RecordRefund(
            order.order_id,
            fact_id=_id(order, f"refund-{payment.payment_id}"),
            payment_id=payment.payment_id,
            amount=Money(payment.refund_pending_minor, order.currency),
        )
        for payment in order.payments
        if payment.refund_pending_minor
    ]
    if money.outstanding:
        messages.append(_report(order, PaymentKind.CAPTURED, "host", money.outstanding.minor))
    if money.balance.minor > 0:
        messages.append(RefundBalance(order.order_id, command_id=_id(order, "balance")))
    return Obtained(messages)


def _refund_failed(
    order: Order, _command: OrderMessage, _reason: Reason, _node: str
) -> Obtained[OrderMessage]:
    """A refund that was asked for does not succeed; where none was, of money paid too much."""
    pending = next((p for p in order.payments if p.refund_pending_minor), None)
    if pending is not None:
        name, minor = str(pending.payment_id), pending.refund_pending_minor
        return Obtained([_report(order, PaymentKind.REFUND_FAILED, name, minor)])
    held = sum(payment.held_minor for payment in order.payments)
    return Obtained([_report(order, PaymentKind.CAPTURED, "host", order.due_minor - held + 1)])


def _less(
    _order: Order, command: OrderMessage, reason: Reason, _node: str
) -> Obtained[OrderMessage]:
    assert isinstance(command, GrantAllowance)
    possible = reason.facts["possible"]
    assert isinstance(possible, Money)
    return Obtained(changed=attrs.evolve(command, amount=possible))


def _own_currency(
    order: Order, command: OrderMessage, _reason: Reason, _node: str
) -> Obtained[OrderMessage]:
    assert isinstance(command, GrantAllowance)
    amount = Money(command.amount.minor, order.currency)
    return Obtained(changed=attrs.evolve(command, amount=amount))


_BRINGS: dict[str, _Brings] = {
    "order.stage": _closed,
    "reserve.nothing_planned": _planned,
    "allocate.too_many": _fewer_planned,
    "reserve.too_many": _fewer_reserved,
    "ship.not_reserved": _here,
    "return.too_many": _shipped,
    "return.unknown": _shipped,
    "return.unexpected": _fewer_back,
    "close.units_unshipped": _shipped,
    "close.units_under_way": _arrived,
    "close.return_open": _came_back,
    "close.money_open": _settled,
    "gate.payment": _paid,
    "refund.no_balance": _refund_failed,
    "allowance.too_much": _less,
    "money.currency": _own_currency,
}
