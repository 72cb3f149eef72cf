"""Whether an order needs the review that a gate or a hold asks for, and what it lacks."""

from __future__ import annotations

import attrs

from ordercore.kernel import FactValue, Instant, Reason, derived_id
from ordercore.orders.control.approval import Approval, ApprovalState
from ordercore.orders.control.commands import RequestApproval
from ordercore.orders.order import Order
from ordercore.orders.review import ReviewApproval, review_findings
from ordercore.orders.rules import OrderRules

__all__ = ["review_reason"]


def review_reason(
    order: Order, name: str, verb: str, ask: str, now: Instant, rules: OrderRules
) -> Reason | None:
    """What a review still lacks; None where the rule asks for none, or its approval was given.

    A fact that is missing asks for the review all the same. The approval has the rule's name and
    covers the amount due, as every approval does. O(lines + payments + approvals).
    """
    from ordercore.orders.order_facts import order_facts

    rule = rules.review(name)
    if rule is None:
        unknown: dict[str, FactValue] = {"command": verb, "rule": name}
        return Reason("gate.review", facts=unknown, obtain=f"the review rule {name} of the host")
    if order.control.approved(name, order.due_minor):
        return None
    running = _running(order, name, now)
    (finding,) = review_findings(
        [rule],
        order_facts(order),
        creator="" if running is None else running.requested_by,
        approvals=[
            ReviewApproval(actor=vote.actor, role=vote.role, at=vote.at)
            for vote in (() if running is None else running.votes)
        ],
    )
    if finding.review is None:
        return None
    lacking = next((r for r in finding.reasons if r.code == "gate.review"), None)
    undecided = [r.facts["fact"] for r in finding.reasons if r.code == "review.undecided"]
    told: dict[str, FactValue] = {
        "command": verb,
        "undecided": undecided[0] if undecided else None,
        "approval": None if running is None else running.approval_id,
    }
    if running is not None:
        level = running.levels[running.level]
        obtain = f"{running.lacking} more approvals in the role {level.role}"
        # Enough may have agreed for the review, and the levels of the approval ask for more.
        said = {"rule": name} if lacking is None else lacking.facts
        return Reason("gate.review", facts={**said, **told}, obtain=obtain)
    number = str(sum(known.name == name for known in order.control.approvals))
    assert lacking is not None
    return attrs.evolve(
        lacking,
        facts={**lacking.facts, **told},
        obtain=None,
        remedy=RequestApproval(
            order.order_id,
            command_id=derived_id(ask, "approval", name, number),
            approval_id=derived_id(ask, name, number),
            name=name,
        ),
    )


def _running(order: Order, name: str, now: Instant) -> Approval | None:
    """The open approval of a name that covers what is due."""
    return next(
        (
            approval
            for approval in order.control.approvals
            if approval.name == name
            and approval.covers.minor >= order.due_minor
            and approval.state_at(now) is ApprovalState.OPEN
        ),
        None,
    )
