"""Invoices and credit notes as an order remembers them."""

from __future__ import annotations

import attrs

from ordercore.kernel import CreditNoteId, Instant, InvoiceId, Money, as_instant, checked
from ordercore.orders.units import Quantities, quantities

__all__ = ["Billing", "CreditNote", "Invoice"]


@attrs.frozen(kw_only=True)
@checked
class Invoice:
    """What was billed at once.

    Example:
        >>> Invoice(
        ...     invoice_id="i-1",
        ...     lines={"1": 2},
        ...     amount=Money.of("256.00", "CNY"),
        ...     at="2026-11-12T00:00:00Z",
        ... ).lines["1"]
        2
    """

    invoice_id: InvoiceId = attrs.field(converter=InvoiceId)
    lines: Quantities = attrs.field(converter=quantities)
    amount: Money
    at: Instant = attrs.field(converter=as_instant)


@attrs.frozen(kw_only=True)
@checked
class CreditNote:
    """What was taken off what was billed.

    Example:
        >>> CreditNote(
        ...     credit_note_id="n-1",
        ...     lines={"1": 1},
        ...     amount=Money.of("128.00", "CNY"),
        ...     at="2026-11-20T00:00:00Z",
        ... ).credit_note_id
        CreditNoteId('n-1')
    """

    credit_note_id: CreditNoteId = attrs.field(converter=CreditNoteId)
    lines: Quantities = attrs.field(converter=quantities)
    amount: Money
    at: Instant = attrs.field(converter=as_instant)


@attrs.frozen(kw_only=True)
@checked
class Billing:
    """All bills of an order.

    ``billed_minor`` is what the invoices come to less the credit notes, and
    ``allowance_credited_minor`` what of the credit notes is for allowances. ``revised_minor`` is
    what an edit of the prices made the bills short of (below zero: too high by); the next bill
    takes it in.

    Example:
        >>> Billing().billed_minor
        0
    """

    invoices: tuple[Invoice, ...] = ()
    credit_notes: tuple[CreditNote, ...] = ()
    billed_minor: int = 0
    allowance_credited_minor: int = 0
    revised_minor: int = 0

    @property
    def for_units_minor(self) -> int:
        """What the bills for units come to, allowances left aside."""
        return self.billed_minor + self.allowance_credited_minor

    def invoice(self, invoice_id: str) -> Invoice | None:
        """The invoice of an id, or None."""
        return next((known for known in self.invoices if known.invoice_id == invoice_id), None)

    def credit_note(self, credit_note_id: str) -> CreditNote | None:
        """The credit note of an id, or None."""
        return next(
            (known for known in self.credit_notes if known.credit_note_id == credit_note_id), None
        )
