"""The laws of prices, and the function that proves a quote's sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ordercore.kernel import Invariant, LineId, Violation, answering
from ordercore.pricing.amount import MERCHANT, PricedAmount
from ordercore.pricing.quote import Quote, QuoteSource
from ordercore.pricing.refund import kept_value, refund
from ordercore.pricing.usage import USAGE_INVARIANTS

__all__ = ["INVARIANTS", "check_sums"]


def _parts(quote: Quote) -> Iterator[tuple[str, PricedAmount]]:
    for line in quote.lines:
        yield f"lines[{line.line_id}]", line
    for charge in quote.charges:
        yield f"charges[{charge.charge_id}]", charge


def _columns_sum(quote: Quote) -> Violation | None:
    columns = quote.rounding.minor
    for _, part in _parts(quote):
        columns += part.list_amount.minor
        columns += sum(adjustment.amount.minor for adjustment in part.adjustments)
        columns += sum(share.amount.minor for share in part.taxes if not share.included)
    if columns != quote.total.minor:
        return Violation("INV-PRICE-1", {"total": quote.total.minor, "parts": columns})
    return None


def _net_and_tax(quote: Quote) -> Violation | None:
    for path, part in _parts(quote):
        if part.net + part.tax != part.gross:
            figures = f"{part.net.minor} + {part.tax.minor} != {part.gross.minor}"
            return Violation("INV-PRICE-2", {"path": path, "figures": figures})
    return None


def _never_below_zero(quote: Quote) -> Violation | None:
    if quote.source is QuoteSource.RECORDED:
        return None
    for path, part in _parts(quote):
        left = part.list_amount.minor
        for adjustment in part.adjustments:
            left += adjustment.amount.minor
            if left < 0:
                return Violation("INV-PRICE-3", {"path": path, "left": left})
    return None


def _funders_pay(quote: Quote) -> Violation | None:
    borne = sum(
        adjustment.amount.minor
        for _, part in _parts(quote)
        for adjustment in part.adjustments
        if adjustment.funder == MERCHANT
    )
    on_top = sum(
        share.amount.minor
        for _, part in _parts(quote)
        for share in part.taxes
        if not share.included
    )
    listed = sum(part.list_amount.minor for _, part in _parts(quote))
    expected = listed + borne + on_top + quote.rounding.minor
    if quote.revenue.minor != expected:
        return Violation("INV-PRICE-4", {"revenue": quote.revenue.minor, "expected": expected})
    return None


def _price_points(quote: Quote) -> Violation | None:
    for line in quote.lines:
        points = line.price_points
        units = sum(point.quantity for point in points)
        minor = sum(point.price.minor * point.quantity for point in points)
        if len(points) > 2 or units != line.quantity or minor != line.gross.minor:
            return Violation("INV-PRICE-5", {"line": line.line_id, "units": units, "minor": minor})
    return None


def _nothing_is_taxed_nothing(quote: Quote) -> Violation | None:
    if quote.source is QuoteSource.RECORDED:
        return None
    for path, part in _parts(quote):
        if not part.amount and (part.tax or part.net or part.gross):
            return Violation("INV-PRICE-6", {"path": path, "tax": part.tax.minor})
    return None


def _all_or_nothing(quote: Quote) -> Violation | None:
    everything = kept_value(quote, quote.quantities).minor
    stays = sum(c.gross.minor for c in quote.charges if not c.refundable)
    nothing = kept_value(quote, {}, charges=False).minor
    if any(not charge.refundable for charge in quote.charges):
        stays += quote.rounding.minor
    if everything != quote.total.minor or nothing != stays:
        return Violation("INV-PRICE-7", {"everything": everything, "nothing": nothing})
    return None


def _path_independent(
    quote: Quote,
    before: Mapping[LineId, int],
    between: Mapping[LineId, int],
    after: Mapping[LineId, int],
) -> Violation | None:
    first = refund(quote, before, between).total.minor
    second = refund(quote, between, after).total.minor
    at_once = refund(quote, before, after).total.minor
    if first + second != at_once:
        witness = {"first": first, "second": second, "at_once": at_once}
        return Violation("INV-PRICE-8", witness)
    return None


def _figures(quote: Quote) -> Violation | None:
    """The figures of an invoice: items, charges, discounts, taxes by rate, rounding, total."""
    rated = sum(total.amount.minor for total in quote.tax_totals)
    listed = quote.subtotal.minor + sum(c.list_amount.minor for c in quote.charges)
    inside = sum(
        share.amount.minor for _, p in _parts(quote) for share in p.taxes if share.included
    )
    told = quote.net.minor + inside + quote.discount.minor
    whole = quote.net.minor + quote.tax.minor + quote.rounding.minor
    if rated != quote.tax.minor or listed != told or whole != quote.total.minor:
        return Violation(
            "INV-PRICE-9", {"by_rate": rated, "tax": quote.tax.minor, "listed": listed}
        )
    return None


_QUOTE_LAWS = (
    Invariant(
        "INV-PRICE-1",
        "a quote",
        "The total is the exact sum of all list amounts, adjustments, taxes on top and coin "
        "rounding.",
        _columns_sum,
    ),
    Invariant(
        "INV-PRICE-2",
        "a quote",
        "Of every line and charge, net and tax sum to what the buyer pays.",
        _net_and_tax,
    ),
    Invariant(
        "INV-PRICE-3",
        "a quote",
        "No discount of a computed quote takes a line or charge below zero.",
        _never_below_zero,
    ),
    Invariant(
        "INV-PRICE-4",
        "a quote",
        "The seller bears exactly the adjustments that it funds; all others are revenue that "
        "someone else pays.",
        _funders_pay,
    ),
    Invariant(
        "INV-PRICE-5",
        "a quote",
        "A line's units have at most two prices, and these sum to what the buyer pays for it.",
        _price_points,
    ),
    Invariant(
        "INV-PRICE-6",
        "a quote",
        "What a computed quote discounts to zero is zero in net, tax and gross.",
        _nothing_is_taxed_nothing,
    ),
    Invariant(
        "INV-PRICE-7",
        "a quote",
        "Who keeps everything has paid the total; who gives everything back has paid for nothing "
        "but the charges that are not refundable.",
        _all_or_nothing,
    ),
    Invariant(
        "INV-PRICE-9",
        "a quote",
        "Its taxes by rate sum to its tax; items and charges less discounts are its net amount and "
        "the tax within; with the tax on top and coin rounding they are its total.",
        _figures,
    ),
)

INVARIANTS: tuple[Invariant, ...] = (
    *_QUOTE_LAWS,
    Invariant(
        "INV-PRICE-8",
        "a quote and the units kept before, between and after two steps",
        "Two steps of a return refund what one step refunds.",
        _path_independent,
    ),
    *USAGE_INVARIANTS,
)
"""The laws of this package."""


@answering
def check_sums(quote: Quote) -> tuple[Violation, ...]:
    """Every law that the quote breaks: nothing for a quote that sums at every level. O(size).

    Example:
        >>> from ordercore.kernel import Money
        >>> from ordercore.pricing import QuoteLine
        >>> line = QuoteLine("1", sku="TEA", quantity=3, list_amount=Money(1000, "EUR"))
        >>> check_sums(Quote(currency="EUR", at="2026-01-01T00:00Z", lines=[line]))
        ()
    """
    found = (law.check(quote) for law in _QUOTE_LAWS)
    return tuple(violation for violation in found if violation is not None)
