"""From open to unpaid to settled: invoices, what is paid on them, and what fits none."""

from __future__ import annotations

import attrs

from ordercore.kernel import Context, Decision, FactValue, Reason, Refusal, derived_id, shift
from ordercore.orders.credit.account import CreditAccount
from ordercore.orders.credit.decide_reserve import taken
from ordercore.orders.credit.draft import CreditDecision, Draft, foreign_currency, refuse
from ordercore.orders.credit.events import (
    CreditInvoiced,
    InvoiceSettled,
    SettlementClashed,
    SettlementUnapplied,
    UnappliedReturned,
)
from ordercore.orders.credit.messages import (
    InvoiceReserved,
    RecordInvoicePayment,
    ReturnUnapplied,
    SettlementKind,
)

__all__ = ["invoice", "return_unapplied", "take_settlement"]


def invoice(draft: Draft, command: InvoiceReserved) -> CreditDecision:
    """Open becomes unpaid; a payment that came before its invoice is applied at once."""
    account = draft.account
    if command.invoice_id in account.invoices:
        # A settled invoice is let go, and its id with it.
        return refuse(
            "credit.invoice_exists",
            {"invoice": str(command.invoice_id)},
            "an id of its own; or the other invoice settled",
        )
    minor = taken(draft, command, "credit.invoice_exceeds")
    if isinstance(minor, Refusal):
        return minor
    draft.events.append(
        CreditInvoiced(
            customer=account.customer,
            cause=draft.cause,
            order_id=command.order_id,
            invoice_id=command.invoice_id,
            amount=draft.money(minor),
            due_at=command.due_at or shift(draft.context.now, days=account.policy.terms_days),
        )
    )
    waiting = min(minor, account.unapplied.get(command.invoice_id, 0))
    if waiting:
        draft.events.append(
            InvoiceSettled(
                customer=account.customer,
                cause=draft.cause,
                order_id=command.order_id,
                invoice_id=command.invoice_id,
                amount=draft.money(waiting),
                kind=SettlementKind.PAYMENT,
                waited=True,
            )
        )
    return draft.decision()


def return_unapplied(draft: Draft, command: ReturnUnapplied) -> CreditDecision:
    """Money that no invoice asks for goes back, at most what there is."""
    account = draft.account
    held = account.unapplied.get(command.invoice_id, 0)
    invoice = str(command.invoice_id)
    if not held:
        return refuse("credit.nothing_unapplied", {"invoice": invoice}, "unapplied money")
    amount = draft.money(held) if command.amount is None else command.amount
    foreign = foreign_currency(account, amount.currency)
    if foreign is not None:
        return Refusal([foreign])
    if amount.minor > held:
        remedy = attrs.evolve(
            command, amount=None, command_id=derived_id(command.command_id, "fewer")
        )
        facts: dict[str, FactValue] = {
            "invoice": invoice,
            "asked": amount,
            "possible": draft.money(held),
        }
        return Refusal([Reason("credit.return_exceeds", facts=facts, remedy=remedy)])
    draft.events.append(
        UnappliedReturned(
            customer=account.customer,
            cause=draft.cause,
            invoice_id=command.invoice_id,
            amount=amount,
        )
    )
    return draft.decision()


# --- facts ---


def take_settlement(
    account: CreditAccount, fact: RecordInvoicePayment, context: Context
) -> CreditDecision:
    """Take a settlement in. Under a known id with another payload it is kept once as a clash."""
    draft = Draft(account, fact, context)
    seen = account.facts_seen.find(fact.fact_id)
    if seen is None:
        _settle(draft, fact)
        return draft.decision()
    if seen.digest == draft.cause.digest:
        return Decision((), repeated=True, version=seen.version)
    draft.cause = attrs.evolve(draft.cause, id=f"{fact.fact_id}#{draft.cause.digest[:16]}")
    known = account.facts_seen.find(draft.cause.id)
    if known is not None:
        return Decision((), repeated=True, version=known.version)
    _clash(draft, fact, "fact.id_reused")
    return draft.decision()


def _clash(draft: Draft, fact: RecordInvoicePayment, code: str) -> None:
    draft.events.append(
        SettlementClashed(
            customer=fact.customer,
            cause=draft.cause,
            code=code,
            invoice_id=fact.invoice_id,
            amount=fact.amount,
        )
    )


def _settle(draft: Draft, fact: RecordInvoicePayment) -> None:
    """The invoice takes what it asks for; the rest of a payment waits, unapplied."""
    account = draft.account
    if fact.amount.currency != account.currency:
        _clash(draft, fact, "settlement.currency")
        return
    known = account.invoices.get(fact.invoice_id)
    applied = 0 if known is None else min(fact.amount.minor, known.unpaid_minor)
    if known is not None:
        draft.events.append(
            InvoiceSettled(
                customer=account.customer,
                cause=draft.cause,
                order_id=known.order_id,
                invoice_id=fact.invoice_id,
                amount=draft.money(applied),
                kind=fact.kind,
                occurred_at=fact.occurred_at,
            )
        )
    rest = fact.amount.minor - applied
    if not rest:
        return
    if fact.kind is not SettlementKind.PAYMENT:
        # No money came: a seller's own document that fits nothing is a mistake to be looked at.
        _clash(draft, fact, "settlement.exceeds")
        return
    draft.events.append(
        SettlementUnapplied(
            customer=account.customer,
            cause=draft.cause,
            invoice_id=fact.invoice_id,
            amount=draft.money(rest),
            occurred_at=fact.occurred_at,
        )
    )
