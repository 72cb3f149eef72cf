"""Compares what a channel reports with what its parts add up to; says where, repairs nothing."""

from __future__ import annotations

from ordercore.channels.draft import OrderDraft
from ordercore.kernel import Finding, Money, Severity, answering

__all__ = ["reconcile"]


@answering
def reconcile(draft: OrderDraft) -> tuple[Finding, ...]:
    """Where a draft does not add up; nothing when it does. Each value is ``parts ≠ reported``.

    Totals that the channel does not state are not compared. O(size). The codes, each after
    ``reconcile.``, are:

    - ``list_amount``: the lines against their stated sum; ``subtotal``: after discounts;
    - ``discount``: all discounts; ``coupons``: the codes are said to give more than these;
    - ``shipping``, ``fees``: charges, before or after their discounts; ``tax``; ``total``;
    - ``refund``: one refund against its units and charges;
    - ``refunded``: all refunds against their stated sum, or more than the total;
    - ``refunded_units``: more units than a line has;
    - ``unknown_line``: a refund or fulfilment of a line that is not there.

    Example:
        >>> from ordercore.channels import DraftLine, ReportedTotals
        >>> draft = OrderDraft(
        ...     channel="bazaar",
        ...     external_id="7001",
        ...     placed_at="2026-11-11T00:00Z",
        ...     currency="USD",
        ...     lines=[DraftLine("1", sku="IPOD", quantity=3, list_amount=Money(59700, "USD"))],
        ...     totals=ReportedTotals(list_amount=Money(39800, "USD")),
        ... )
        >>> [(finding.code, finding.value) for finding in reconcile(draft)]
        [('reconcile.list_amount', 'USD 597.00 ≠ USD 398.00')]
    """
    return tuple(_Comparison(draft).run())


class _Comparison:
    def __init__(self, draft: OrderDraft) -> None:
        self.draft = draft
        self.found: list[Finding] = []

    def money(self, minor: int) -> Money:
        return Money(minor, self.draft.currency)

    def note(self, code: str, path: str, message: str, value: str) -> None:
        self.found.append(Finding(f"reconcile.{code}", Severity.WARNING, path, message, value))

    def same(self, code: str, path: str, parts: int, reported: Money | None, what: str) -> None:
        if reported is not None and reported.minor != parts:
            self.note(code, path, what, f"{self.money(parts)} ≠ {reported}")

    def run(self) -> list[Finding]:
        draft, told = self.draft, self.draft.totals
        whole = sum(a.amount.minor for a in draft.adjustments)
        parts = (*draft.lines, *draft.charges)
        lists = sum(line.list_amount.minor for line in draft.lines)
        line_discount = sum(line.discount.minor for line in draft.lines) - whole
        discount = line_discount + sum(charge.discount.minor for charge in draft.charges)
        self.same("list_amount", "totals.list_amount", lists, told.list_amount, "sum of the lines")
        self.same("discount", "totals.discount", discount, told.discount, "sum of all discounts")
        if draft.coupons and all(coupon.amount is not None for coupon in draft.coupons):
            coupons = sum(c.amount.minor for c in draft.coupons if c.amount is not None)
            if coupons > discount:
                value = f"{self.money(discount)} ≠ {self.money(coupons)}"
                self.note("coupons", "coupons", "the codes give more than all discounts", value)
        after = lists - line_discount
        self.same("subtotal", "totals.subtotal", after, told.subtotal, "lines after discounts")
        for kind, path, stated in (
            ("shipping", "totals.shipping", told.shipping),
            ("fee", "totals.fees", told.fees),
        ):
            of_kind = [charge for charge in draft.charges if charge.kind == kind]
            listed = sum(charge.list_amount.minor for charge in of_kind)
            # Channels differ in whether they state it before or after its discounts.
            if stated is not None and stated.minor != sum(c.amount.minor for c in of_kind):
                code = path.removeprefix("totals.")
                self.same(code, path, listed, stated, "sum of the charges")
        tax = sum(part.tax.minor for part in parts)
        self.same("tax", "totals.tax", tax, told.tax, "sum of all taxes")
        explained = draft.explained_total.minor
        self.same("total", "totals.grand", explained, told.grand, "sum of everything")
        self.refunds()
        self.fulfilments()
        return self.found

    def refunds(self) -> None:
        draft = self.draft
        ordered: dict[str, int] = {line.line_id: line.quantity for line in draft.lines}
        given: dict[str, int] = {}
        for position, refund in enumerate(draft.refunds):
            path = f"refunds[{position}]"
            for unit in refund.units:
                given[unit.line_id] = given.get(unit.line_id, 0) + unit.quantity
            stated = [u.amount for u in refund.units if u.amount is not None]
            if len(stated) == len(refund.units) and (refund.units or refund.charges):
                parts = sum(amount.minor for amount in stated)
                parts += sum(charge.amount.minor for charge in refund.charges)
                if not draft.tax_included:
                    taxes = [u.tax for u in refund.units] + [c.tax for c in refund.charges]
                    parts += sum(tax.minor for tax in taxes if tax is not None)
                self.same("refund", path, parts, refund.amount, "its units and charges")
        refunded = sum(refund.amount.minor for refund in draft.refunds)
        if draft.totals.refunded is not None:
            stated_sum = draft.totals.refunded
            self.same("refunded", "totals.refunded", refunded, stated_sum, "sum of the refunds")
        elif refunded > draft.total.minor:
            value = f"{self.money(refunded)} ≠ {draft.total}"
            self.note("refunded", "refunds", "more is refunded than was asked for", value)
        for line_id, units in given.items():
            if line_id not in ordered:
                self.note(
                    "unknown_line", "refunds", "a refund of a line that is not there", line_id
                )
            elif units > ordered[line_id]:
                value = f"{units} ≠ {ordered[line_id]}"
                path = f"lines[{line_id}]"
                self.note("refunded_units", path, "more units refunded than ordered", value)

    def fulfilments(self) -> None:
        known = {line.line_id for line in self.draft.lines}
        for position, fulfilment in enumerate(self.draft.fulfilments):
            for unit in fulfilment.units:
                if unit.line_id not in known:
                    path = f"fulfilments[{position}]"
                    message = "a fulfilment of a line that is not there"
                    self.note("unknown_line", path, message, unit.line_id)
