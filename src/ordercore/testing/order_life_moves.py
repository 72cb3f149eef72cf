"""The plain life of a small order as moves: stock, header, cancels, returns, money."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ordercore.kernel import Money
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
    Payment,
    PaymentKind,
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
    SubmitOrder,
)
from ordercore.testing.order_messages import OPEN, ORDER, UNIT_MINOR, Messages, Move, fresh_id

__all__ = [
    "allowance_move",
    "cancel_moves",
    "duplicate_move",
    "header_moves",
    "late_move",
    "payment_moves",
    "return_moves",
    "stock_moves",
]

# --- units ---


def _allocate(version: int, name: str, line: str, units: int, node: str) -> AllocateUnits:
    plan = [Assignment(line, units, node=node, allocation_id=name)]
    return AllocateUnits(ORDER, command_id=f"c-{version}", allocations=plan)


def _reserve(version: int, name: str, line: str, units: int, node: str) -> ReserveStock:
    plan = [Assignment(line, units, node=node, allocation_id=name)]
    return ReserveStock(ORDER, command_id=f"c-{version}", allocations=plan)


def _reserve_planned(version: int) -> ReserveStock:
    return ReserveStock(ORDER, command_id=f"c-{version}")


def _release(version: int, allocation: str) -> ReleaseUnits:
    return ReleaseUnits(ORDER, command_id=f"c-{version}", allocations=[allocation])


def _ship(version: int, name: str, node: str, units: tuple[tuple[str, int], ...]) -> ShipUnits:
    return ShipUnits(
        ORDER,
        command_id=f"c-{version}",
        shipment_id=name,
        node=node,
        lines=dict(units),
    )


def _deliver(version: int, shipment: str, units: tuple[tuple[str, int], ...]) -> RecordDelivery:
    return RecordDelivery(ORDER, fact_id=f"f-{version}", shipment_id=shipment, lines=dict(units))


def stock_moves(
    messages: Messages, nodes: tuple[str, ...], *, allocation: bool, ship_directly: bool
) -> tuple[Move, ...]:
    """Units find nodes, leave and arrive."""

    def planned(make: Callable[..., OrderMessage]) -> Move:
        def plan(order: Order) -> Iterator[OrderMessage]:
            if order.lifecycle in OPEN:
                name = fresh_id("a", [known.allocation_id for known in order.allocations])
                for line in order.lines:
                    for units in range(1, line.backlog + 1):
                        for node in nodes:
                            yield messages(make, order.version, name, line.line_id, units, node)

        return plan

    def reserve_planned(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle in OPEN and any(known.unreserved for known in order.allocations):
            yield messages(_reserve_planned, order.version)

    def release(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle in OPEN:
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
        name = f"s-{len(order.shipments) + 1}"
        for node, lines in here.items():
            for line, most in lines.items():
                for units in range(1, most + 1):
                    yield messages(_ship, order.version, name, node, ((line, units),))
            if len(lines) > 1:
                yield messages(_ship, order.version, name, node, tuple(sorted(lines.items())))

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

    leave = (ship, deliver) if ship_directly else (deliver,)
    if allocation:
        return (planned(_allocate), planned(_reserve), reserve_planned, release, *leave)
    return (planned(_reserve), *leave)


# --- the header ---


def _confirm(version: int) -> ConfirmOrder:
    return ConfirmOrder(ORDER, command_id=f"c-{version}")


def _submit(version: int) -> SubmitOrder:
    return SubmitOrder(ORDER, command_id=f"c-{version}")


def _close(version: int) -> CloseOrder:
    return CloseOrder(ORDER, command_id=f"c-{version}")


def _reopen(version: int) -> ReopenOrder:
    return ReopenOrder(ORDER, command_id=f"c-{version}")


def header_moves(messages: Messages) -> tuple[Move, ...]:
    """The header goes on, and back."""
    make: dict[Lifecycle, Callable[[int], OrderMessage]] = {
        Lifecycle.DRAFT: _submit,
        Lifecycle.SUBMITTED: _confirm,
        Lifecycle.CONFIRMED: _close,
        Lifecycle.CLOSED: _reopen,
        Lifecycle.CANCELLED: _reopen,
    }

    def header(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle in make:
            yield messages(make[order.lifecycle], order.version)

    return (header,)


def _cancel_units(version: int, line: str, units: int) -> CancelUnits:
    return CancelUnits(ORDER, command_id=f"c-{version}", lines={line: units})


def _cancel_order(version: int) -> CancelOrder:
    return CancelOrder(ORDER, command_id=f"c-{version}", cause="buyer")


def cancel_moves(messages: Messages) -> tuple[Move, ...]:
    """Units are cancelled, or everything is."""

    def cancel_units(order: Order) -> Iterator[OrderMessage]:
        for line in order.lines:
            for units in range(1, line.cancellable + 1):
                yield messages(_cancel_units, order.version, line.line_id, units)

    def cancel_order(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle in OPEN:
            yield messages(_cancel_order, order.version)

    return (cancel_units, cancel_order)


# --- returns ---


def _request(version: int, name: str, line: str, units: int) -> RequestReturn:
    return RequestReturn(ORDER, command_id=f"c-{version}", return_id=name, lines={line: units})


def _receive(
    version: int, case: str, line: str, units: int, disposition: str, node: str
) -> ReceiveReturn:
    came = ReceivedUnits(line, units, disposition=disposition, node=node)
    return ReceiveReturn(ORDER, command_id=f"c-{version}", return_id=case, units=[came])


def return_moves(messages: Messages, dispositions: tuple[str, ...], node: str) -> tuple[Move, ...]:
    """Units are asked back, and come."""

    def request(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle is Lifecycle.CONFIRMED:
            name = f"r-{len(order.returns) + 1}"
            for line in order.lines:
                for units in range(1, line.returnable + 1):
                    yield messages(_request, order.version, name, line.line_id, units)

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
        ORDER,
        fact_id=f"f-{version}",
        payment_id=payment,
        kind=kind,
        amount=Money(minor, "CNY"),
    )


def _refund(version: int, payment: str, minor: int) -> RecordRefund:
    return RecordRefund(
        ORDER, fact_id=f"f-{version}", payment_id=payment, amount=Money(minor, "CNY")
    )


def _balance(version: int) -> RefundBalance:
    return RefundBalance(ORDER, command_id=f"c-{version}")


def _allowance(version: int, minor: int) -> GrantAllowance:
    return GrantAllowance(
        ORDER, command_id=f"c-{version}", amount=Money(minor, "CNY"), cause="late"
    )


def _held(order: Order) -> int:
    return sum(payment.held_minor for payment in order.payments)


def payment_moves(messages: Messages, reports: tuple[str, ...]) -> list[Move]:
    """Providers report what is named."""
    partial = "partial" in reports

    def amounts(minor: int) -> tuple[int, ...]:
        if minor <= 0:
            return ()
        return (minor, UNIT_MINOR) if partial and minor > UNIT_MINOR else (minor,)

    def authorise(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle not in OPEN:
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
        if order.lifecycle in OPEN and order.payment("wallet") is None:
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


def allowance_move(messages: Messages) -> Move:
    """One unit's price is granted off, once."""

    def allow(order: Order) -> Iterator[OrderMessage]:
        if not order.allowance_minor and order.lifecycle in OPEN:
            yield messages(_allowance, order.version, UNIT_MINOR)

    return allow


# --- what nobody asked for ---


def late_move(messages: Messages) -> Move:
    """A payment and a scan that nobody waits for."""

    def late(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle is Lifecycle.CANCELLED and "payment.after_cancel" not in order.clashes:
            yield messages(_report, order.version, "card", PaymentKind.CAPTURED, UNIT_MINOR)
        if "delivery.excess" not in order.clashes:
            for shipment in order.shipments:
                if shipment.delivered:
                    yield messages(_deliver, order.version, shipment.shipment_id, ())
                    break

    return late


def duplicate_move(messages: Messages) -> Move:
    """The last fact comes again with another payload."""

    def again(order: Order) -> Iterator[OrderMessage]:
        seen = order.facts_seen.recent
        if seen and "fact.id_reused" not in order.clashes:
            fact_id = seen[-1].id
            yield messages(_other, fact_id)

    return again


def _other(fact_id: str) -> RecordDelivery:
    return RecordDelivery(ORDER, fact_id=fact_id, shipment_id="nowhere")
