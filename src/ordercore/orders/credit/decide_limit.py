"""The limit and who agrees to it: opening, setting, reviewing, passing it once."""

from __future__ import annotations

from ordercore.kernel import Context, Decision, Money, Reason, Refusal
from ordercore.orders.credit.account import CreditAccount, CreditPolicy
from ordercore.orders.credit.draft import CreditDecision, Draft, cause_of, foreign_currency, refuse
from ordercore.orders.credit.events import (
    AccountOpened,
    CreditEvent,
    LimitApproved,
    LimitProposed,
    LimitRejected,
    LimitSet,
    OverrideApproved,
)
from ordercore.orders.credit.messages import (
    ApproveLimit,
    ApproveOverride,
    OpenAccount,
    RejectLimit,
    SetLimit,
)
from ordercore.orders.events import Cause
from ordercore.orders.review import Review, ReviewApproval

__all__ = [
    "approve_limit",
    "approve_override",
    "needs_review",
    "open_account",
    "reject_limit",
    "set_limit",
]


def needs_review(policy: CreditPolicy, limit_minor: int, now_minor: int) -> bool:
    """A limit that is lowered lowers the risk, so only one that is raised is reviewed."""
    above = policy.review_above
    return above is not None and limit_minor > max(above.minor, now_minor)


def _proposed(command: OpenAccount | SetLimit, policy: CreditPolicy, cause: Cause) -> LimitProposed:
    return LimitProposed(
        customer=command.customer,
        cause=cause,
        proposal_id=command.command_id,
        limit=command.limit,
        review=Review(needed=policy.approvals, barred=(cause.actor,), roles=policy.approver_roles),
    )


def open_account(command: OpenAccount, context: Context) -> CreditDecision:
    """An account with its limit, or with zero and a proposal where that limit is reviewed."""
    cause = cause_of(command, context)
    policy, limit = command.policy, command.limit
    reviewed = needs_review(policy, limit.minor, 0)
    opened = AccountOpened(
        customer=command.customer,
        cause=cause,
        limit=Money.zero(limit.currency) if reviewed else limit,
        policy=policy,
    )
    events: tuple[CreditEvent, ...] = (
        (opened, _proposed(command, policy, cause)) if reviewed else (opened,)
    )
    return Decision(events, version=len(events))


def set_limit(draft: Draft, command: SetLimit) -> CreditDecision:
    """Another limit, at once or as a proposal; a limit that is lowered needs no review."""
    account = draft.account
    foreign = foreign_currency(account, command.limit.currency)
    if foreign is not None:
        return Refusal([foreign])
    if needs_review(account.policy, command.limit.minor, account.limit_minor):
        draft.events.append(_proposed(command, account.policy, draft.cause))
        return draft.decision()
    above = account.policy.review_above
    reviewed = above is not None and command.limit.minor > above.minor
    draft.events.append(
        LimitSet(
            customer=account.customer,
            cause=draft.cause,
            limit=command.limit,
            # Those who agreed to more agreed to this.
            review=account.limit_review if reviewed else None,
        )
    )
    return draft.decision()


def _no_proposal(account: CreditAccount, command: ApproveLimit | RejectLimit) -> Refusal | None:
    waiting = account.proposal
    if waiting is not None and waiting.proposal_id == command.proposal_id:
        return None
    # A proposal has the id of its command, and is over for good once another stands or is decided.
    over = account.commands_seen.find(command.proposal_id) is not None
    reviewed = account.policy.review_above is not None
    return refuse(
        "limit.no_proposal",
        {
            "asked": str(command.proposal_id),
            "waiting": None if waiting is None else str(waiting.proposal_id),
        },
        "a limit proposed" if reviewed and not over else None,
    )


def approve_limit(draft: Draft, command: ApproveLimit) -> CreditDecision:
    """One more person agrees; with the last one needed the limit is in force."""
    account, context = draft.account, draft.context
    missing = _no_proposal(account, command)
    if missing is not None:
        return missing
    waiting = account.proposal
    assert waiting is not None
    objections = waiting.review.objections(context.actor, context.role)
    if objections:
        return Refusal(objections)
    approval = ReviewApproval(actor=context.actor, role=context.role, at=context.now)
    draft.events.append(
        LimitApproved(
            customer=account.customer,
            cause=draft.cause,
            proposal_id=command.proposal_id,
            approval=approval,
        )
    )
    review = waiting.review.with_approval(approval)
    if review.met:
        draft.events.append(
            LimitSet(
                customer=account.customer,
                cause=draft.cause,
                limit=draft.money(waiting.limit_minor),
                review=review,
            )
        )
    return draft.decision()


def reject_limit(draft: Draft, command: RejectLimit) -> CreditDecision:
    """The proposal is gone."""
    missing = _no_proposal(draft.account, command)
    if missing is not None:
        return missing
    draft.events.append(
        LimitRejected(
            customer=command.customer,
            cause=draft.cause,
            proposal_id=command.proposal_id,
            why=command.why,
        )
    )
    return draft.decision()


def approve_override(draft: Draft, command: ApproveOverride) -> CreditDecision:
    """One more person agrees that an order passes the limit."""
    account, context = draft.account, draft.context
    reasons: list[Reason] = []
    foreign = foreign_currency(account, command.up_to.currency)
    if foreign is not None:
        reasons.append(foreign)
    policy = account.policy
    known = account.overrides.get(command.order_id)
    same = known is not None and known.up_to_minor == command.up_to.minor
    review = (
        known.review
        if known is not None and same
        else Review(needed=policy.override_approvals, roles=policy.approver_roles)
    )
    reasons.extend(review.objections(context.actor, context.role))
    if reasons:
        return Refusal(reasons)
    draft.events.append(
        OverrideApproved(
            customer=account.customer,
            cause=draft.cause,
            order_id=command.order_id,
            up_to=command.up_to,
            approval=ReviewApproval(actor=context.actor, role=context.role, at=context.now),
        )
    )
    return draft.decision()
