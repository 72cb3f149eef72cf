"""What happened to a credit account; every event carries the amounts that evolving needs."""

from __future__ import annotations

from typing import TypeAlias

import attrs

from ordercore.kernel import (
    CommandId,
    CustomerId,
    Instant,
    InvoiceId,
    Money,
    OrderId,
    as_instant,
    checked,
)
from ordercore.orders.credit.account import CreditPolicy
from ordercore.orders.credit.messages import SettlementKind
from ordercore.orders.events import Cause
from ordercore.orders.review import Review, ReviewApproval

__all__ = [
    "AccountOpened",
    "AccountResumed",
    "AccountSuspended",
    "CreditEvent",
    "CreditInvoiced",
    "CreditReleased",
    "CreditReserved",
    "InvoiceSettled",
    "LimitApproved",
    "LimitProposed",
    "LimitRejected",
    "LimitSet",
    "OverrideApproved",
    "SettlementClashed",
    "SettlementUnapplied",
    "UnappliedReturned",
]


@attrs.frozen(kw_only=True)
@checked
class _Happened:
    customer: CustomerId = attrs.field(converter=CustomerId)
    cause: Cause


@attrs.frozen(kw_only=True)
@checked
class AccountOpened(_Happened):
    """The account exists, in the currency of ``limit``, which is in force at once."""

    limit: Money
    policy: CreditPolicy


@attrs.frozen(kw_only=True)
@checked
class LimitProposed(_Happened):
    """A limit waits for its review; a proposal that waited before is gone."""

    proposal_id: CommandId = attrs.field(converter=CommandId)
    limit: Money
    review: Review


@attrs.frozen(kw_only=True)
@checked
class LimitApproved(_Happened):
    """One more person agreed to the proposed limit."""

    proposal_id: CommandId = attrs.field(converter=CommandId)
    approval: ReviewApproval


@attrs.frozen(kw_only=True)
@checked
class LimitRejected(_Happened):
    """The proposed limit was dropped."""

    proposal_id: CommandId = attrs.field(converter=CommandId)
    why: str = ""


@attrs.frozen(kw_only=True)
@checked
class LimitSet(_Happened):
    """The limit in force is another; ``review`` is what stands behind it, where one was needed."""

    limit: Money
    review: Review | None = None


@attrs.frozen(kw_only=True)
@checked
class OverrideApproved(_Happened):
    """One more person agreed that an order passes the limit."""

    order_id: OrderId = attrs.field(converter=OrderId)
    up_to: Money
    approval: ReviewApproval


@attrs.frozen(kw_only=True)
@checked
class CreditReserved(_Happened):
    """An amount is taken for an order; ``over`` of it lies above the limit by an override."""

    order_id: OrderId = attrs.field(converter=OrderId)
    amount: Money
    over: Money


@attrs.frozen(kw_only=True)
@checked
class CreditReleased(_Happened):
    """An amount is free again."""

    order_id: OrderId = attrs.field(converter=OrderId)
    amount: Money


@attrs.frozen(kw_only=True)
@checked
class CreditInvoiced(_Happened):
    """An amount that was open is invoiced."""

    order_id: OrderId = attrs.field(converter=OrderId)
    invoice_id: InvoiceId = attrs.field(converter=InvoiceId)
    amount: Money
    due_at: Instant = attrs.field(converter=as_instant)


@attrs.frozen(kw_only=True)
@checked
class InvoiceSettled(_Happened):
    """An invoice became smaller by ``amount``; ``waited`` when the money had come before it."""

    order_id: OrderId = attrs.field(converter=OrderId)
    invoice_id: InvoiceId = attrs.field(converter=InvoiceId)
    amount: Money
    kind: SettlementKind = attrs.field(converter=SettlementKind)
    waited: bool = False
    occurred_at: Instant | None = None


@attrs.frozen(kw_only=True)
@checked
class SettlementUnapplied(_Happened):
    """Money came that no invoice asks for; it is kept for the invoice it named, as a clash."""

    invoice_id: InvoiceId = attrs.field(converter=InvoiceId)
    amount: Money
    occurred_at: Instant | None = None


@attrs.frozen(kw_only=True)
@checked
class SettlementClashed(_Happened):
    """A settlement does not fit the account; it is kept, with its code, for a case to be opened."""

    code: str
    invoice_id: InvoiceId = attrs.field(converter=InvoiceId)
    amount: Money


@attrs.frozen(kw_only=True)
@checked
class UnappliedReturned(_Happened):
    """Unapplied money went back."""

    invoice_id: InvoiceId = attrs.field(converter=InvoiceId)
    amount: Money


@attrs.frozen(kw_only=True)
@checked
class AccountSuspended(_Happened):
    """Nothing more is reserved."""

    why: str = ""


@attrs.frozen(kw_only=True)
@checked
class AccountResumed(_Happened):
    """The suspension is over."""


CreditEvent: TypeAlias = (
    AccountOpened
    | LimitProposed
    | LimitApproved
    | LimitRejected
    | LimitSet
    | OverrideApproved
    | CreditReserved
    | CreditReleased
    | CreditInvoiced
    | InvoiceSettled
    | SettlementUnapplied
    | SettlementClashed
    | UnappliedReturned
    | AccountSuspended
    | AccountResumed
)
"""Every event; the union is closed."""
