"""Money that moves without units: allowances, refunds asked again, reports of providers."""

from __future__ import annotations

import attrs

from ordercore.kernel import Context, Money, PaymentId, Reason
from ordercore.orders.billing.tender import TenderKind
from ordercore.orders.commands import GrantAllowance, RecordPayment, RecordRefund, RefundBalance
from ordercore.orders.draft import Draft, OrderDecision, blocking, refused, stage_reason
from ordercore.orders.events import AllowanceGranted, FactNoted, PaymentRecorded
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.order import Order
from ordercore.orders.payment import Payment, PaymentKind, RequestKind

__all__ = ["allow", "record_payment", "refund_balance"]


def allow(order: Order, command: GrantAllowance, context: Context) -> OrderDecision:
    """The price falls by an amount, at most to zero."""
    found = []
    if command.amount.currency != order.currency:
        found.append(
            Reason(
                "money.currency",
                facts={"asked": str(command.amount.currency), "order": str(order.currency)},
                obtain=f"an amount in {order.currency}",
            )
        )
    if not order.due_minor or (not found and command.amount.minor > order.due_minor):
        found.append(
            Reason(
                "allowance.too_much",
                facts={"asked": command.amount, "possible": order.due},
                obtain=f"an amount of at most {order.due}"
                if order.due_minor
                else "something due, by an edit",
            )
        )
    reasons = blocking(stage_reason(order, command), found)
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    draft.events.append(
        AllowanceGranted(
            order_id=order.order_id, cause=draft.cause, amount=command.amount, why=command.cause
        )
    )
    draft.settle(order, due_minor=order.due_minor - command.amount.minor)
    return draft.decision()


def refund_balance(order: Order, command: RefundBalance, context: Context) -> OrderDecision:
    """What the seller holds beyond the amount due is asked to go back, in every stage."""
    draft = Draft(order, command, context)
    draft.settle(order, due_minor=order.due_minor, only=RequestKind.REFUND)
    if not draft.events:
        return refused(
            Reason(
                "refund.no_balance",
                facts={"balance": order.money.balance},
                obtain="the report of a refund that failed: all else is refunded as it comes",
            )
        )
    return draft.decision()


_BRINGS_MONEY = frozenset(
    {
        PaymentKind.AUTHORISED,
        PaymentKind.CAPTURED,
        PaymentKind.ADJUSTED,
        PaymentKind.CHARGEBACK_REVERSED,
    }
)


def _clash(order: Order, payment: Payment, kind: PaymentKind, due_minor: int) -> str | None:
    """What is odd about a report, judged on the order after it; None when it is as expected."""
    ended = order.lifecycle in {Lifecycle.CANCELLED, Lifecycle.EXPIRED}
    if kind is PaymentKind.CHARGED_BACK:
        return "payment.charged_back"
    if kind is PaymentKind.ADJUSTED:
        return "payment.adjusted"
    if kind is PaymentKind.REFUND_FAILED:
        return "refund.failed"
    if kind is PaymentKind.CAPTURE_FAILED:
        return "payment.capture_failed"
    if ended and kind in {PaymentKind.AUTHORISED, PaymentKind.CAPTURED}:
        return "payment.after_cancel"
    if kind is PaymentKind.REFUNDED:
        if payment.refunded_minor > payment.collected_minor:
            return "refund.above_captured"
        asked = payment.refund_requested_minor - payment.refund_failed_minor
        return "refund.unrequested" if payment.refunded_minor > asked else None
    held = sum(known.held_minor for known in _with(order, payment))
    return "payment.exceeds_due" if kind is PaymentKind.CAPTURED and held > due_minor else None


def _with(order: Order, payment: Payment) -> tuple[Payment, ...]:
    known = tuple(
        payment if other.payment_id == payment.payment_id else other for other in order.payments
    )
    return known if payment in known else (*known, payment)


def _report(
    fact: RecordPayment | RecordRefund,
) -> tuple[PaymentId, PaymentKind, Money, TenderKind, int]:
    if isinstance(fact, RecordRefund):
        return fact.payment_id, PaymentKind.REFUNDED, fact.amount, TenderKind.OTHER, 0
    return fact.payment_id, fact.kind, fact.amount, fact.tender, fact.points


def record_payment(draft: Draft, order: Order, fact: RecordPayment | RecordRefund) -> None:
    """The report goes into its bucket, whatever it says; what is odd is kept with its code.

    Money that is not due goes back at once, and authorised money is taken or given up, as after
    any other decision. A foreign currency is noted and goes into no bucket.
    """
    payment_id, kind, amount, tender, points = _report(fact)
    if amount.currency != order.currency:
        draft.clash("payment.currency", {"payment": str(payment_id), "amount": str(amount)})
        return
    if not amount.minor:
        draft.events.append(FactNoted(order_id=order.order_id, cause=draft.cause))
        return
    draft.events.append(
        PaymentRecorded(
            order_id=order.order_id,
            cause=draft.cause,
            payment_id=payment_id,
            kind=kind,
            amount=amount,
            tender=tender,
            points=points,
            occurred_at=fact.occurred_at,
        )
    )
    before = order.payment(payment_id) or Payment(
        payment_id=payment_id, currency=order.currency, tender=tender
    )
    after = attrs.evolve(before.reported(kind, amount.minor), points=before.points + points)
    code = _clash(order, after, kind, order.due_minor)
    if code is not None:
        draft.clash(code, {"payment": str(payment_id), "amount": str(amount)})
    if kind in _BRINGS_MONEY:
        draft.settle(order, due_minor=order.due_minor, payments=_with(order, after))
