"""Credit accounts under the law of refusals: what to ask of them, and who brings what helps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import attrs

from ordercore.kernel import Money, Reason
from ordercore.orders import (
    ApproveLimit,
    ApproveOverride,
    CreditAccount,
    CreditMessage,
    InvoiceReserved,
    OpenAccount,
    RecordInvoicePayment,
    RejectLimit,
    ReleaseCredit,
    ReserveCredit,
    ResumeAccount,
    ReturnUnapplied,
    SetLimit,
    SuspendAccount,
)
from ordercore.testing.remedies import Obtained

__all__ = ["CREDIT_INSTEAD", "credit_provider", "credit_questions"]

CREDIT_INSTEAD = frozenset(
    {"credit.invoice_exceeds", "credit.release_exceeds", "credit.return_exceeds"}
)
"""Codes whose remedy stands for the command: it takes what there is."""

_ID = "ask"


def credit_questions(opening: OpenAccount) -> Callable[[CreditAccount | None], list[CreditMessage]]:
    """Every command of a credit account, whether it takes it or not, with small arguments.

    Args:
        opening: What opens the account; amounts are below, at and above its limit.

    Example:
        >>> opening = OpenAccount("c-9", command_id="c-0", limit=Money(100, "CNY"))
        >>> len({type(command) for command in credit_questions(opening)(None)})
        11
    """
    fixed = list(_questions(opening))
    return lambda _account: fixed


def _questions(opening: OpenAccount) -> Iterator[CreditMessage]:
    customer, limit = opening.customer, opening.limit
    currency = limit.currency
    foreign = Money(1, "EUR" if currency != "EUR" else "USD")
    amounts = (Money(1, currency), limit, Money(2 * limit.minor + 1, currency), foreign)
    yield attrs.evolve(opening, command_id=_ID)
    yield SuspendAccount(customer, command_id=_ID)
    yield ResumeAccount(customer, command_id=_ID)
    yield ResumeAccount(f"{customer}-other", command_id=_ID)
    # The id under which the account was opened, with another payload.
    yield ResumeAccount(customer, command_id=opening.command_id)
    for proposal in ("p-1", "p-2", opening.command_id):
        yield ApproveLimit(customer, command_id=_ID, proposal_id=proposal)
        yield RejectLimit(customer, command_id=_ID, proposal_id=proposal)
    for amount in amounts:
        yield SetLimit(customer, command_id=_ID, limit=amount)
    for order in ("o-1", "o-2"):
        yield ReleaseCredit(customer, command_id=_ID, order_id=order)
        for amount in amounts:
            yield ApproveOverride(customer, command_id=_ID, order_id=order, up_to=amount)
            yield ReserveCredit(customer, command_id=_ID, order_id=order, amount=amount)
            yield ReleaseCredit(customer, command_id=_ID, order_id=order, amount=amount)
    for invoice in ("i-1", "i-2"):
        yield ReturnUnapplied(customer, command_id=_ID, invoice_id=invoice)
        yield InvoiceReserved(customer, command_id=_ID, order_id="o-1", invoice_id=invoice)
        for amount in amounts:
            yield ReturnUnapplied(customer, command_id=_ID, invoice_id=invoice, amount=amount)
            yield InvoiceReserved(
                customer, command_id=_ID, order_id="o-1", invoice_id=invoice, amount=amount
            )


def credit_provider(
    opening: OpenAccount,
) -> Callable[[CreditAccount | None, CreditMessage, Reason], Obtained[CreditMessage] | None]:
    """A host that does what a credit account's reasons ask of it.

    It opens the account, reserves, pays, proposes limits, lets other persons agree, and changes
    what a command asks for to what is possible.

    Args:
        opening: What it opens an account with.

    Example:
        >>> opening = OpenAccount("c-9", command_id="c-0", limit=Money(100, "CNY"))
        >>> resume = ResumeAccount("c-9", command_id="c-1")
        >>> reason = Reason("credit.unknown", obtain="the account opened")
        >>> [
        ...     type(message).__name__
        ...     for message in credit_provider(opening)(None, resume, reason).first
        ... ]
        ['OpenAccount']
    """

    def provide(
        account: CreditAccount | None, command: CreditMessage, reason: Reason
    ) -> Obtained[CreditMessage] | None:
        if account is None:
            policy = opening.policy
            if isinstance(command, ApproveLimit | RejectLimit) and policy.review_above is None:
                policy = attrs.evolve(policy, review_above=opening.limit)
            opens = attrs.evolve(
                opening, customer=command.customer, command_id="open@0", policy=policy
            )
            return Obtained([opens])
        brings = _BRINGS.get(reason.code)
        return None if brings is None else brings(account, command, reason)

    return provide


_Brings = Callable[[CreditAccount, CreditMessage, Reason], "Obtained[CreditMessage] | None"]


def _new(account: CreditAccount, what: str) -> str:
    return f"{what}@{account.version}"


def _other(account: CreditAccount, taken: Iterable[str]) -> str:
    """Somebody who agreed to nothing yet."""
    known = set(taken)
    reviews = [account.limit_review, *(each.review for each in account.overrides.values())]
    reviews += [None if account.proposal is None else account.proposal.review]
    for review in reviews:
        if review is not None:
            known |= {*review.barred, *(each.actor for each in review.approvals)}
    number = 1
    while f"person-{number}" in known:
        number += 1
    return f"person-{number}"


def _resumed(account: CreditAccount, _command: CreditMessage, _r: Reason) -> _Brought:
    return Obtained([ResumeAccount(account.customer, command_id=_new(account, "resume"))])


def _suspended(account: CreditAccount, _command: CreditMessage, _r: Reason) -> _Brought:
    return Obtained([SuspendAccount(account.customer, command_id=_new(account, "suspend"))])


def _reserved(account: CreditAccount, command: CreditMessage, _r: Reason) -> _Brought:
    assert isinstance(command, ReleaseCredit | InvoiceReserved)
    amount = command.amount or Money(1, account.currency)
    if amount.currency != account.currency:
        amount = Money(1, account.currency)
    name = _new(account, "reserve")
    wish = ReserveCredit(
        account.customer, command_id=name, order_id=command.order_id, amount=amount
    )
    return Obtained([wish])


def _proposed(account: CreditAccount, command: CreditMessage, _r: Reason) -> _Brought:
    """A limit that is reviewed, under the id that was named."""
    assert isinstance(command, ApproveLimit | RejectLimit)
    above = account.policy.review_above
    assert above is not None
    limit = Money(max(above.minor, account.limit_minor) + 1, account.currency)
    return Obtained([SetLimit(account.customer, command_id=command.proposal_id, limit=limit)])


def _own_id(account: CreditAccount, command: CreditMessage, _r: Reason) -> _Brought:
    assert isinstance(command, InvoiceReserved)
    return Obtained(changed=attrs.evolve(command, invoice_id=_new(account, command.invoice_id)))


def _paid(account: CreditAccount, _command: CreditMessage, reason: Reason) -> _Brought:
    late = reason.facts["invoices"]
    assert isinstance(late, tuple)
    return Obtained(
        RecordInvoicePayment(
            account.customer,
            fact_id=_new(account, f"pay-{invoice}"),
            invoice_id=str(invoice),
            amount=Money(account.invoices[invoice].unpaid_minor, account.currency),
        )
        for invoice in account.invoices
        if str(invoice) in late
    )


def _overpaid(account: CreditAccount, command: CreditMessage, _r: Reason) -> _Brought:
    """More than an invoice asks for, which waits."""
    assert isinstance(command, ReturnUnapplied)
    known = account.invoices.get(command.invoice_id)
    asked = 0 if known is None else known.unpaid_minor
    fact = RecordInvoicePayment(
        account.customer,
        fact_id=_new(account, f"pay-{command.invoice_id}"),
        invoice_id=command.invoice_id,
        amount=Money(asked + 1, account.currency),
    )
    return Obtained([fact])


def _agreed(account: CreditAccount, command: CreditMessage, reason: Reason) -> _Brought:
    """Another person lets the order pass the limit."""
    assert isinstance(command, ReserveCredit)
    short = reason.facts["short"]
    assert isinstance(short, Money)
    leave = ApproveOverride(
        account.customer,
        command_id=_new(account, "override"),
        order_id=command.order_id,
        up_to=short,
    )
    return Obtained([leave])


def _somebody_else(account: CreditAccount, _command: CreditMessage, reason: Reason) -> _Brought:
    return Obtained(actor=_other(account, [str(reason.facts["actor"])]))


def _in_the_role(_account: CreditAccount, _command: CreditMessage, reason: Reason) -> _Brought:
    allowed = reason.facts["allowed"]
    assert isinstance(allowed, tuple)
    return Obtained(role=str(allowed[0]))


def _own_currency(account: CreditAccount, command: CreditMessage, _r: Reason) -> _Brought:
    match command:
        case SetLimit():
            own = Money(command.limit.minor, account.currency)
            return Obtained(changed=attrs.evolve(command, limit=own))
        case ApproveOverride():
            own = Money(command.up_to.minor, account.currency)
            return Obtained(changed=attrs.evolve(command, up_to=own))
        case ReserveCredit() | ReleaseCredit() | InvoiceReserved() | ReturnUnapplied():
            minor = 1 if command.amount is None else command.amount.minor
            own = Money(minor, account.currency)
            return Obtained(changed=attrs.evolve(command, amount=own))
        case _:
            return None


_Brought = Obtained[CreditMessage] | None

_BRINGS: dict[str, _Brings] = {
    "credit.invoice_exists": _own_id,
    "credit.limit": _agreed,
    "credit.not_suspended": _suspended,
    "credit.nothing_reserved": _reserved,
    "credit.nothing_unapplied": _overpaid,
    "credit.overdue": _paid,
    "credit.suspended_already": _resumed,
    "limit.no_proposal": _proposed,
    "money.currency": _own_currency,
    "review.role": _in_the_role,
    "review.same_person": _somebody_else,
}
