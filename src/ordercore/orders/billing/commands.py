"""What may be asked about invoices, and what payment providers report of their pay-outs."""

from __future__ import annotations

from typing import ClassVar

import attrs

from ordercore.kernel import (
    CreditNoteId,
    FrozenMap,
    InvalidValue,
    InvoiceId,
    Money,
    PaymentId,
    checked,
    expect,
    problems,
)
from ordercore.orders.message import Fact, Instruction
from ordercore.orders.units import Quantities, check_quantities, quantities

__all__ = ["IssueCreditNote", "IssueInvoice", "RecordSettlement"]


def _check(lines: Quantities, name: str) -> None:
    if lines:
        faults = problems()
        check_quantities(faults, "lines", lines)
        faults.raise_if_any(name)


@attrs.frozen
@checked
class IssueInvoice(Instruction):
    """Bill units to the buyer; without ``lines`` everything that may be billed and was not.

    The amount is the quote's: invoices of parts add up to the whole, to the minor unit.

    Raises:
        InvalidBatch: ``quantity.not_positive`` per line.

    Example:
        >>> IssueInvoice("o-1", command_id="c-20", invoice_id="i-1").invoice_id
        InvoiceId('i-1')
    """

    verb: ClassVar[str] = "issue_invoice"

    invoice_id: InvoiceId = attrs.field(converter=InvoiceId, kw_only=True)
    lines: Quantities = attrs.field(factory=FrozenMap, converter=quantities, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check(self.lines, "IssueInvoice")


@attrs.frozen
@checked
class IssueCreditNote(Instruction):
    """Take billed units or an allowance off what was billed.

    Without ``lines`` it credits everything that came back or was granted and was not credited.

    Raises:
        InvalidBatch: ``quantity.not_positive`` per line.

    Example:
        >>> IssueCreditNote("o-1", command_id="c-21", credit_note_id="n-1").lines
        FrozenMap({})
    """

    verb: ClassVar[str] = "issue_credit_note"

    credit_note_id: CreditNoteId = attrs.field(converter=CreditNoteId, kw_only=True)
    lines: Quantities = attrs.field(factory=FrozenMap, converter=quantities, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check(self.lines, "IssueCreditNote")


@attrs.frozen
@checked
class RecordSettlement(Fact):
    """A provider paid out what it had collected for a payment, less its fee.

    ``amount`` is what reached the seller and ``fee`` what the provider kept; both of this report.

    Raises:
        InvalidValue: ``amount.negative``; ``money.currency_mismatch`` between the two.

    Example:
        >>> RecordSettlement(
        ...     "o-1",
        ...     fact_id="f-30",
        ...     payment_id="p-1",
        ...     amount=Money.of("270.00", "CNY"),
        ...     fee=Money.of("5.90", "CNY"),
        ... ).gross.minor
        27590
    """

    payment_id: PaymentId = attrs.field(converter=PaymentId, kw_only=True)
    amount: Money = attrs.field(kw_only=True)
    fee: Money = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        for path, value in (("amount", self.amount), ("fee", self.fee)):
            expect(value, Money, path)
            if value.minor < 0:
                raise InvalidValue("amount.negative", path, str(value), "an amount ≥ 0")
        self.gross  # noqa: B018 - refuses two currencies

    @property
    def gross(self) -> Money:
        """What the provider had collected."""
        return self.amount + self.fee
