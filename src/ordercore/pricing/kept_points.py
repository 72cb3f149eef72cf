"""What of a quote's points stays with the units that are kept."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ordercore.kernel import LineId, answering, cumulative_share, problems
from ordercore.pricing.promotions.points import QuotePoints
from ordercore.pricing.quote import Quote

__all__ = ["kept_points", "split_points"]


@answering
def kept_points(
    quote: Quote, kept: Mapping[str, int] | Mapping[LineId, int]
) -> tuple[QuotePoints, ...]:
    """The points earned and paid that belong to the units kept, promotion by promotion.

    A function of the units kept, never of the path to them: a step takes back the difference of
    what was earned, and gives back that of what was paid. Of a line of n units, k units have what
    belongs to the first k of n. O(lines × promotions with points).

    Args:
        quote: The quote of the order.
        kept: Units kept by line; a line that is absent keeps none.

    Raises:
        InvalidBatch: ``refund.unknown_line``, ``refund.quantity``; all of them.

    Example:
        >>> from ordercore.kernel import Money
        >>> from ordercore.pricing import Cart, CartLine, PriceBook, earn_points, quote
        >>> club = earn_points("club", 1, per=Money.of("1.00", "EUR"))
        >>> book = PriceBook.of({"TEA": Money.of("3.50", "EUR")}, promotions=[club])
        >>> q = quote(
        ...     Cart(lines=[CartLine("1", sku="TEA", quantity=3)]), book, at="2026-01-01T00:00Z"
        ... )
        >>> [kept_points(q, {"1": units})[0].points for units in range(4)]
        [0, 3, 6, 10]
    """
    units = {line.line_id: line.quantity for line in quote.lines}
    faults = problems()
    given: dict[str, int] = {}
    for line_id, quantity in kept.items():
        path = f"kept[{line_id}]"
        if line_id not in units:
            faults.add("refund.unknown_line", path, line_id, "a line of the quote")
        elif type(quantity) is not int or not 0 <= quantity <= units[LineId(line_id)]:
            most = units[LineId(line_id)]
            faults.add("refund.quantity", path, quantity, f"an integer from 0 to {most}")
        else:
            given[line_id] = quantity
    faults.raise_if_any("kept points")
    return tuple(
        [
            attrs.evolve(
                points,
                lines={
                    line: cumulative_share(share, given.get(line, 0), units[line])
                    for line, share in points.lines.items()
                },
            )
            for points in quote.points
        ]
    )


def split_points(
    quote: Quote,
    before: Mapping[str, int] | Mapping[LineId, int],
    after: Mapping[str, int] | Mapping[LineId, int],
) -> tuple[QuotePoints, ...]:
    """The points that a step takes along, promotion by promotion; what has none is left out.

    Example:
        >>> from ordercore.kernel import Money
        >>> from ordercore.pricing import QuoteLine
        >>> line = QuoteLine("1", sku="TEA", quantity=2, list_amount=Money(300, "EUR"))
        >>> club = QuotePoints(promotion="club", kind="earned", lines={"1": 3})
        >>> q = Quote(currency="EUR", at="2026-01-01T00:00Z", lines=[line], points=[club])
        >>> [gone] = split_points(q, {"1": 2}, {"1": 1})
        >>> gone.points
        2
    """
    return tuple(
        [
            attrs.evolve(had, lines=gone)
            for had, has in zip(kept_points(quote, before), kept_points(quote, after), strict=True)
            if (
                gone := {
                    line: share - has.lines[line]
                    for line, share in had.lines.items()
                    if share > has.lines[line]
                }
            )
        ]
    )
