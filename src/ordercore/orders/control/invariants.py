"""The laws of holds, approvals, claims and the ends of an order."""

from __future__ import annotations

from ordercore.kernel import Invariant, Violation
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.order import Order
from ordercore.orders.policy import ClaimsRule

__all__ = ["CONTROL_INVARIANTS"]


def _holds(order: Order) -> Violation | None:
    control = order.control
    ids = [hold.hold_id for hold in control.holds] + [past.hold_id for past in control.ended]
    for hold_id in ids:
        if ids.count(hold_id) > 1:
            return Violation("INV-ORDER-20", {"hold": hold_id, "times": ids.count(hold_id)})
    for past in control.ended:
        if past.until < past.since:
            return Violation("INV-ORDER-20", {"hold": past.hold_id, "until": str(past.until)})
    return None


def _votes(order: Order) -> Violation | None:
    for approval in order.control.approvals:
        voters = [vote.actor for vote in approval.votes]
        gone = {known.giver for known in approval.delegations}
        for actor in voters:
            if voters.count(actor) > 1 or actor == approval.requested_by or actor in gone:
                return Violation("INV-ORDER-21", {"approval": approval.approval_id, "actor": actor})
        rejected = sum(not vote.approves for vote in approval.votes)
        if rejected > 1 or (rejected and approval.votes[-1].approves):
            return Violation(
                "INV-ORDER-21", {"approval": approval.approval_id, "rejected": rejected}
            )
        for index, level in enumerate(approval.levels):
            given = sum(vote.approves and vote.level == index for vote in approval.votes)
            if given > level.quorum or (given and index > approval.level):
                return Violation("INV-ORDER-21", {"approval": approval.approval_id, "level": index})
    return None


def _waiting(order: Order) -> Violation | None:
    asked = [(hold.hold_id, hold.waits) for hold in order.control.waiting if hold.waits]
    for number, (hold_id, waits) in enumerate(asked):
        if waits.verb == "confirm" and order.lifecycle is not Lifecycle.SUBMITTED:
            facts = {"waiting": hold_id, "stage": order.lifecycle.value}
            return Violation("INV-ORDER-22", facts)
        if any(waits.is_like(other.instruction) for _, other in asked[:number]):
            return Violation("INV-ORDER-22", {"waiting": hold_id, "asked": "twice"})
    return None


def _claims(order: Order) -> Violation | None:
    ended = order.lifecycle is Lifecycle.CANCELLED or order.lifecycle is Lifecycle.EXPIRED
    if ended and order.claims and order.policy.claims is ClaimsRule.RELEASED:
        return Violation("INV-ORDER-24", {"claims": sum(order.claims.values())})
    return None


def _ends(order: Order) -> Violation | None:
    if order.lifecycle is Lifecycle.EXPIRED:
        left = sum(line.ordered - line.cancelled for line in order.lines)
        if left:
            return Violation("INV-ORDER-23", {"stage": "expired", "units": left})
    if order.lifecycle is Lifecycle.DRAFT:
        placed = sum(line.allocated for line in order.lines)
        if placed:
            return Violation("INV-ORDER-23", {"stage": "draft", "allocated": placed})
    return None


CONTROL_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-ORDER-20",
        "an order",
        "An id names one hold in an order's life, and no hold ends before it began.",
        _holds,
    ),
    Invariant(
        "INV-ORDER-21",
        "an order",
        "In an approval a person votes at most once, the requester and who has delegated never, "
        "levels pass in their order with no vote beyond the quorum, and nobody votes after a "
        "rejection.",
        _votes,
    ),
    Invariant(
        "INV-ORDER-22",
        "an order",
        "No two commands wait that ask for the same, and a confirmation waits only while the order "
        "is submitted.",
        _waiting,
    ),
    Invariant(
        "INV-ORDER-23",
        "an order",
        "An expired order has no unit left, and a draft has no unit at a node.",
        _ends,
    ),
    Invariant(
        "INV-ORDER-24",
        "an order",
        "An order that has ended before anything of it left holds no use of a promotion, unless "
        "its policy keeps them.",
        _claims,
    ),
)
