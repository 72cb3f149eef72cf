"""What a host brings for money: payments, refunds, pay-outs, bills, and what they are for."""

from __future__ import annotations

import attrs

from ordercore.kernel import Money, Reason
from ordercore.orders import (
    CancelUnits,
    EditOrder,
    GrantAllowance,
    InvoiceRule,
    IssueCreditNote,
    IssueInvoice,
    Order,
    OrderMessage,
    PaymentKind,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordPayment,
    RecordRefund,
    RecordSettlement,
    RefundBalance,
    RequestExchange,
    RequestReturn,
)
from ordercore.testing.order_hosts import Brings, Brought, Host, amount, id_for, more_of
from ordercore.testing.remedies import Obtained
from ordercore.testing.remedies_of_units import shipped

__all__ = ["OF_MONEY", "captured"]


def _report(order: Order, kind: PaymentKind, payment: str, minor: int) -> RecordPayment:
    return RecordPayment(
        order.order_id,
        fact_id=id_for(order, f"{kind}-{payment}"),
        payment_id=payment,
        kind=kind,
        amount=Money(minor, order.currency),
    )


def _paid(_host: Host, order: Order, _command: OrderMessage, reason: Reason) -> Brought:
    prepaid = order.policy.terms.value == "prepaid"
    kind = PaymentKind.CAPTURED if prepaid else PaymentKind.AUTHORISED
    return Obtained([_report(order, kind, "host", amount(reason, "missing").minor)])


def captured(_host: Host, order: Order, _command: OrderMessage, _reason: Reason) -> Brought:
    """What was asked for is taken."""
    return Obtained(
        _report(order, PaymentKind.CAPTURED, known.payment_id, known.capture_pending_minor)
        for known in order.payments
        if known.capture_pending_minor
    )


def _settled(_host: Host, order: Order, _command: OrderMessage, _reason: Reason) -> Brought:
    money = order.money
    messages: list[OrderMessage] = [
        RecordRefund(
            order.order_id,
            fact_id=id_for(order, f"refund-{payment.payment_id}"),
            payment_id=payment.payment_id,
            amount=Money(payment.refund_pending_minor, order.currency),
        )
        for payment in order.payments
        if payment.refund_pending_minor
    ]
    if money.outstanding:
        messages.append(_report(order, PaymentKind.CAPTURED, "host", money.outstanding.minor))
    if money.balance.minor > 0:
        messages.append(RefundBalance(order.order_id, command_id=id_for(order, "balance")))
    return Obtained(messages)


def _paid_out(_host: Host, order: Order, _command: OrderMessage, _reason: Reason) -> Brought:
    return Obtained(
        RecordSettlement(
            order.order_id,
            fact_id=id_for(order, f"paid-out-{known.payment_id}"),
            payment_id=known.payment_id,
            amount=Money(left, order.currency),
            fee=Money(0, order.currency),
        )
        for known in order.payments
        if (left := known.held_minor - known.settled_minor - known.fee_minor) > 0
    )


def _refund_failed(_host: Host, order: Order, _command: OrderMessage, _reason: Reason) -> Brought:
    """A refund that was asked for does not succeed; where none was, of money paid too much."""
    pending = next((p for p in order.payments if p.refund_pending_minor), None)
    if pending is not None:
        name, minor = str(pending.payment_id), pending.refund_pending_minor
        return Obtained([_report(order, PaymentKind.REFUND_FAILED, name, minor)])
    held = sum(payment.held_minor for payment in order.payments)
    minor = max(1, order.due_minor - held + 1)
    return Obtained([_report(order, PaymentKind.CAPTURED, "host", minor)])


def _less(_host: Host, order: Order, command: OrderMessage, reason: Reason) -> Brought:
    assert isinstance(command, GrantAllowance)
    possible = amount(reason, "possible")
    if possible:
        return Obtained(changed=attrs.evolve(command, amount=possible))
    return more_of(order, order.lines[0].line_id, 1)


def _own_currency(_host: Host, order: Order, command: OrderMessage, _reason: Reason) -> Brought:
    if isinstance(command, GrantAllowance):
        own = Money(command.amount.minor, order.currency)
        return Obtained(changed=attrs.evolve(command, amount=own))
    if isinstance(command, EditOrder):
        return Obtained(changed=attrs.evolve(command, quote=order.quote))
    if isinstance(command, RequestExchange):
        return Obtained(changed=attrs.evolve(command, quote=order.quote))
    return None


# --- bills ---


def _come_far_enough(host: Host, order: Order, command: OrderMessage, _reason: Reason) -> Brought:
    """Units that are to be billed: more are ordered, shipped and delivered, as the rule has it."""
    assert isinstance(command, IssueInvoice)
    for line_id, units in command.lines.items():
        line = order.line(line_id)
        lacking = units - (line.ordered - line.cancelled - line.accepted - line.billed)
        if lacking > 0:
            return more_of(order, line_id, lacking)
    if not command.lines and all(line.billed >= line.kept for line in order.lines):
        return more_of(order, order.lines[0].line_id, 1)
    if order.policy.invoice is InvoiceRule.ON_DELIVERY and not any(
        line.cancellable for line in order.lines
    ):
        return Obtained(
            RecordDelivery(
                order.order_id,
                fact_id=id_for(order, f"scan-{known.shipment_id}"),
                shipment_id=known.shipment_id,
            )
            for known in order.shipments
            if not known.delivered
        )
    return shipped(host, order)


def _to_be_credited(_host: Host, order: Order, command: OrderMessage, _reason: Reason) -> Brought:
    """Units are billed, asked back, and come back; without lines in the command, just one."""
    assert isinstance(command, IssueCreditNote)
    wanted = dict(command.lines) or {order.lines[0].line_id: 1}
    on_confirm = order.policy.invoice is InvoiceRule.ON_CONFIRM
    for line_id, units in wanted.items():
        line = order.line(line_id)
        kept = line.kept if on_confirm else line.shipped - line.accepted
        done = max(0, line.billed - kept)
        lacking = units - done
        if lacking <= 0:
            continue
        name = id_for(order, f"back-{line_id}")
        gone = min(lacking, line.cancellable) if on_confirm else 0
        more = lacking - min(line.billed - done, line.returnable + gone)
        if more > 0:
            bill = IssueInvoice(
                order.order_id, command_id=name, invoice_id=name, lines={line_id: more}
            )
            return Obtained([bill])
        if gone:
            return Obtained([CancelUnits(order.order_id, command_id=name, lines={line_id: gone})])
        back = [ReceivedUnits(line_id, lacking, disposition="scrap")]
        return Obtained(
            [
                RequestReturn(
                    order.order_id, command_id=name, return_id=name, lines={line_id: lacking}
                ),
                ReceiveReturn(
                    order.order_id, command_id=f"{name}/come", return_id=name, units=back
                ),
            ]
        )
    return None


def _at_once(_host: Host, _order: Order, command: OrderMessage, _reason: Reason) -> Brought:
    """All that is to be credited, in one credit note."""
    assert isinstance(command, IssueCreditNote)
    return Obtained(changed=attrs.evolve(command, lines={}))


OF_MONEY: dict[str, Brings] = {
    "allowance.too_much": _less,
    "close.money_open": _settled,
    "close.unsettled": _paid_out,
    "credit_note.invoice_first": _at_once,
    "credit_note.nothing_left": _to_be_credited,
    "credit_note.too_many": _to_be_credited,
    "gate.payment": _paid,
    "invoice.nothing_left": _come_far_enough,
    "invoice.too_many": _come_far_enough,
    "money.currency": _own_currency,
    "refund.no_balance": _refund_failed,
    "transfer.capture_pending": captured,
}
