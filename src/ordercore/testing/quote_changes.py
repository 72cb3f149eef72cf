"""Quotes with other lines, as hosts make them for edits; needs no library of tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from ordercore.kernel import Money
from ordercore.pricing import Quote, QuoteLine

__all__ = ["with_lines", "with_units"]


def with_units(quote: Quote, units: Mapping[str, int]) -> Quote:
    """The quote with so many units of the lines that are named, at their price; none drops one.

    Prices that do not divide are rounded down, as it does not matter what they are.
    """
    lines: list[QuoteLine] = []
    for line in quote.lines:
        wanted = units.get(line.line_id, line.quantity)
        if wanted == line.quantity:
            lines.append(line)
        elif wanted:
            amount = Money(line.list_amount.minor // line.quantity * wanted, quote.currency)
            lines.append(attrs.evolve(line, quantity=wanted, list_amount=amount))
    return with_lines(quote, lines)


def with_lines(quote: Quote, lines: Iterable[QuoteLine]) -> Quote:
    """The quote with other lines; charges that belong to a line go with it."""
    kept = tuple(lines)
    ids = {line.line_id for line in kept}
    return attrs.evolve(
        quote,
        lines=kept,
        charges=[
            attrs.evolve(charge, line_ids=[each for each in charge.line_ids if each in ids])
            for charge in quote.charges
            if not charge.line_ids or not ids.isdisjoint(charge.line_ids)
        ],
    )
