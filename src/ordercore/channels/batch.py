"""What an import gives: drafts, other documents, what was rejected, and every finding."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.channels.document import AccountAdjustment, CreditDraft, StockAdjustment
from ordercore.channels.draft import OrderDraft
from ordercore.kernel import Finding, FrozenMap, as_tuple, checked, sorted_unique

__all__ = ["ImportBatch", "Rejection"]


def _numbers(given: Iterable[int]) -> tuple[int, ...]:
    return as_tuple(given)


def _codes(given: Iterable[str]) -> tuple[str, ...]:
    return sorted_unique(given)


@attrs.frozen(kw_only=True)
@checked
class Rejection:
    """A document that was not imported, as a whole: half an order is worse than none.

    ``path`` says where it stands, ``rows`` which rows of a table it had (counted from 0),
    ``codes`` why; the findings at these places say more.

    Example:
        >>> Rejection(document="1001", path="orders[3]", codes=["money.not_a_number"]).codes
        ('money.not_a_number',)
    """

    document: str
    path: str
    codes: tuple[str, ...] = attrs.field(converter=_codes)
    rows: tuple[int, ...] = attrs.field(default=(), converter=_numbers)


def _drafts(given: Iterable[OrderDraft]) -> tuple[OrderDraft, ...]:
    return as_tuple(given)


def _credits(given: Iterable[CreditDraft]) -> tuple[CreditDraft, ...]:
    return as_tuple(given)


def _stock(given: Iterable[StockAdjustment]) -> tuple[StockAdjustment, ...]:
    return as_tuple(given)


def _accounts(given: Iterable[AccountAdjustment]) -> tuple[AccountAdjustment, ...]:
    return as_tuple(given)


def _rejected(given: Iterable[Rejection]) -> tuple[Rejection, ...]:
    return as_tuple(given)


def _findings(given: Iterable[Finding]) -> tuple[Finding, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class ImportBatch:
    """Everything that came in, in one place or another.

    ``rows_in`` counts the rows of a table (0 for JSON), ``documents_in`` the orders and other
    documents they make up; none is lost (``INV-CHANNEL-1`` and ``-2``). Findings stand in the
    order of the input; an error means that its document was rejected.

    Example:
        >>> ImportBatch().counts
        FrozenMap({})
    """

    drafts: tuple[OrderDraft, ...] = attrs.field(default=(), converter=_drafts)
    credit_documents: tuple[CreditDraft, ...] = attrs.field(default=(), converter=_credits)
    stock_adjustments: tuple[StockAdjustment, ...] = attrs.field(default=(), converter=_stock)
    account_adjustments: tuple[AccountAdjustment, ...] = attrs.field(
        default=(), converter=_accounts
    )
    rejected: tuple[Rejection, ...] = attrs.field(default=(), converter=_rejected)
    findings: tuple[Finding, ...] = attrs.field(default=(), converter=_findings)
    rows_in: int = 0
    documents_in: int = 0

    @property
    def rows_out(self) -> int:
        """Rows found again: each is one line, charge or adjustment, or stands in a rejection."""
        return (
            sum(len(d.lines) + len(d.charges) + len(d.adjustments) for d in self.drafts)
            + sum(len(c.lines) + len(c.charges) for c in self.credit_documents)
            + len(self.stock_adjustments)
            + len(self.account_adjustments)
            + sum(len(rejection.rows) for rejection in self.rejected)
        )

    @property
    def documents_out(self) -> int:
        """Documents found again, each counted once."""
        names = {draft.external_id for draft in self.drafts}
        if self.rows_in:
            names |= {credit.external_id for credit in self.credit_documents}
            names |= {change.document for change in self.stock_adjustments}
            names |= {change.document for change in self.account_adjustments}
            names |= {rejection.document for rejection in self.rejected}
            return len(names)
        return len(self.drafts) + len(self.rejected)

    @property
    def counts(self) -> FrozenMap[str, int]:
        """How often each code was found."""
        found: dict[str, int] = {}
        for finding in self.findings:
            found[finding.code] = found.get(finding.code, 0) + 1
        return FrozenMap(found)

    def found(self, code: str) -> tuple[Finding, ...]:
        """The findings of one code, in the order of the input.

        Example:
            >>> ImportBatch().found("row.free")
            ()
        """
        return tuple(finding for finding in self.findings if finding.code == code)
