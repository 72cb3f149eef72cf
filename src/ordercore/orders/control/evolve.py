"""How events of control change an order."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from ordercore.orders.claims import claims_after
from ordercore.orders.control.approval import Approval
from ordercore.orders.control.events import (
    ApprovalDelegated,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalVoted,
    ClaimsReleased,
    CustomerRecorded,
    EvidenceRecorded,
    HoldPlaced,
    HoldReleased,
    OrderExpired,
    OrderSubmitted,
)
from ordercore.orders.control.hold import Pause
from ordercore.orders.customer import joined_facts, told_facts
from ordercore.orders.ledger import Ledger

__all__ = [
    "approval_delegated",
    "approval_expired",
    "approval_requested",
    "approval_voted",
    "claims_released",
    "customer_recorded",
    "evidence_recorded",
    "expired",
    "hold_placed",
    "hold_released",
    "submitted",
]

# An event that names what is not there raises KeyError, which folding tells as one that cannot
# have happened.


def submitted(ledger: Ledger, event: OrderSubmitted) -> None:
    """The header moves on, and the time to pay begins."""
    ledger.go("submit")
    ledger.control = attrs.evolve(ledger.control, submitted_at=event.cause.at)


def expired(ledger: Ledger, _event: OrderExpired) -> None:
    """The header ends."""
    ledger.go("expire")


def hold_placed(ledger: Ledger, event: HoldPlaced) -> None:
    """The hold joins the set."""
    control = ledger.control
    hold_id = event.hold.hold_id
    if control.hold(hold_id) or any(past.hold_id == hold_id for past in control.ended):
        raise KeyError(hold_id)
    ledger.control = attrs.evolve(control, holds=(*control.holds, event.hold))


def hold_released(ledger: Ledger, event: HoldReleased) -> None:
    """The hold leaves the set and is remembered as a pause."""
    control = ledger.control
    hold = control.hold(event.hold_id)
    if hold is None:
        raise KeyError(event.hold_id)
    past = Pause(
        hold_id=hold.hold_id,
        code=hold.code,
        scope=hold.scope,
        rule=hold.rule,
        since=hold.placed_at,
        until=event.at,
        how=event.how,
    )
    ledger.control = attrs.evolve(
        control,
        holds=tuple(known for known in control.holds if known is not hold),
        ended=(*control.ended, past),
    )


def evidence_recorded(ledger: Ledger, event: EvidenceRecorded) -> None:
    """The evidence joins; taken back, it stays so."""
    control = ledger.control
    shown = event.evidence
    others = tuple(
        known
        for known in control.evidence
        if (known.name, known.evidence_id) != (shown.name, shown.evidence_id)
    )
    ledger.control = attrs.evolve(control, evidence=(*others, shown))


def customer_recorded(ledger: Ledger, event: CustomerRecorded) -> None:
    """The latest of each word stands."""
    control = ledger.control
    told = told_facts(event.customer_facts, event.as_of)
    ledger.control = attrs.evolve(
        control, customer_facts=joined_facts(control.customer_facts, told)
    )


def claims_released(ledger: Ledger, event: ClaimsReleased) -> None:
    """The order holds these uses no more."""
    control = ledger.control
    ledger.control = attrs.evolve(control, claims=claims_after(control.claims, event.claims, -1))


def approval_requested(ledger: Ledger, event: ApprovalRequested) -> None:
    """The approval stands open."""
    control = ledger.control
    if control.approval(event.approval.approval_id):
        raise KeyError(event.approval.approval_id)
    ledger.control = attrs.evolve(control, approvals=(*control.approvals, event.approval))


def _changed(ledger: Ledger, approval_id: str, change: Callable[[Approval], Approval]) -> None:
    control = ledger.control
    known = control.approval(approval_id)
    if known is None:
        raise KeyError(approval_id)
    others = tuple(other for other in control.approvals if other is not known)
    ledger.control = attrs.evolve(control, approvals=(*others, change(known)))


def approval_voted(ledger: Ledger, event: ApprovalVoted) -> None:
    """The vote counts."""
    _changed(
        ledger,
        event.approval_id,
        lambda known: attrs.evolve(known, votes=(*known.votes, event.vote)),
    )


def approval_delegated(ledger: Ledger, event: ApprovalDelegated) -> None:
    """The vote is another person's."""
    _changed(
        ledger,
        event.approval_id,
        lambda known: attrs.evolve(known, delegations=(*known.delegations, event.delegation)),
    )


def approval_expired(ledger: Ledger, event: ApprovalExpired) -> None:
    """Nobody votes any more."""
    _changed(ledger, event.approval_id, lambda known: attrs.evolve(known, lapsed=True))
