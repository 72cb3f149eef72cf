"""The laws of a credit account."""

from __future__ import annotations

from ordercore.kernel import Invariant, Violation
from ordercore.orders.credit.account import CreditAccount

__all__ = ["INVARIANTS"]


def _open_adds_up(account: CreditAccount) -> Violation | None:
    held = sum(account.open.values())
    if held == account.open_minor and all(minor > 0 for minor in account.open.values()):
        return None
    return Violation("INV-CREDIT-1", {"open": account.open_minor, "held": held})


def _invoices_add_up(account: CreditAccount) -> Violation | None:
    invoices = account.invoices.values()
    unpaid = sum(invoice.unpaid_minor for invoice in invoices)
    fit = all(0 <= invoice.paid_minor < invoice.amount_minor for invoice in invoices)
    if unpaid == account.unpaid_minor and fit:
        return None
    return Violation("INV-CREDIT-2", {"unpaid": account.unpaid_minor, "invoices": unpaid})


def _money_is_kept(account: CreditAccount) -> Violation | None:
    unapplied = sum(account.unapplied.values())
    told = account.settled_minor + unapplied + account.returned_minor
    positive = all(minor > 0 for minor in account.unapplied.values())
    if told == account.reported_minor and positive and account.returned_minor >= 0:
        return None
    return Violation("INV-CREDIT-3", {"reported": account.reported_minor, "told": told})


def _limits_are_reviewed(account: CreditAccount) -> Violation | None:
    above = account.policy.review_above
    if above is None or account.limit_minor <= above.minor:
        if account.limit_review is None:
            return None
    elif account.limit_review is not None and account.limit_review.met:
        return None
    return Violation("INV-CREDIT-4", {"limit": account.limit_minor})


def _proposals_wait(account: CreditAccount) -> Violation | None:
    waiting = account.proposal
    if waiting is None or (
        not waiting.review.met
        and len(waiting.review.barred) == 1
        and waiting.limit_minor > account.limit_minor
    ):
        return None
    return Violation(
        "INV-CREDIT-5", {"proposed": waiting.limit_minor, "limit": account.limit_minor}
    )


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-CREDIT-1",
        "a credit account",
        "Reserved − released − invoiced is what is open for its orders, each above zero.",
        _open_adds_up,
    ),
    Invariant(
        "INV-CREDIT-2",
        "a credit account",
        "Invoiced − settled is what its open invoices still ask for, each something.",
        _invoices_add_up,
    ),
    Invariant(
        "INV-CREDIT-3",
        "a credit account",
        "Money reported = settled + unapplied + returned.",
        _money_is_kept,
    ),
    Invariant(
        "INV-CREDIT-4",
        "a credit account",
        "A limit above the policy's threshold was agreed to by as many other persons as it asks.",
        _limits_are_reviewed,
    ),
    Invariant(
        "INV-CREDIT-5",
        "a credit account",
        "A limit that waits is above the one in force, and bars the person who proposed it.",
        _proposals_wait,
    ),
)
