"""How events change a credit account. Events were decided before; an impossible one is a fault."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

import attrs

from ordercore.kernel import (
    Currency,
    FrozenMap,
    IllegalTransition,
    InvalidBatch,
    InvoiceId,
    Money,
    OrderId,
)
from ordercore.orders.credit.account import (
    CreditAccount,
    CreditInvoice,
    CreditOverride,
    LimitProposal,
)
from ordercore.orders.credit.events import (
    AccountOpened,
    AccountResumed,
    AccountSuspended,
    CreditEvent,
    CreditInvoiced,
    CreditReleased,
    CreditReserved,
    InvoiceSettled,
    LimitApproved,
    LimitProposed,
    LimitRejected,
    LimitSet,
    OverrideApproved,
    SettlementClashed,
    SettlementUnapplied,
    UnappliedReturned,
)
from ordercore.orders.events import Cause, CauseKind
from ordercore.orders.remembered import Remembered
from ordercore.orders.review import Review

__all__ = ["evolve", "replay"]


def _require(holds: bool, account: CreditAccount, event: CreditEvent) -> None:
    if not holds:
        raise _impossible(account, event)


def _impossible(account: CreditAccount | None, event: object) -> IllegalTransition:
    state = "none" if account is None else f"version {account.version}"
    return IllegalTransition("credit account", state, type(event).__name__)


def _minor(account: CreditAccount, event: CreditEvent, amount: Money) -> int:
    """The amount's minor units, which fit the account and are above zero."""
    _require(amount.currency == account.currency and amount.minor > 0, account, event)
    return amount.minor


def _less_open(
    account: CreditAccount, event: CreditEvent, order_id: OrderId, minor: int
) -> FrozenMap[OrderId, int]:
    left = account.open.get(order_id, 0) - minor
    _require(left >= 0, account, event)
    return account.open.with_(order_id, left) if left else account.open.without(order_id)


def _less_unapplied(
    account: CreditAccount, event: CreditEvent, invoice_id: InvoiceId, minor: int
) -> FrozenMap[InvoiceId, int]:
    left = account.unapplied.get(invoice_id, 0) - minor
    _require(left >= 0, account, event)
    kept = account.unapplied
    return kept.with_(invoice_id, left) if left else kept.without(invoice_id)


def _reserved(account: CreditAccount, event: CreditReserved) -> CreditAccount:
    minor, over = _minor(account, event, event.amount), event.over.minor
    overrides = account.overrides
    # Replay itself refuses a reservation above the limit that nobody gave leave for.
    if over:
        leave = overrides.get(event.order_id)
        _require(leave is not None and 0 < over <= leave.up_to_minor, account, event)
        overrides = overrides.without(event.order_id)
    _require(account.exposure_minor + minor <= account.limit_minor + over, account, event)
    known = account.open.get(event.order_id, 0)
    return attrs.evolve(
        account,
        reserved_minor=account.reserved_minor + minor,
        open=account.open.with_(event.order_id, known + minor),
        overrides=overrides,
    )


def _invoiced(account: CreditAccount, event: CreditInvoiced) -> CreditAccount:
    minor = _minor(account, event, event.amount)
    _require(event.invoice_id not in account.invoices, account, event)
    return attrs.evolve(
        account,
        invoiced_minor=account.invoiced_minor + minor,
        open=_less_open(account, event, event.order_id, minor),
        invoices=account.invoices.with_(
            event.invoice_id,
            CreditInvoice(
                invoice_id=event.invoice_id,
                order_id=event.order_id,
                amount_minor=minor,
                due_at=event.due_at,
            ),
        ),
    )


def _settled(account: CreditAccount, event: InvoiceSettled) -> CreditAccount:
    minor = _minor(account, event, event.amount)
    known = account.invoices.get(event.invoice_id)
    if known is None or minor > known.unpaid_minor:
        raise _impossible(account, event)
    invoices = (
        account.invoices.without(event.invoice_id)
        if minor == known.unpaid_minor
        else account.invoices.with_(
            event.invoice_id, attrs.evolve(known, paid_minor=known.paid_minor + minor)
        )
    )
    unapplied = account.unapplied
    if event.waited:
        unapplied = _less_unapplied(account, event, event.invoice_id, minor)
    return attrs.evolve(
        account,
        settled_minor=account.settled_minor + minor,
        reported_minor=account.reported_minor + (0 if event.waited else minor),
        invoices=invoices,
        unapplied=unapplied,
    )


def _kept(account: CreditAccount, event: SettlementUnapplied) -> CreditAccount:
    minor = _minor(account, event, event.amount)
    known = account.unapplied.get(event.invoice_id, 0)
    return attrs.evolve(
        _clash(account, "settlement.unapplied"),
        reported_minor=account.reported_minor + minor,
        unapplied=account.unapplied.with_(event.invoice_id, known + minor),
    )


def _clash(account: CreditAccount, code: str) -> CreditAccount:
    count = account.clashes.get(code, 0) + 1
    return attrs.evolve(account, clashes=account.clashes.with_(code, count))


def _approved(account: CreditAccount, event: LimitApproved) -> CreditAccount:
    waiting = account.proposal
    if waiting is None or waiting.proposal_id != event.proposal_id:
        raise _impossible(account, event)
    review = waiting.review.with_approval(event.approval)
    return attrs.evolve(account, proposal=attrs.evolve(waiting, review=review))


def _overridden(account: CreditAccount, event: OverrideApproved) -> CreditAccount:
    minor = _minor(account, event, event.up_to)
    known = account.overrides.get(event.order_id)
    if known is None or known.up_to_minor != minor:
        policy = account.policy
        review = Review(needed=policy.override_approvals, roles=policy.approver_roles)
    else:
        review = known.review
    leave = CreditOverride(
        order_id=event.order_id,
        up_to_minor=minor,
        review=review.with_approval(event.approval),
    )
    return attrs.evolve(account, overrides=account.overrides.with_(event.order_id, leave))


def _set(account: CreditAccount, event: LimitSet) -> CreditAccount:
    _require(event.limit.currency == account.currency and event.limit.minor >= 0, account, event)
    return attrs.evolve(
        account, limit_minor=event.limit.minor, limit_review=event.review, proposal=None
    )


def _after(account: CreditAccount, event: CreditEvent) -> CreditAccount:
    match event:
        case AccountOpened():
            raise _impossible(account, event)
        case LimitProposed():
            return attrs.evolve(
                account,
                proposal=LimitProposal(
                    proposal_id=event.proposal_id,
                    limit_minor=_minor(account, event, event.limit),
                    review=event.review,
                ),
            )
        case LimitApproved():
            return _approved(account, event)
        case LimitRejected():
            waiting = account.proposal
            _require(
                waiting is not None and waiting.proposal_id == event.proposal_id, account, event
            )
            return attrs.evolve(account, proposal=None)
        case LimitSet():
            return _set(account, event)
        case OverrideApproved():
            return _overridden(account, event)
        case CreditReserved():
            return _reserved(account, event)
        case CreditReleased():
            minor = _minor(account, event, event.amount)
            return attrs.evolve(
                account,
                released_minor=account.released_minor + minor,
                open=_less_open(account, event, event.order_id, minor),
            )
        case CreditInvoiced():
            return _invoiced(account, event)
        case InvoiceSettled():
            return _settled(account, event)
        case SettlementUnapplied():
            return _kept(account, event)
        case SettlementClashed():
            return _clash(account, event.code)
        case UnappliedReturned():
            minor = _minor(account, event, event.amount)
            return attrs.evolve(
                account,
                returned_minor=account.returned_minor + minor,
                unapplied=_less_unapplied(account, event, event.invoice_id, minor),
            )
        case AccountSuspended():
            return attrs.evolve(account, suspended=True)
        case AccountResumed():
            return attrs.evolve(account, suspended=False)
        case _:
            assert_never(event)


def _opened(event: CreditEvent) -> CreditAccount:
    if not isinstance(event, AccountOpened):
        raise _impossible(None, event)
    currency: Currency = event.limit.currency
    return CreditAccount(
        customer=event.customer,
        version=0,
        currency=currency,
        policy=event.policy,
        opened_at=event.cause.at,
        limit_minor=event.limit.minor,
    )


def _noted(seen: Remembered, cause: Cause, version: int, account: CreditAccount) -> Remembered:
    return seen.noted(cause.id, cause.digest, version, window=account.policy.remembered_ids)


def evolve(account: CreditAccount | None, event: CreditEvent) -> CreditAccount:
    """The account after one event. O(open orders + open invoices).

    Raises:
        IllegalTransition: an event that cannot have happened there: a bug, or a corrupt log. A
            reservation above the limit is one, unless an override gave leave for it.

    Example:
        >>> from ordercore.orders.credit.specimen import tea_account
        >>> evolve(tea_account(), object())
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.IllegalTransition: credit account: object cannot happen in state ...
    """
    if account is None:
        after = _opened(event)
    elif getattr(event, "customer", None) != account.customer:
        raise _impossible(account, event)
    else:
        try:
            after = _after(account, event)
        except InvalidBatch as fault:
            raise _impossible(account, event) from fault
    version = after.version + 1
    cause = event.cause
    if cause.kind is CauseKind.COMMAND:
        commands = _noted(after.commands_seen, cause, version, after)
        return attrs.evolve(after, version=version, commands_seen=commands)
    facts = _noted(after.facts_seen, cause, version, after)
    return attrs.evolve(after, version=version, facts_seen=facts)


def replay(account: CreditAccount | None, events: Iterable[CreditEvent]) -> CreditAccount | None:
    """The account after all events, one after the other; None when there is neither.

    Raises:
        IllegalTransition: an event that cannot have happened there.

    Example:
        >>> from ordercore.orders.credit.specimen import tea_account
        >>> replay(tea_account(), ()) == tea_account(), replay(None, ())
        (True, None)
    """
    for event in events:
        account = evolve(account, event)
    return account
