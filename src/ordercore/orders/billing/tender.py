"""With what an order is paid, when it has to be, and where its refunds go."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import attrs

from ordercore.kernel import Choice, Duration, Money, Rounding, as_tuple, checked, divide, problems

__all__ = [
    "Instalment",
    "PaymentSchedule",
    "PaymentTerms",
    "RefundRoute",
    "RefundRouting",
    "TenderKind",
    "as_tender",
]


class TenderKind(Choice):
    """With what something is paid; each payment of an order has one and is a fold of its own."""

    CARD = "card"
    WALLET = "wallet"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    POINTS = "points"
    """Loyalty points; the payment's amount is what they are worth, its ``points`` how many."""
    BANK_TRANSFER = "bank_transfer"
    CASH_ON_DELIVERY = "cash_on_delivery"
    INVOICE = "invoice"
    """Paid later, against an invoice."""
    OTHER = "other"


def as_tender(value: TenderKind | str) -> TenderKind:
    """The kind of tender; one that is a kind already costs only the question."""
    return value if type(value) is TenderKind else TenderKind(value)


class PaymentTerms(Choice):
    """Which money must be there before the seller binds himself."""

    PREPAID = "prepaid"
    """Captured money reaches what is asked."""
    AUTHORISED = "authorised"
    """Captured and authorised money together do."""
    ON_DELIVERY = "on_delivery"
    """None; the buyer pays at the door."""
    CREDIT = "credit"
    """None; the buyer pays an invoice, within a limit that is watched elsewhere."""


class RefundRouting(Choice):
    """In which order refunds go back over an order's payments; from each at most what it holds."""

    ORIGINAL_FIRST = "original_first"
    """The payment that came first gives back first."""
    LAST_IN_FIRST_OUT = "last_in_first_out"
    """The payment that came last gives back first."""
    STORE_CREDIT = "store_credit"
    """As original first, but the buyer gets store credit for it."""


class RefundRoute(Choice):
    """Where one refund goes."""

    TO_TENDER = "to_tender"
    """Back to what the buyer paid with."""
    TO_STORE_CREDIT = "to_store_credit"
    """To the buyer's credit with the seller."""


@attrs.frozen(kw_only=True)
@checked
class Instalment:
    """A part of the amount due and the command that it has to be paid before.

    Exactly one of ``share`` (of the amount due, rounded half up) and ``amount`` is given; for the
    last instalment of a schedule neither: it is the rest. ``within`` is how long after placing it
    may be paid; beyond that the host is told.

    Raises:
        InvalidBatch: ``instalment.part`` for both share and amount, ``instalment.share`` outside
            0 to 1, ``instalment.amount`` not above zero, ``instalment.name``.

    Example:
        >>> Instalment(name="deposit", amount=Money.of("50.00", "CNY"), before="confirm").before
        'confirm'
    """

    name: str
    before: str
    share: Fraction | None = None
    amount: Money | None = None
    within: Duration | None = None

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for path, value in (("name", self.name), ("before", self.before)):
            if not isinstance(value, str) or not value:
                faults.add("instalment.name", path, value, "a word")
        if self.share is not None and self.amount is not None:
            faults.add("instalment.part", "amount", str(self.amount), "a share or an amount")
        if isinstance(self.share, Fraction) and not 0 < self.share <= 1:
            faults.add("instalment.share", "share", self.share, "above 0, at most 1")
        if isinstance(self.amount, Money) and self.amount.minor < 1:
            faults.add("instalment.amount", "amount", str(self.amount), "an amount > 0")
        faults.raise_if_any(f"instalment {self.name}")

    def of(self, due_minor: int) -> int:
        """This part of an amount due, in minor units, at most all of it; all for the rest."""
        if self.amount is not None:
            return min(self.amount.minor, due_minor)
        if self.share is not None:
            return divide(
                due_minor * self.share.numerator, self.share.denominator, Rounding.HALF_UP
            )
        return due_minor


def _instalments(given: Iterable[Instalment]) -> tuple[Instalment, ...]:
    return as_tuple(given)


@attrs.frozen
@checked
class PaymentSchedule:
    """Deposit and balance: parts of the amount due in the order in which they are paid.

    The last instalment is the rest. An instalment is asked for before its command and before every
    later one.

    Raises:
        InvalidBatch: ``schedule.empty``; ``schedule.rest`` where the last instalment is not the
            rest, or another one is.

    Example:
        >>> presale = PaymentSchedule(
        ...     [
        ...         Instalment(name="deposit", share=Fraction(1, 5), before="confirm"),
        ...         Instalment(name="balance", before="ship"),
        ...     ]
        ... )
        >>> presale.needed_minor("confirm", 31590), presale.needed_minor("ship", 31590)
        (6318, 31590)
    """

    instalments: tuple[Instalment, ...] = attrs.field(converter=_instalments)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.instalments:
            faults.add("schedule.empty", "instalments", "()", "at least one instalment")
        for number, part in enumerate(self.instalments):
            rest = part.share is None and part.amount is None
            if rest != (number == len(self.instalments) - 1):
                faults.add(
                    "schedule.rest", f"instalments[{number}]", part.name, "the rest comes last"
                )
        faults.raise_if_any("payment schedule")

    def needed_minor(self, verb: str, due_minor: int) -> int:
        """How much of an amount due must be there before a command; 0 where none is asked.

        Never more than the amount due. O(instalments).
        """
        needed = reached = 0
        for part in self.instalments:
            reached = min(due_minor, reached + part.of(due_minor))
            if part.before == verb:
                needed = reached
        return needed
