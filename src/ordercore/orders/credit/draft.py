"""A decision of a credit account in the making: events with one cause, and refusals."""

from __future__ import annotations

from typing import TypeAlias

from ordercore.kernel import (
    Context,
    Currency,
    Decision,
    FactValue,
    Money,
    Reason,
    Refusal,
    digest,
)
from ordercore.orders.credit.account import CreditAccount
from ordercore.orders.credit.events import CreditEvent
from ordercore.orders.credit.messages import CreditMessage, RecordInvoicePayment
from ordercore.orders.events import Cause, CauseKind

__all__ = ["CreditDecision", "Draft", "cause_of", "foreign_currency", "refuse"]

CreditDecision: TypeAlias = Decision[CreditEvent] | Refusal
"""What ``credit.decide`` answers."""


class Draft:
    """Collects the events of one decision; lives inside one call of ``decide``."""

    __slots__ = ("account", "cause", "context", "events")

    def __init__(self, account: CreditAccount, message: CreditMessage, context: Context) -> None:
        self.account = account
        self.context = context
        self.cause = cause_of(message, context)
        self.events: list[CreditEvent] = []

    def money(self, minor: int) -> Money:
        """An amount in the account's currency."""
        return Money(minor, self.account.currency)

    def decision(self) -> Decision[CreditEvent]:
        """What was collected, with the account's version after it."""
        return Decision(tuple(self.events), version=self.account.version + len(self.events))


def cause_of(message: CreditMessage, context: Context) -> Cause:
    """What brings the events of one message about."""
    fact = isinstance(message, RecordInvoicePayment)
    return Cause(
        id=str(
            message.fact_id if isinstance(message, RecordInvoicePayment) else message.command_id
        ),
        kind=CauseKind.FACT if fact else CauseKind.COMMAND,
        digest=digest(message),
        at=context.now,
        actor=context.actor,
        role=context.role,
    )


def refuse(code: str, facts: dict[str, FactValue], obtain: str | None = None) -> Refusal:
    """A refusal with one reason, which is final where nothing can be obtained."""
    return Refusal([Reason(code, facts=facts, obtain=obtain, final=obtain is None)])


def foreign_currency(account: CreditAccount, currency: Currency) -> Reason | None:
    """Why an amount is not the account's, or None."""
    if currency == account.currency:
        return None
    return Reason(
        "money.currency",
        facts={"asked": str(currency), "account": str(account.currency)},
        obtain=f"an amount in {account.currency}",
    )
