"""How bills and pay-outs change an order."""

from __future__ import annotations

import attrs

from ordercore.kernel import IllegalTransition
from ordercore.orders.billing.bill import CreditNote, Invoice
from ordercore.orders.billing.events import CreditNoteIssued, InvoiceIssued, SettlementRecorded
from ordercore.orders.ledger import Ledger

__all__ = ["credited", "invoiced", "settled"]


def invoiced(ledger: Ledger, event: InvoiceIssued) -> None:
    """Units count as billed."""
    ledger.go("issue_invoice")
    billing = ledger.billing
    if billing.invoice(event.invoice_id) is not None:
        raise IllegalTransition("order", ledger.lifecycle, "InvoiceIssued")
    for line_id, units in event.lines.items():
        ledger.counters(line_id).invoiced += units
    bill = Invoice(
        invoice_id=event.invoice_id, lines=event.lines, amount=event.amount, at=event.cause.at
    )
    ledger.billing = attrs.evolve(
        billing,
        invoices=(*billing.invoices, bill),
        billed_minor=billing.billed_minor + event.amount.minor,
        revised_minor=0,
    )


def credited(ledger: Ledger, event: CreditNoteIssued) -> None:
    """Units are billed no more."""
    billing = ledger.billing
    if billing.credit_note(event.credit_note_id) is not None:
        raise IllegalTransition("order", ledger.lifecycle, "CreditNoteIssued")
    for line_id, units in event.lines.items():
        ledger.counters(line_id).credited += units
    note = CreditNote(
        credit_note_id=event.credit_note_id,
        lines=event.lines,
        amount=event.amount,
        at=event.cause.at,
    )
    ledger.billing = attrs.evolve(
        billing,
        credit_notes=(*billing.credit_notes, note),
        billed_minor=billing.billed_minor - event.amount.minor,
        allowance_credited_minor=billing.allowance_credited_minor + event.allowance.minor,
        revised_minor=0,
    )


def settled(ledger: Ledger, event: SettlementRecorded) -> None:
    """A payment was paid out, less a fee."""
    payments = ledger.paid()
    known = payments[event.payment_id]
    payments[event.payment_id] = attrs.evolve(
        known,
        settled_minor=known.settled_minor + event.amount.minor,
        fee_minor=known.fee_minor + event.fee.minor,
    )
