"""A quote taken apart by its delivery groups, for orders that go to one place each."""

from __future__ import annotations

import attrs

from ordercore.kernel import FrozenMap, Money, expect
from ordercore.pricing.quote import Quote, QuoteSource

__all__ = ["by_delivery"]


def by_delivery(quote: Quote) -> FrozenMap[str, Quote]:
    """The quote's part for each delivery group that has lines, as a quote of its own. O(size).

    Lines and charges go whole, with every adjustment and tax, to their group's part. Charges of a
    group without lines (those of the whole order, where no line is in the group ``default``), and
    the coin rounding, go to the first part. Each part goes to its group's destination. As no book
    gave it, it is a recorded quote; with one group alone the quote comes back as it is, but for
    its destination.

    Raises:
        InvalidValue: ``type.wrong`` for what is no quote.

    Invariants: the totals, taxes and what funders pay sum to the quote's.

    Example:
        >>> from ordercore.pricing import Cart, CartLine, PriceBook
        >>> from ordercore.pricing import quote as price
        >>> cart = Cart(
        ...     lines=[
        ...         CartLine("1", sku="TEA", quantity=2),
        ...         CartLine("2", sku="TEA", quantity=1, delivery_group="gift"),
        ...     ]
        ... )
        >>> q = price(cart, PriceBook.of({"TEA": Money(500, "EUR")}), at="2026-01-01T00:00Z")
        >>> {group: str(part.total) for group, part in by_delivery(q).items()}
        {'default': 'EUR 10.00', 'gift': 'EUR 5.00'}
    """
    expect(quote, Quote, "quote")
    groups = sorted({line.delivery_group for line in quote.lines})
    if len(groups) == 1:
        return FrozenMap({groups[0]: attrs.evolve(quote, ship_to=quote.destination(groups[0]))})
    parts: dict[str, Quote] = {}
    for group in groups:
        first = group == groups[0]
        lines = [line for line in quote.lines if line.delivery_group == group]
        here = {line.line_id for line in lines}
        parts[group] = attrs.evolve(
            quote,
            lines=lines,
            charges=[
                attrs.evolve(charge, line_ids=[each for each in charge.line_ids if each in here])
                for charge in quote.charges
                if charge.delivery_group == group or (first and charge.delivery_group not in groups)
            ],
            rounding=quote.rounding if first else Money.zero(quote.currency),
            ship_to=quote.destination(group),
            deliveries=[each for each in quote.deliveries if each.group == group],
            source=QuoteSource.RECORDED,
            book_digest="",
            tax_digest="",
            policy_digest="",
            charge_digest="",
        )
    return FrozenMap(parts)
