"""Quotes with other lines, as hosts make them for edits; needs no library of tests."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.pricing import Quote, QuoteLine

__all__ = ["with_lines"]


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
