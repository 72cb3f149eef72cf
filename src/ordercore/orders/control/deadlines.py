"""What ends by time: holds, approvals, and the wait for a payment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ordercore.kernel import Instant, Timer, shift
from ordercore.orders.amending.events import (
    OrderEdited,
    UnitsTransferredIn,
    UnitsTransferredOut,
)
from ordercore.orders.cause import Happened
from ordercore.orders.control.approval import ApprovalState
from ordercore.orders.control.events import (
    ApprovalExpired,
    ApprovalRequested,
    ApprovalVoted,
    HoldPlaced,
    HoldReleased,
    OrderSubmitted,
)
from ordercore.orders.control.hold import HoldEnd
from ordercore.orders.decide_cancel import expire
from ordercore.orders.decide_header import payment_gate
from ordercore.orders.draft import Draft
from ordercore.orders.events import (
    AllowanceGranted,
    OrderPlaced,
    PaymentRecorded,
    UnitsCancelled,
)
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.timers import TimerSource, timer

__all__ = ["SOURCES", "pay_by"]


# --- holds ---


def _holds_due(order: Order, _rules: OrderRules) -> Iterator[Timer]:
    for hold in order.control.holds:
        if hold.until is not None:
            yield timer(order, f"hold/{hold.hold_id}", hold.until)


def _end_holds(draft: Draft, order: Order, now: Instant, _rules: OrderRules) -> None:
    for hold in order.control.holds:
        if hold.until is not None and not hold.runs_at(now):
            draft.events.append(
                HoldReleased(
                    order_id=order.order_id,
                    cause=draft.cause,
                    hold_id=hold.hold_id,
                    how=HoldEnd.EXPIRED,
                    at=hold.until,
                )
            )
            draft.notify("hold.expired")


# --- approvals ---


def _approvals_due(order: Order, _rules: OrderRules) -> Iterator[Timer]:
    for approval in order.control.approvals:
        if (
            approval.deadline is not None
            and not approval.lapsed
            and approval.state_at(approval.requested_at) is ApprovalState.OPEN
        ):
            yield timer(order, f"approval/{approval.approval_id}", approval.deadline)


def _end_approvals(draft: Draft, order: Order, now: Instant, _rules: OrderRules) -> None:
    for approval in order.control.approvals:
        if not approval.lapsed and approval.state_at(now) is ApprovalState.EXPIRED:
            draft.events.append(
                ApprovalExpired(
                    order_id=order.order_id, cause=draft.cause, approval_id=approval.approval_id
                )
            )
            draft.notify("approval.expired")


# --- the wait for a payment ---


def pay_by(order: Order) -> Instant | None:
    """By when what a submitted order asks for must be paid; None when it need not, or is."""
    within = order.policy.pay_within
    if within is None or order.lifecycle is not Lifecycle.SUBMITTED:
        return None
    if payment_gate(order) is None:
        return None
    start = order.control.submitted_at or order.placed_at
    return shift(start, microseconds=within.microseconds)


def _payment_due(order: Order, _rules: OrderRules) -> Iterable[Timer]:
    at = pay_by(order)
    return () if at is None else (timer(order, "payment", at),)


def _end_wait(draft: Draft, order: Order, now: Instant, rules: OrderRules) -> None:
    at = pay_by(order)
    if at is not None and now >= at:
        expire(draft, order, "payment.late", rules)


def _waits(before: Order | None, events: tuple[Happened, ...]) -> bool:
    if before is not None:
        return before.policy.pay_within is not None
    return any(
        isinstance(event, OrderPlaced) and event.policy.pay_within is not None for event in events
    )


SOURCES: tuple[TimerSource, ...] = (
    TimerSource(name="holds", moved_by=(HoldPlaced, HoldReleased), due=_holds_due, fire=_end_holds),
    TimerSource(
        name="approvals",
        moved_by=(ApprovalRequested, ApprovalVoted, ApprovalExpired),
        due=_approvals_due,
        fire=_end_approvals,
    ),
    TimerSource(
        name="payment",
        moved_by=(
            OrderPlaced,
            OrderSubmitted,
            PaymentRecorded,
            AllowanceGranted,
            UnitsCancelled,
            OrderEdited,
            UnitsTransferredOut,
            UnitsTransferredIn,
        ),
        due=_payment_due,
        fire=_end_wait,
        concerns=_waits,
    ),
)
