"""Payments as folds of what their providers report, and the money position of an order.

Reports may be partial, repeated, late and out of order: each adds to the bucket of its kind, and
sums do not depend on order. What the order itself has asked for is kept beside what was reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

import attrs

from ordercore.kernel import Choice, Currency, Money, PaymentId, answering, checked, problems
from ordercore.orders.billing.tender import RefundRouting, TenderKind, as_tender
from ordercore.orders.identifiers import (
    as_payment_id,
)
from ordercore.orders.policy import CaptureRule

__all__ = ["MoneyPosition", "MoneyRequest", "Payment", "PaymentKind", "RequestKind", "settlement"]


class PaymentKind(Choice):
    """What a provider may report of a payment."""

    AUTHORISED = "authorised"
    CAPTURED = "captured"
    VOIDED = "voided"
    FAILED = "failed"
    """The buyer's attempt to pay did not succeed."""
    CAPTURE_FAILED = "capture_failed"
    """A capture did not succeed; its amount is no longer expected, nor its authorisation good."""
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    """A refund that was asked for did not succeed; the balance stays with the order."""
    CHARGED_BACK = "charged_back"
    CHARGEBACK_REVERSED = "chargeback_reversed"
    """A dispute was won: money that was charged back came again."""
    ADJUSTED = "adjusted"
    """The provider corrected what it had captured; the amount may be below zero."""


class RequestKind(Choice):
    """What an order may ask of a provider."""

    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


_SIGNED = frozenset({"adjusted_minor", "transferred_minor", "authorisation_transferred_minor"})


def _currency(value: str) -> Currency:
    return value if type(value) is Currency else Currency(value)


@attrs.frozen(kw_only=True)
@checked
class Payment:
    """One payment: sums of what was reported by kind, and of what was asked for, in minor units.

    Reports only ever add, so their order does not matter. The ``*_requested`` sums count from the
    beginning and include what happened unasked before a request, so that what is pending is what
    was requested less what was reported done or failed. ``transferred_minor`` is captured money
    that came along with units of another order (below zero: went), and
    ``authorisation_transferred_minor`` promised money; the provider knows nothing of either.

    Raises:
        InvalidBatch: ``payment.negative`` per bucket below zero.

    Example:
        >>> card = Payment(payment_id="p-1", currency="CNY").reported("authorised", 27590)
        >>> card.open_authorisation_minor, card.held_minor
        (27590, 0)
        >>> card.reported("captured", 20000).open_authorisation_minor
        7590
    """

    payment_id: PaymentId = attrs.field(converter=as_payment_id)
    currency: Currency = attrs.field(converter=_currency)
    tender: TenderKind = attrs.field(default=TenderKind.OTHER, converter=as_tender)
    points: int = 0
    authorised_minor: int = 0
    captured_minor: int = 0
    voided_minor: int = 0
    failed_minor: int = 0
    capture_failed_minor: int = 0
    refunded_minor: int = 0
    refund_failed_minor: int = 0
    charged_back_minor: int = 0
    chargeback_reversed_minor: int = 0
    adjusted_minor: int = 0
    transferred_minor: int = 0
    authorisation_transferred_minor: int = 0
    settled_minor: int = 0
    fee_minor: int = 0
    capture_requested_minor: int = 0
    void_requested_minor: int = 0
    refund_requested_minor: int = 0

    def __attrs_post_init__(self) -> None:
        if (
            self.authorised_minor >= 0
            and self.captured_minor >= 0
            and self.voided_minor >= 0
            and self.failed_minor >= 0
            and self.capture_failed_minor >= 0
            and self.refunded_minor >= 0
            and self.refund_failed_minor >= 0
            and self.charged_back_minor >= 0
            and self.chargeback_reversed_minor >= 0
            and self.settled_minor >= 0
            and self.fee_minor >= 0
            and self.points >= 0
            and self.capture_requested_minor >= 0
            and self.void_requested_minor >= 0
            and self.refund_requested_minor >= 0
        ):
            return
        faults = problems()
        for field in attrs.fields(Payment):
            if field.name in _SIGNED or not (
                field.name.endswith("_minor") or field.name == "points"
            ):
                continue
            if getattr(self, field.name) < 0:
                faults.add("payment.negative", field.name, getattr(self, field.name), "≥ 0")
        faults.raise_if_any(f"payment {self.payment_id}")

    # --- what the buckets mean ---

    @property
    def refund_committed_minor(self) -> int:
        """Money that went back or is on its way back."""
        return max(self.refund_requested_minor - self.refund_failed_minor, self.refunded_minor)

    @property
    def refund_pending_minor(self) -> int:
        """Money asked to go back and not yet reported back."""
        return self.refund_committed_minor - self.refunded_minor

    @property
    def collected_minor(self) -> int:
        """Captured money, as the provider corrected it, with what came and went with units."""
        return self.captured_minor + self.adjusted_minor + self.transferred_minor

    @property
    def disputed_minor(self) -> int:
        """Money that was charged back and not won again.

        What was won is no more than what was charged back, also where the reports come in another
        order: a dispute that is won brings no money that was never taken.
        """
        return max(0, self.charged_back_minor - self.chargeback_reversed_minor)

    @property
    def held_minor(self) -> int:
        """Collected money that is not going back; below zero when more went back than came."""
        return self.collected_minor - self.refund_committed_minor - self.disputed_minor

    def points_of(self, refunded_minor: int) -> int:
        """How many points go back with so much of the payment, cumulatively; all with all of it."""
        whole = self.collected_minor
        return self.points if refunded_minor >= whole else self.points * refunded_minor // whole

    @property
    def open_authorisation_minor(self) -> int:
        """Money that is promised and neither captured, given up, nor lost to a failed capture."""
        given_up = max(self.voided_minor, self.void_requested_minor) + self.capture_failed_minor
        promised = self.authorised_minor + self.authorisation_transferred_minor
        return max(0, promised - self.captured_minor - given_up)

    @property
    def capture_pending_minor(self) -> int:
        """Money asked for and not yet reported captured."""
        settled = self.captured_minor + self.capture_failed_minor
        return max(0, self.capture_requested_minor - settled)

    # --- moves ---

    def reported(self, kind: PaymentKind | str, minor: int) -> Payment:
        """The payment after a report of ``minor`` units; reports commute."""
        return self.reported_all({PaymentKind(kind): minor})

    def reported_all(self, sums: Mapping[PaymentKind, int]) -> Payment:
        """The payment after reports that come to these sums by kind.

        Example:
            >>> sums = {PaymentKind.AUTHORISED: 900, PaymentKind.CAPTURED: 400}
            >>> card = Payment(payment_id="p-1", currency="CNY").reported_all(sums)
            >>> card.open_authorisation_minor
            500
        """
        more = sums.get
        return Payment(
            payment_id=self.payment_id,
            currency=self.currency,
            tender=self.tender,
            points=self.points,
            authorised_minor=self.authorised_minor + more(PaymentKind.AUTHORISED, 0),
            captured_minor=self.captured_minor + more(PaymentKind.CAPTURED, 0),
            voided_minor=self.voided_minor + more(PaymentKind.VOIDED, 0),
            failed_minor=self.failed_minor + more(PaymentKind.FAILED, 0),
            capture_failed_minor=self.capture_failed_minor + more(PaymentKind.CAPTURE_FAILED, 0),
            refunded_minor=self.refunded_minor + more(PaymentKind.REFUNDED, 0),
            refund_failed_minor=self.refund_failed_minor + more(PaymentKind.REFUND_FAILED, 0),
            charged_back_minor=self.charged_back_minor + more(PaymentKind.CHARGED_BACK, 0),
            chargeback_reversed_minor=self.chargeback_reversed_minor
            + more(PaymentKind.CHARGEBACK_REVERSED, 0),
            adjusted_minor=self.adjusted_minor + more(PaymentKind.ADJUSTED, 0),
            transferred_minor=self.transferred_minor,
            authorisation_transferred_minor=self.authorisation_transferred_minor,
            settled_minor=self.settled_minor,
            fee_minor=self.fee_minor,
            capture_requested_minor=self.capture_requested_minor,
            void_requested_minor=self.void_requested_minor,
            refund_requested_minor=self.refund_requested_minor,
        )

    def requested(self, kind: RequestKind, minor: int) -> Payment:
        """The payment after the order has asked its provider for ``minor`` units."""
        match kind:
            case RequestKind.CAPTURE:
                settled = self.captured_minor + self.capture_failed_minor
                asked = max(self.capture_requested_minor, settled)
                return attrs.evolve(self, capture_requested_minor=asked + minor)
            case RequestKind.VOID:
                given_up = max(self.void_requested_minor, self.voided_minor)
                return attrs.evolve(self, void_requested_minor=given_up + minor)
            case RequestKind.REFUND:
                asked = self.refund_committed_minor + self.refund_failed_minor
                return attrs.evolve(self, refund_requested_minor=asked + minor)
            case _:
                assert_never(kind)


@attrs.frozen
@checked
class MoneyRequest:
    """One thing to ask of one provider.

    Example:
        >>> MoneyRequest("refund", "p-1", 500).kind
        <RequestKind.REFUND: 'refund'>
    """

    kind: RequestKind = attrs.field(converter=RequestKind)
    payment_id: PaymentId = attrs.field(converter=as_payment_id)
    minor: int


@answering
def settlement(
    payments: Iterable[Payment],
    due_minor: int,
    *,
    bound: bool,
    capture: CaptureRule,
    routing: RefundRouting = RefundRouting.ORIGINAL_FIRST,
) -> tuple[MoneyRequest, ...]:
    """What must be asked of the providers so that the order holds what is due and no more.

    Money above the amount due goes back, over the payments in the order that ``routing`` names,
    from each at most what it still holds. With nothing due, open authorisations are given up. For a
    ``bound`` order that captures by itself, authorised money is taken up to what is missing.

    Asking again after the answers are noted gives nothing: the rule is a function of the state.

    Args:
        payments: In the order of their first report.
        due_minor: What the buyer owes for what they keep.
        bound: Whether the order is confirmed.
        capture: The order's rule.
        routing: The order's rule for refunds.

    Example:
        >>> card = Payment(payment_id="p-1", currency="CNY", captured_minor=27590)
        >>> settlement([card], 21600, bound=True, capture=CaptureRule.ON_CONFIRM)[0].minor
        5990
    """
    known = tuple(payments)
    asked: list[MoneyRequest] = []
    held = sum(payment.held_minor for payment in known)
    excess = held - due_minor
    backwards = routing is RefundRouting.LAST_IN_FIRST_OUT
    for payment in known[::-1] if backwards else known:
        back = min(excess, payment.held_minor)
        if back > 0:
            asked.append(MoneyRequest(RequestKind.REFUND, payment.payment_id, back))
            excess -= back
    if due_minor == 0:
        asked.extend(
            MoneyRequest(RequestKind.VOID, payment.payment_id, payment.open_authorisation_minor)
            for payment in known
            if payment.open_authorisation_minor > 0
        )
    elif bound and capture is CaptureRule.ON_CONFIRM:
        missing = due_minor - held - sum(payment.capture_pending_minor for payment in known)
        for payment in known:
            take = min(missing, payment.open_authorisation_minor - payment.capture_pending_minor)
            if take > 0:
                asked.append(MoneyRequest(RequestKind.CAPTURE, payment.payment_id, take))
                missing -= take
    return tuple(asked)


@attrs.frozen(kw_only=True)
@checked
class MoneyPosition:
    """An order's money at a glance: paid = kept + refunded + pending + charged back + balance.

    ``due`` is what the buyer owes for what they keep; ``kept`` the part of it that the seller
    holds; ``balance`` what the seller holds beyond it (below zero when more went back than came);
    ``outstanding`` the part of ``due`` not held; ``authorised`` what is promised and not captured;
    ``carried`` what later refunds come less by.

    Example:
        >>> cny = Money.zero("CNY")
        >>> MoneyPosition(
        ...     due=cny,
        ...     paid=cny,
        ...     authorised=cny,
        ...     refunded=cny,
        ...     refund_pending=cny,
        ...     charged_back=cny,
        ...     kept=cny,
        ...     balance=cny,
        ...     outstanding=cny,
        ... ).covered
        True
    """

    due: Money
    paid: Money
    authorised: Money
    refunded: Money
    refund_pending: Money
    charged_back: Money
    kept: Money
    balance: Money
    outstanding: Money
    carried: Money = attrs.field()

    @carried.default
    def _nothing_carried(self) -> Money:
        return Money.zero(self.due.currency)

    @property
    def covered(self) -> bool:
        """Whether captured and authorised money together reach the amount due."""
        return self.outstanding.minor <= self.authorised.minor

    @classmethod
    def of(
        cls,
        payments: Iterable[Payment],
        due_minor: int,
        currency: Currency,
        carried_minor: int = 0,
    ) -> MoneyPosition:
        """The position that payments and an amount due make.

        Example:
            >>> card = Payment(payment_id="p-1", currency="CNY", captured_minor=700)
            >>> str(MoneyPosition.of([card], 1000, Currency("CNY")).outstanding)
            'CNY 3.00'
        """
        paid = authorised = refunded = pending = charged_back = 0
        for payment in payments:
            paid += payment.collected_minor
            authorised += payment.open_authorisation_minor
            refunded += payment.refunded_minor
            pending += payment.refund_pending_minor
            charged_back += payment.disputed_minor
        held = paid - refunded - pending - charged_back
        kept = max(0, min(held, due_minor))
        return cls(
            due=Money(due_minor, currency),
            paid=Money(paid, currency),
            authorised=Money(authorised, currency),
            refunded=Money(refunded, currency),
            refund_pending=Money(pending, currency),
            charged_back=Money(charged_back, currency),
            kept=Money(kept, currency),
            balance=Money(held - kept, currency),
            outstanding=Money(max(0, due_minor - held), currency),
            carried=Money(carried_minor, currency),
        )
