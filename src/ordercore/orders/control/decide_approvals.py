"""Asking for approvals, and giving, rejecting and delegating them."""

from __future__ import annotations

from ordercore.kernel import Context, Instant, Reason, shift
from ordercore.orders.control.approval import Approval, ApprovalState, Delegation, Vote
from ordercore.orders.control.commands import (
    DelegateApproval,
    GiveApproval,
    RejectApproval,
    RequestApproval,
)
from ordercore.orders.control.events import ApprovalDelegated, ApprovalRequested, ApprovalVoted
from ordercore.orders.draft import Draft, OrderDecision, refused
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules

__all__ = ["delegate", "request", "vote"]


def request(
    order: Order, command: RequestApproval, context: Context, rules: OrderRules
) -> OrderDecision:
    """The approval stands open, with the shop's levels; its own only where the shop has no rule.

    Whoever asks can neither choose who approves what the shop has a rule for, nor give more time.
    """
    reasons: list[Reason] = []
    if order.control.approval(command.approval_id):
        reasons.append(
            Reason("approval.exists", facts={"approval": command.approval_id}, final=True)
        )
    rule = rules.approval(command.name)
    levels = rule.levels if rule else command.levels
    if command.levels and command.levels != levels:
        reasons.append(
            Reason(
                "approval.levels",
                facts={
                    "approval": command.name,
                    "roles": tuple(level.role for level in levels),
                },
                obtain="the levels of the shop's rule, or none in the command",
            )
        )
    if not levels:
        reasons.append(
            Reason(
                "approval.no_levels",
                facts={"approval": command.name},
                obtain="the levels, in the command or in the rules",
            )
        )
    deadline = command.deadline
    latest: Instant | None = None
    if rule is not None and rule.within is not None:
        latest = shift(context.now, microseconds=rule.within.microseconds)
        deadline = deadline or latest
    if deadline is not None and latest is not None and deadline > latest:
        reasons.append(
            Reason(
                "approval.deadline_late",
                facts={"deadline": deadline, "latest": latest},
                obtain=f"a deadline by {latest}",
            )
        )
    if deadline is not None and deadline <= context.now:
        reasons.append(
            Reason(
                "approval.deadline_past",
                facts={"deadline": deadline, "now": context.now},
                obtain="a deadline after now",
            )
        )
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    approval = Approval(
        approval_id=command.approval_id,
        name=command.name,
        levels=levels,
        requested_by=context.actor,
        requested_at=context.now,
        deadline=deadline,
        covers=order.due,
    )
    draft.events.append(
        ApprovalRequested(order_id=order.order_id, cause=draft.cause, approval=approval)
    )
    draft.notify("approval.requested")
    return draft.decision()


def _open(
    order: Order, command: GiveApproval | RejectApproval | DelegateApproval, context: Context
) -> Approval | Reason:
    """The approval, while it is open."""
    known = order.control.approval(command.approval_id)
    if known is None:
        return Reason(
            "approval.unknown",
            facts={"approval": command.approval_id},
            obtain="an approval asked for under this id",
        )
    state = known.state_at(context.now)
    if state is ApprovalState.OPEN:
        return known
    # Nothing brings a closed one back. Another approval of the name has another id.
    return Reason(
        "approval.closed",
        facts={"approval": known.approval_id, "state": state.value, "deadline": known.deadline},
        final=True,
    )


def _entitled(known: Approval, context: Context) -> Reason | None:
    """Why this person has no vote now: four eyes, one vote each, and the level's role."""
    barred = known.barred(context.actor)
    if barred is not None:
        return Reason(
            barred,
            facts={"approval": known.approval_id, "actor": context.actor},
            obtain="another person",
        )
    if known.entitles(context.actor, context.role):
        return None
    role = known.levels[known.level].role
    return Reason(
        "role.not_allowed",
        facts={"role": context.role, "roles": (role,), "approval": known.approval_id},
        obtain=f"someone in the role {role}",
    )


def vote(order: Order, command: GiveApproval | RejectApproval, context: Context) -> OrderDecision:
    """The person's word counts at the level that votes now; a rejection ends the approval."""
    known = _open(order, command, context)
    if isinstance(known, Reason):
        return refused(known)
    reason = _entitled(known, context)
    if reason is not None:
        return refused(reason)
    approves = isinstance(command, GiveApproval)
    draft = Draft(order, command, context)
    draft.events.append(
        ApprovalVoted(
            order_id=order.order_id,
            cause=draft.cause,
            approval_id=known.approval_id,
            vote=Vote(
                actor=context.actor,
                role=context.role,
                level=known.level,
                approves=approves,
                at=context.now,
                why="" if isinstance(command, GiveApproval) else command.cause,
            ),
        )
    )
    if not approves:
        draft.notify("approval.rejected")
    elif known.lacking == 1:
        last = known.level + 1 == len(known.levels)
        draft.notify("approval.given" if last else "approval.requested")
    return draft.decision()


def delegate(order: Order, command: DelegateApproval, context: Context) -> OrderDecision:
    """The vote is another person's, who has not had a part in it yet."""
    known = _open(order, command, context)
    if isinstance(known, Reason):
        return refused(known)
    reasons = []
    reason = _entitled(known, context)
    if reason is not None:
        reasons.append(reason)
    barred = "approval.to_oneself" if command.to == context.actor else known.barred(command.to)
    if barred is None and any(
        each.receiver == command.to and each.level == known.level for each in known.delegations
    ):
        barred = "approval.delegated"
    if barred is not None:
        reasons.append(
            Reason(
                barred,
                facts={"approval": known.approval_id, "actor": command.to},
                obtain="another person to leave it to",
            )
        )
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    draft.events.append(
        ApprovalDelegated(
            order_id=order.order_id,
            cause=draft.cause,
            approval_id=known.approval_id,
            delegation=Delegation(giver=context.actor, receiver=command.to, level=known.level),
        )
    )
    draft.notify("approval.requested")
    return draft.decision()
