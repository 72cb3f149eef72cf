"""The answer of a credit account to every command and fact, exactly once.

A command is refused with every reason at once; a fact is never refused once the account exists.
Instants are not compared with each other: orders of one customer are confirmed by many hosts whose
clocks differ, and only due dates depend on time.
"""

from __future__ import annotations

from typing import assert_never

from ordercore.kernel import Context, Decision, Refusal, Verdict, digest
from ordercore.orders.credit import decide_invoice, decide_limit, decide_reserve
from ordercore.orders.credit.account import CreditAccount
from ordercore.orders.credit.draft import CreditDecision, Draft, refuse
from ordercore.orders.credit.events import AccountResumed, AccountSuspended
from ordercore.orders.credit.messages import (
    ApproveLimit,
    ApproveOverride,
    CreditCommand,
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

__all__ = ["check", "decide"]


def decide(
    account: CreditAccount | None, command: CreditMessage, context: Context
) -> CreditDecision:
    """Accept a command with its events, refuse it with every reason, or take a fact.

    The same id with the same payload gives an empty decision with ``repeated`` and the version of
    its first acceptance; with another payload it is refused with ``command.id_reused``, which is
    final. A fact under a known id with another payload is kept once, as a clash.

    Reservations are refused with ``credit.limit`` (facts: limit, exposure, amount, short),
    ``credit.suspended``, ``credit.overdue`` and ``money.currency``.

    Args:
        account: The account, or None before it is opened.
        command: A command or a fact.
        context: When it is decided and who acts, which is the person that four eyes are about.

    Invariants: INV-CREDIT-1 to INV-CREDIT-5. O(open orders + open invoices).

    Example:
        >>> from ordercore.kernel import Money
        >>> from ordercore.orders.credit.specimen import tea_account
        >>> desk = Context(now="2026-11-11T01:00:00Z", actor="u-1")
        >>> wish = ReserveCredit(
        ...     "c-9", command_id="r-1", order_id="o-1", amount=Money.of(1200, "CNY")
        ... )
        >>> refusal = decide(tea_account(), wish, desk)
        >>> refusal.codes, str(refusal.reasons[0].facts["short"])
        (('credit.limit',), 'CNY 200.00')
    """
    if account is None:
        if isinstance(command, OpenAccount):
            return decide_limit.open_account(command, context)
        return refuse("credit.unknown", {"customer": str(command.customer)}, "the account opened")
    if command.customer != account.customer:
        return refuse(
            "credit.other",
            {"customer": str(account.customer), "asked": str(command.customer)},
        )
    if isinstance(command, RecordInvoicePayment):
        return decide_invoice.take_settlement(account, command, context)
    seen = account.commands_seen.find(command.command_id)
    if seen is not None:
        if seen.digest == digest(command):
            return Decision((), repeated=True, version=seen.version)
        return refuse(
            "command.id_reused",
            {"command": str(command.command_id), "version": seen.version},
        )
    return _answer(account, command, context)


def check(account: CreditAccount | None, command: CreditMessage, context: Context) -> Verdict:
    """Whether ``decide`` would accept now, or every reason why not. A repeat is allowed.

    Example:
        >>> from ordercore.orders.credit.specimen import tea_account
        >>> desk = Context(now="2026-11-11T01:00:00Z", actor="u-1")
        >>> check(tea_account(), ResumeAccount("c-9", command_id="s-1"), desk).codes
        ('credit.not_suspended',)
    """
    answer = decide(account, command, context)
    return Verdict(answer.reasons) if isinstance(answer, Refusal) else Verdict()


def _answer(account: CreditAccount, command: CreditCommand, context: Context) -> CreditDecision:
    draft = Draft(account, command, context)
    match command:
        case OpenAccount():
            return refuse("credit.exists", {"customer": str(account.customer)})
        case SetLimit():
            return decide_limit.set_limit(draft, command)
        case ApproveLimit():
            return decide_limit.approve_limit(draft, command)
        case RejectLimit():
            return decide_limit.reject_limit(draft, command)
        case ApproveOverride():
            return decide_limit.approve_override(draft, command)
        case ReserveCredit():
            return decide_reserve.reserve(draft, command)
        case ReleaseCredit():
            return decide_reserve.release(draft, command)
        case InvoiceReserved():
            return decide_invoice.invoice(draft, command)
        case ReturnUnapplied():
            return decide_invoice.return_unapplied(draft, command)
        case SuspendAccount():
            if account.suspended:
                return refuse(
                    "credit.suspended_already",
                    {"customer": str(account.customer)},
                    "the account resumed first",
                )
            draft.events.append(
                AccountSuspended(customer=account.customer, cause=draft.cause, why=command.why)
            )
            return draft.decision()
        case ResumeAccount():
            if not account.suspended:
                return refuse(
                    "credit.not_suspended", {"customer": str(account.customer)}, "a suspension"
                )
            draft.events.append(AccountResumed(customer=account.customer, cause=draft.cause))
            return draft.decision()
        case _:
            assert_never(command)
