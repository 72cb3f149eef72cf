"""What happened to invoices and pay-outs."""

from __future__ import annotations

import attrs

from ordercore.kernel import CreditNoteId, InvoiceId, Money, PaymentId, checked
from ordercore.orders.cause import Happened
from ordercore.orders.identifiers import as_payment_id
from ordercore.orders.units import Quantities, quantities

__all__ = ["CreditNoteIssued", "InvoiceIssued", "SettlementRecorded"]


@attrs.frozen(kw_only=True)
@checked
class InvoiceIssued(Happened):
    """Units were billed; ``amount`` is what the bill comes to, ``charges`` of it fees."""

    invoice_id: InvoiceId = attrs.field(converter=InvoiceId)
    lines: Quantities = attrs.field(converter=quantities)
    charges: Money
    amount: Money


@attrs.frozen(kw_only=True)
@checked
class CreditNoteIssued(Happened):
    """Billed units, or an ``allowance``, were taken off; ``amount`` is all of it.

    ``allowance`` is below zero where units go on which an allowance was credited before: together
    no more is taken off than was billed.
    """

    credit_note_id: CreditNoteId = attrs.field(converter=CreditNoteId)
    lines: Quantities = attrs.field(converter=quantities)
    charges: Money
    allowance: Money
    amount: Money


@attrs.frozen(kw_only=True)
@checked
class SettlementRecorded(Happened):
    """A provider paid out."""

    payment_id: PaymentId = attrs.field(converter=as_payment_id)
    amount: Money
    fee: Money
