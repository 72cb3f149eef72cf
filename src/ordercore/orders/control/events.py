"""What happened to an order's holds, evidence, approvals and buyer, and to its header by them."""

from __future__ import annotations

import attrs

from ordercore.kernel import Instant, as_instant, checked
from ordercore.orders.cause import Happened
from ordercore.orders.claims import Claims, as_claims
from ordercore.orders.control.approval import Approval, Delegation, Vote
from ordercore.orders.control.evidence import Evidence
from ordercore.orders.control.hold import Hold, HoldEnd
from ordercore.orders.customer import CustomerFacts, customer_facts

__all__ = [
    "ApprovalDelegated",
    "ApprovalExpired",
    "ApprovalRequested",
    "ApprovalVoted",
    "ClaimsReleased",
    "CustomerRecorded",
    "EvidenceRecorded",
    "HoldPlaced",
    "HoldReleased",
    "OrderExpired",
    "OrderSubmitted",
]


@attrs.frozen(kw_only=True)
@checked
class OrderSubmitted(Happened):
    """A draft became an order that the buyer has placed."""


@attrs.frozen(kw_only=True)
@checked
class OrderExpired(Happened):
    """The order ended because it was not paid for in time."""

    why: str = ""


@attrs.frozen(kw_only=True)
@checked
class HoldPlaced(Happened):
    """The order, or a part of it, is held."""

    hold: Hold


@attrs.frozen(kw_only=True)
@checked
class HoldReleased(Happened):
    """A hold ended; ``at`` is when it did, which for one that expired is its own end."""

    hold_id: str
    how: HoldEnd = attrs.field(converter=HoldEnd)
    at: Instant = attrs.field(converter=as_instant)


@attrs.frozen(kw_only=True)
@checked
class EvidenceRecorded(Happened):
    """Evidence was shown, or taken back."""

    evidence: Evidence


@attrs.frozen(kw_only=True)
@checked
class CustomerRecorded(Happened):
    """Something else is known of the buyer, as of an instant; only what was not known later."""

    customer_facts: CustomerFacts = attrs.field(converter=customer_facts)
    as_of: Instant = attrs.field(converter=as_instant)


@attrs.frozen(kw_only=True)
@checked
class ClaimsReleased(Happened):
    """Uses of promotions were given back, since the order ended before anything of it left."""

    claims: Claims = attrs.field(converter=as_claims)


@attrs.frozen(kw_only=True)
@checked
class ApprovalRequested(Happened):
    """An approval was asked for."""

    approval: Approval


@attrs.frozen(kw_only=True)
@checked
class ApprovalVoted(Happened):
    """Somebody approved or rejected."""

    approval_id: str
    vote: Vote


@attrs.frozen(kw_only=True)
@checked
class ApprovalDelegated(Happened):
    """Somebody left their vote to another person."""

    approval_id: str
    delegation: Delegation


@attrs.frozen(kw_only=True)
@checked
class ApprovalExpired(Happened):
    """The time of an approval was over before it was given."""

    approval_id: str
