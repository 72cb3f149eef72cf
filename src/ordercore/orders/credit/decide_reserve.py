"""Taking credit for an order, and giving it back."""

from __future__ import annotations

import attrs

from ordercore.kernel import FactValue, Reason, Refusal, derived_id
from ordercore.orders.credit.decide_limit import needs_review
from ordercore.orders.credit.draft import CreditDecision, Draft, foreign_currency, refuse
from ordercore.orders.credit.events import (
    CreditReleased,
    CreditReserved,
)
from ordercore.orders.credit.messages import (
    InvoiceReserved,
    ReleaseCredit,
    ReserveCredit,
    ResumeAccount,
    SetLimit,
)

__all__ = ["release", "reserve", "taken"]


def reserve(draft: Draft, command: ReserveCredit) -> CreditDecision:
    """Credit is taken unless the account is blocked or the limit would be passed without leave."""
    account = draft.account
    reasons = _blocks(draft, command)
    foreign = foreign_currency(account, command.amount.currency)
    over = 0
    if foreign is not None:
        reasons.append(foreign)
    else:
        over = max(0, account.exposure_minor + command.amount.minor - account.limit_minor)
        if over and not _has_leave(draft, command, over):
            reasons.append(_above_limit(draft, command, over))
    if reasons:
        return Refusal(reasons)
    draft.events.append(
        CreditReserved(
            customer=account.customer,
            cause=draft.cause,
            order_id=command.order_id,
            amount=command.amount,
            over=draft.money(over),
        )
    )
    return draft.decision()


def _blocks(draft: Draft, command: ReserveCredit) -> list[Reason]:
    """What stands in the way of any reservation, however small."""
    account, now = draft.account, draft.context.now
    reasons: list[Reason] = []
    if account.suspended:
        remedy = ResumeAccount(
            account.customer, command_id=derived_id(command.command_id, "resume")
        )
        facts: dict[str, FactValue] = {"customer": str(account.customer)}
        reasons.append(Reason("credit.suspended", facts=facts, remedy=remedy))
    days = account.policy.block_overdue_days
    late = () if days is None else account.overdue_invoices(now, days=days)
    if late:
        owed = draft.money(sum(invoice.unpaid_minor for invoice in late))
        facts = {
            "overdue": owed,
            "invoices": tuple(str(invoice.invoice_id) for invoice in late),
            "since": late[0].due_at,
        }
        reasons.append(Reason("credit.overdue", facts=facts, obtain=f"a payment of {owed}"))
    return reasons


def _has_leave(draft: Draft, command: ReserveCredit, over: int) -> bool:
    """Whether enough persons other than the one who reserves agreed to pass the limit so far."""
    leave = draft.account.overrides.get(command.order_id)
    return (
        leave is not None
        and over <= leave.up_to_minor
        and len(_agreed(draft, command)) >= leave.review.needed
    )


def _agreed(draft: Draft, command: ReserveCredit) -> tuple[str, ...]:
    leave = draft.account.overrides.get(command.order_id)
    approvals = () if leave is None else leave.review.approvals
    return tuple(each.actor for each in approvals if each.actor != draft.context.actor)


def _above_limit(draft: Draft, command: ReserveCredit, over: int) -> Reason:
    account = draft.account
    leave = account.overrides.get(command.order_id)
    wanted = account.exposure_minor + command.amount.minor
    reviewed = needs_review(account.policy, wanted, account.limit_minor)
    higher = draft.money(wanted)
    return Reason(
        "credit.limit",
        facts={
            "limit": account.limit,
            "exposure": account.exposure,
            "amount": command.amount,
            "available": account.available,
            "short": draft.money(over),
            "override": None if leave is None else draft.money(leave.up_to_minor),
            "override_approved_by": _agreed(draft, command),
            "override_approvals_needed": account.policy.override_approvals,
        },
        # A command that only proposes would not let the order pass.
        remedy=None
        if reviewed
        else SetLimit(
            account.customer, command_id=derived_id(command.command_id, "limit"), limit=higher
        ),
        obtain=f"a limit of {higher}, reviewed; or an override by other persons"
        if reviewed
        else None,
    )


def taken(draft: Draft, command: ReleaseCredit | InvoiceReserved, code: str) -> int | Refusal:
    """How much of an order's reservation a command takes, or why it may not."""
    held = draft.account.open.get(command.order_id, 0)
    order = str(command.order_id)
    if not held:
        return refuse("credit.nothing_reserved", {"order": order}, "credit reserved for the order")
    if command.amount is None:
        return held
    foreign = foreign_currency(draft.account, command.amount.currency)
    if foreign is not None:
        return Refusal([foreign])
    if command.amount.minor > held:
        possible = draft.money(held)
        remedy = attrs.evolve(
            command, amount=possible, command_id=derived_id(command.command_id, "fewer")
        )
        return Refusal(
            [
                Reason(
                    code,
                    facts={"order": order, "asked": command.amount, "possible": possible},
                    remedy=remedy,
                )
            ]
        )
    return command.amount.minor


def release(draft: Draft, command: ReleaseCredit) -> CreditDecision:
    """Credit is given back, at most what is reserved."""
    minor = taken(draft, command, "credit.release_exceeds")
    if isinstance(minor, Refusal):
        return minor
    draft.events.append(
        CreditReleased(
            customer=command.customer,
            cause=draft.cause,
            order_id=command.order_id,
            amount=draft.money(minor),
        )
    )
    return draft.decision()
