"""What may be asked of a credit account (commands) and reported to it (facts)."""

from __future__ import annotations

from typing import TypeAlias

import attrs

from ordercore.kernel import (
    Choice,
    Command,
    CommandId,
    CustomerId,
    FactId,
    Instant,
    InvoiceId,
    Money,
    OrderId,
    as_optional_instant,
    checked,
    expect,
    problems,
)
from ordercore.orders.credit.account import DEFAULT_CREDIT_POLICY, CreditPolicy

__all__ = [
    "ApproveLimit",
    "ApproveOverride",
    "CreditCommand",
    "CreditFact",
    "CreditInstruction",
    "CreditMessage",
    "InvoiceReserved",
    "OpenAccount",
    "RecordInvoicePayment",
    "RejectLimit",
    "ReleaseCredit",
    "ReserveCredit",
    "ResumeAccount",
    "ReturnUnapplied",
    "SetLimit",
    "SettlementKind",
    "SuspendAccount",
]


class SettlementKind(Choice):
    """What made an invoice smaller."""

    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"
    WRITE_OFF = "write_off"


@attrs.frozen
@checked
class CreditInstruction(Command):
    """What every command of a credit account has: whose account, and the id its sender gave it.

    Example:
        >>> SuspendAccount("c-9", command_id="s-1").customer
        CustomerId('c-9')
    """

    customer: CustomerId = attrs.field(converter=CustomerId)
    command_id: CommandId = attrs.field(converter=CommandId, kw_only=True)


@attrs.frozen
@checked
class CreditFact(Command):
    """What every fact has: whose account, the id its source gave it, and when it happened there.

    Example:
        >>> RecordInvoicePayment(
        ...     "c-9", fact_id="bank-7", invoice_id="i-1", amount=Money.of(5, "CNY")
        ... ).kind
        <SettlementKind.PAYMENT: 'payment'>
    """

    customer: CustomerId = attrs.field(converter=CustomerId)
    fact_id: FactId = attrs.field(converter=FactId, kw_only=True)
    occurred_at: Instant | None = attrs.field(
        default=None, converter=as_optional_instant, kw_only=True
    )


def _check(subject: str, amount: Money | None, path: str, *, zero: bool = False) -> None:
    """An amount that is given is money, and above zero unless zero means something."""
    if amount is None:
        return
    expect(amount, Money, path)
    if amount.minor < 0 or (amount.minor == 0 and not zero):
        faults = problems()
        code = "amount.negative" if zero else "amount.not_positive"
        faults.add(code, path, amount, "an amount ≥ 0" if zero else "an amount > 0")
        faults.raise_if_any(subject)


@attrs.frozen
@checked
class OpenAccount(CreditInstruction):
    """Begin an account with a limit, in whose currency everything on it is.

    A limit that the policy wants reviewed is proposed, and the account begins with zero.

    Raises:
        InvalidBatch: ``amount.negative``; ``money.currency_mismatch`` when the policy's threshold
            is in another currency.

    Example:
        >>> OpenAccount("c-9", command_id="a-1", limit=Money.of(1000, "CNY")).policy.name
        'default'
    """

    limit: Money = attrs.field(kw_only=True)
    policy: CreditPolicy = attrs.field(default=DEFAULT_CREDIT_POLICY, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check("OpenAccount", expect(self.limit, Money, "limit"), "limit", zero=True)
        expect(self.policy, CreditPolicy, "policy")
        above = self.policy.review_above
        if above is not None and above.currency != self.limit.currency:
            faults = problems()
            faults.add(
                "money.currency_mismatch",
                "policy.review_above",
                above,
                f"currency {self.limit.currency}",
            )
            faults.raise_if_any("OpenAccount")


@attrs.frozen
@checked
class SetLimit(CreditInstruction):
    """Give the account another limit; one that needs a second review is proposed.

    It takes the place of a proposal that waits.

    Raises:
        InvalidBatch: ``amount.negative``.

    Example:
        >>> str(SetLimit("c-9", command_id="l-1", limit=Money.of(2000, "CNY")).limit)
        'CNY 2000.00'
    """

    limit: Money = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check("SetLimit", expect(self.limit, Money, "limit"), "limit", zero=True)


@attrs.frozen
@checked
class ApproveLimit(CreditInstruction):
    """Agree to a proposed limit, as the actor of the context.

    Example:
        >>> ApproveLimit("c-9", command_id="l-2", proposal_id="l-1").proposal_id
        CommandId('l-1')
    """

    proposal_id: CommandId = attrs.field(converter=CommandId, kw_only=True)


@attrs.frozen
@checked
class RejectLimit(CreditInstruction):
    """Drop a proposed limit; whoever proposed it may do so too.

    Example:
        >>> RejectLimit("c-9", command_id="l-2", proposal_id="l-1", why="two years overdue").why
        'two years overdue'
    """

    proposal_id: CommandId = attrs.field(converter=CommandId, kw_only=True)
    why: str = attrs.field(default="", kw_only=True)


@attrs.frozen
@checked
class ApproveOverride(CreditInstruction):
    """Agree, as the actor of the context, that one order passes the limit by so much, once.

    It counts for a reservation by somebody else. Another amount begins anew.

    Raises:
        InvalidBatch: ``amount.not_positive``.

    Example:
        >>> ApproveOverride(
        ...     "c-9", command_id="v-1", order_id="o-1", up_to=Money.of(50, "CNY")
        ... ).order_id
        OrderId('o-1')
    """

    order_id: OrderId = attrs.field(converter=OrderId, kw_only=True)
    up_to: Money = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check("ApproveOverride", expect(self.up_to, Money, "up_to"), "up_to")


@attrs.frozen
@checked
class ReserveCredit(CreditInstruction):
    """Take an amount for an order; a second one for the same order comes on top.

    Raises:
        InvalidBatch: ``amount.not_positive``.

    Example:
        >>> ReserveCredit(
        ...     "c-9", command_id="r-1", order_id="o-1", amount=Money.of("315.90", "CNY")
        ... ).order_id
        OrderId('o-1')
    """

    order_id: OrderId = attrs.field(converter=OrderId, kw_only=True)
    amount: Money = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check("ReserveCredit", expect(self.amount, Money, "amount"), "amount")


@attrs.frozen
@checked
class ReleaseCredit(CreditInstruction):
    """Give back what is reserved for an order, all of it or an amount.

    Raises:
        InvalidBatch: ``amount.not_positive``.

    Example:
        >>> ReleaseCredit("c-9", command_id="r-2", order_id="o-1").amount
    """

    order_id: OrderId = attrs.field(converter=OrderId, kw_only=True)
    amount: Money | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check("ReleaseCredit", self.amount, "amount")


@attrs.frozen
@checked
class InvoiceReserved(CreditInstruction):
    """Invoice what is reserved for an order, all of it or an amount: open becomes unpaid.

    Without ``due_at`` the invoice is due after the days of the policy's terms. Money that came for
    the invoice before is applied to it at once.

    Raises:
        InvalidBatch: ``amount.not_positive``.

    Example:
        >>> InvoiceReserved("c-9", command_id="i-1", order_id="o-1", invoice_id="F-17").invoice_id
        InvoiceId('F-17')
    """

    order_id: OrderId = attrs.field(converter=OrderId, kw_only=True)
    invoice_id: InvoiceId = attrs.field(converter=InvoiceId, kw_only=True)
    amount: Money | None = attrs.field(default=None, kw_only=True)
    due_at: Instant | None = attrs.field(default=None, converter=as_optional_instant, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check("InvoiceReserved", self.amount, "amount")


@attrs.frozen
@checked
class ReturnUnapplied(CreditInstruction):
    """Money that no invoice asked for has gone back, all that came for an invoice or an amount.

    Raises:
        InvalidBatch: ``amount.not_positive``.

    Example:
        >>> ReturnUnapplied("c-9", command_id="u-1", invoice_id="F-17").invoice_id
        InvoiceId('F-17')
    """

    invoice_id: InvoiceId = attrs.field(converter=InvoiceId, kw_only=True)
    amount: Money | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check("ReturnUnapplied", self.amount, "amount")


@attrs.frozen
@checked
class SuspendAccount(CreditInstruction):
    """Reserve nothing more until the account is resumed; everything else goes on.

    Example:
        >>> SuspendAccount("c-9", command_id="s-1", why="insolvency filed").why
        'insolvency filed'
    """

    why: str = attrs.field(default="", kw_only=True)


@attrs.frozen
@checked
class ResumeAccount(CreditInstruction):
    """End a suspension.

    Example:
        >>> ResumeAccount("c-9", command_id="s-2").command_id
        CommandId('s-2')
    """


@attrs.frozen
@checked
class RecordInvoicePayment(CreditFact):
    """An invoice became smaller: paid, credited, or written off. Never refused.

    A payment beyond what the invoice asks, or for an invoice that is not there, is kept for it as
    unapplied, with a clash ``settlement.unapplied``; it is applied when the invoice comes. Payments
    commute with each other and with their invoice. A credit note or write-off that does not fit is
    a clash ``settlement.exceeds``, another currency ``settlement.currency``.

    Raises:
        InvalidBatch: ``amount.not_positive``.

    Example:
        >>> RecordInvoicePayment(
        ...     "c-9",
        ...     fact_id="bank-7",
        ...     invoice_id="F-17",
        ...     amount=Money.of(5, "CNY"),
        ...     kind="credit_note",
        ... ).kind
        <SettlementKind.CREDIT_NOTE: 'credit_note'>
    """

    invoice_id: InvoiceId = attrs.field(converter=InvoiceId, kw_only=True)
    amount: Money = attrs.field(kw_only=True)
    kind: SettlementKind = attrs.field(
        default=SettlementKind.PAYMENT, converter=SettlementKind, kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        _check("RecordInvoicePayment", expect(self.amount, Money, "amount"), "amount")


CreditCommand: TypeAlias = (
    OpenAccount
    | SetLimit
    | ApproveLimit
    | RejectLimit
    | ApproveOverride
    | ReserveCredit
    | ReleaseCredit
    | InvoiceReserved
    | ReturnUnapplied
    | SuspendAccount
    | ResumeAccount
)
"""Every command; the union is closed."""

CreditMessage: TypeAlias = CreditCommand | RecordInvoicePayment
"""Everything that ``credit.decide`` takes."""
