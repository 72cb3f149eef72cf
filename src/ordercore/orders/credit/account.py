"""The credit account of a customer: a limit, what it is used for, and who stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import attrs

from ordercore.kernel import (
    CommandId,
    Currency,
    CustomerId,
    FrozenMap,
    Instant,
    InvalidValue,
    InvoiceId,
    Money,
    OrderId,
    as_instant,
    as_map,
    checked,
    expect,
    problems,
    shift,
)
from ordercore.orders.remembered import Remembered
from ordercore.orders.review import Review
from ordercore.orders.texts import sorted_texts

__all__ = [
    "DEFAULT_CREDIT_POLICY",
    "CreditAccount",
    "CreditInvoice",
    "CreditOverride",
    "CreditPolicy",
    "LimitProposal",
]

K = TypeVar("K", bound=str)
V = TypeVar("V")

_NOTHING_SEEN = Remembered()


def _roles(given: Iterable[str]) -> tuple[str, ...]:
    return sorted_texts(given, "approver_roles")


@attrs.frozen(kw_only=True)
@checked
class CreditPolicy:
    """What a seller decides once about an account; pinned to it when it is opened.

    Args:
        name: The policy's name.
        review_above: A limit that is raised above this needs a second review; None: none does.
        approvals: How many persons besides the proposer must agree to such a limit.
        override_approvals: How many persons besides the reserver must agree to pass the limit.
        approver_roles: In which roles one may agree; empty: in any.
        terms_days: After how many days of 24 hours an invoice is due that does not say when.
        block_overdue_days: How many days an invoice may be overdue before nothing more is
            reserved; None: overdue invoices block nothing.
        remembered_ids: How many command ids, and how many fact ids, are remembered at least.

    Raises:
        InvalidBatch: ``policy.name``; ``type.wrong``; ``amount.negative``; ``review.needed`` for
            fewer than one approval; ``policy.days`` and ``policy.remembered_ids`` out of range.

    Example:
        >>> CreditPolicy(review_above=Money.of(500000, "CNY"), approvals=2).terms_days
        30
    """

    name: str = "default"
    review_above: Money | None = None
    approvals: int = 1
    override_approvals: int = 1
    approver_roles: tuple[str, ...] = attrs.field(default=(), converter=_roles)
    terms_days: int = 30
    block_overdue_days: int | None = None
    remembered_ids: int = 256

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.name:
            faults.add("policy.name", "name", self.name, "a name")
        if self.review_above is not None and not isinstance(self.review_above, Money):
            faults.add("type.wrong", "review_above", self.review_above, "Money or None")
        elif self.review_above is not None and self.review_above.minor < 0:
            faults.add("amount.negative", "review_above", self.review_above, "an amount ≥ 0")
        for name in ("approvals", "override_approvals"):
            needed = getattr(self, name)
            if type(needed) is not int or needed < 1:
                faults.add("review.needed", name, needed, "an integer ≥ 1")
        days = {"terms_days": self.terms_days}
        if self.block_overdue_days is not None:
            days["block_overdue_days"] = self.block_overdue_days
        for name, given in days.items():
            if type(given) is not int or given < 0:
                faults.add("policy.days", name, given, "an integer ≥ 0")
        if type(self.remembered_ids) is not int or self.remembered_ids < 1:
            faults.add(
                "policy.remembered_ids", "remembered_ids", self.remembered_ids, "an integer ≥ 1"
            )
        faults.raise_if_any("credit policy")


DEFAULT_CREDIT_POLICY = CreditPolicy()


@attrs.frozen(kw_only=True)
@checked
class CreditInvoice:
    """An invoice that is not paid in full; ``paid_minor`` of ``amount_minor`` is settled.

    Example:
        >>> CreditInvoice(
        ...     invoice_id="i-1",
        ...     order_id="o-1",
        ...     amount_minor=500,
        ...     paid_minor=200,
        ...     due_at="2026-12-11T00:00:00Z",
        ... ).unpaid_minor
        300
    """

    invoice_id: InvoiceId = attrs.field(converter=InvoiceId)
    order_id: OrderId = attrs.field(converter=OrderId)
    amount_minor: int
    paid_minor: int = 0
    due_at: Instant = attrs.field(converter=as_instant)

    @property
    def unpaid_minor(self) -> int:
        """What is still owed, in minor units."""
        return self.amount_minor - self.paid_minor


@attrs.frozen(kw_only=True)
@checked
class LimitProposal:
    """A limit that waits for its review; its id is that of the command that proposed it."""

    proposal_id: CommandId = attrs.field(converter=CommandId)
    limit_minor: int
    review: Review


@attrs.frozen(kw_only=True)
@checked
class CreditOverride:
    """Leave for one order to pass the limit, by at most ``up_to_minor``, once."""

    order_id: OrderId = attrs.field(converter=OrderId)
    up_to_minor: int
    review: Review


def _by(given: Mapping[K, V], kind: Callable[[str], K]) -> FrozenMap[K, V]:
    """A map by identifiers; what is no map of texts comes back as it is."""
    found = as_map(given)
    if type(found) is not FrozenMap or all(type(key) is kind for key in found):
        return found
    try:
        return FrozenMap({kind(expect(key, str, "")): held for key, held in found.items()})
    except InvalidValue:
        return found


def _open(given: Mapping[OrderId, int]) -> FrozenMap[OrderId, int]:
    return _by(given, OrderId)


def _invoices(given: Mapping[InvoiceId, CreditInvoice]) -> FrozenMap[InvoiceId, CreditInvoice]:
    return _by(given, InvoiceId)


def _unapplied(given: Mapping[InvoiceId, int]) -> FrozenMap[InvoiceId, int]:
    return _by(given, InvoiceId)


def _overrides(given: Mapping[OrderId, CreditOverride]) -> FrozenMap[OrderId, CreditOverride]:
    return _by(given, OrderId)


@attrs.frozen(kw_only=True)
@checked
class CreditAccount:
    """One customer's credit as its events left it. Made by ``evolve`` and ``replay`` only.

    ``open`` is what is reserved, by order; ``invoices`` are those not paid in full; ``unapplied``
    is money that came for an invoice that is not there, or beyond what it asks, by invoice. The
    ``*_minor`` sums count from the beginning. The state grows with what is open, not with history.

    Example:
        >>> from ordercore.orders.credit.specimen import tea_account
        >>> account = tea_account()
        >>> str(account.limit), str(account.exposure), str(account.available)
        ('CNY 1000.00', 'CNY 0.00', 'CNY 1000.00')
    """

    customer: CustomerId = attrs.field(converter=CustomerId)
    version: int
    currency: Currency = attrs.field(converter=Currency)
    policy: CreditPolicy
    opened_at: Instant = attrs.field(converter=as_instant)
    limit_minor: int = 0
    limit_review: Review | None = None
    proposal: LimitProposal | None = None
    suspended: bool = False
    reserved_minor: int = 0
    released_minor: int = 0
    invoiced_minor: int = 0
    settled_minor: int = 0
    reported_minor: int = 0
    returned_minor: int = 0
    open: FrozenMap[OrderId, int] = attrs.field(factory=FrozenMap, converter=_open)
    invoices: FrozenMap[InvoiceId, CreditInvoice] = attrs.field(
        factory=FrozenMap, converter=_invoices
    )
    unapplied: FrozenMap[InvoiceId, int] = attrs.field(factory=FrozenMap, converter=_unapplied)
    overrides: FrozenMap[OrderId, CreditOverride] = attrs.field(
        factory=FrozenMap, converter=_overrides
    )
    clashes: FrozenMap[str, int] = attrs.field(factory=FrozenMap)
    commands_seen: Remembered = _NOTHING_SEEN
    facts_seen: Remembered = _NOTHING_SEEN

    # --- exposure, in minor units ---

    @property
    def open_minor(self) -> int:
        """Reserved for orders and not invoiced yet."""
        return self.reserved_minor - self.released_minor - self.invoiced_minor

    @property
    def unpaid_minor(self) -> int:
        """Invoiced and not paid."""
        return self.invoiced_minor - self.settled_minor

    @property
    def exposure_minor(self) -> int:
        """What the seller would lose if the customer paid nothing more: open + unpaid."""
        return self.open_minor + self.unpaid_minor

    # --- the same as amounts ---

    @property
    def limit(self) -> Money:
        """The limit in force."""
        return Money(self.limit_minor, self.currency)

    @property
    def exposure(self) -> Money:
        """Open + invoiced unpaid. Money that is not applied to an invoice does not lessen it."""
        return Money(self.exposure_minor, self.currency)

    @property
    def available(self) -> Money:
        """What may still be reserved: limit − exposure, never below zero."""
        return Money(max(0, self.limit_minor - self.exposure_minor), self.currency)

    # --- due dates ---

    def overdue_invoices(self, at: Instant, *, days: int = 0) -> tuple[CreditInvoice, ...]:
        """Invoices that were due more than so many days of 24 hours before ``at``, oldest first.

        An invoice is due until its instant and overdue from it on. O(open invoices).

        Example:
            >>> from ordercore.kernel import instant
            >>> from ordercore.orders.credit.specimen import tea_account
            >>> tea_account().overdue_invoices(instant("2027-01-01T00:00:00Z"))
            ()
        """
        late = [
            invoice for invoice in self.invoices.values() if shift(invoice.due_at, days=days) <= at
        ]
        return tuple(sorted(late, key=lambda invoice: (invoice.due_at, invoice.invoice_id)))

    def overdue(self, at: Instant, *, days: int = 0) -> Money:
        """What is unpaid on :meth:`overdue_invoices`."""
        late = self.overdue_invoices(at, days=days)
        return Money(sum(invoice.unpaid_minor for invoice in late), self.currency)
