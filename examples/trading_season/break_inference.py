"""Price lists with one quantity break, inferred from invoice lines: by item, channel and week.

An item's break is the quantity that explains most of its lines by two prices, the list price
below it and a lower one from it on. Weeks then vote on either side of it, as prices change.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from functools import cache

import attrs

from ordercore.kernel import Instant, Money, PrecisionLoss, Span, instant, shift
from ordercore.pricing import PriceBook, PriceList, PriceRow
from trading_season.pricing_inference import modal

__all__ = ["BreakPrices", "QuantityBreak", "find_break"]

FIRST_MONDAY = dt.date(2010, 11, 29)
LEAST_LINES = 3
"""Lines on either side that a break needs."""


@attrs.frozen(kw_only=True)
class QuantityBreak:
    """From ``quantity`` on the price falls; the two prices explain ``explained`` lines."""

    quantity: int
    list_minor: int
    break_minor: int
    explained: int


def find_break(votes: Counter[tuple[int, int]]) -> QuantityBreak | None:
    """The best break of an item's lines, given as (quantity, unit price) with their counts.

    None unless two prices explain more lines than one does. O(quantities × lines).
    """
    alone: Counter[int] = Counter()
    for (_, minor), count in votes.items():
        alone[minor] += count
    best: QuantityBreak | None = None
    plain = max(alone.values(), default=0)
    for at in sorted({quantity for quantity, _ in votes if quantity > 1}):
        below: Counter[int] = Counter()
        above: Counter[int] = Counter()
        for (quantity, minor), count in votes.items():
            (above if quantity >= at else below)[minor] += count
        if not below:
            continue
        list_minor, break_minor = modal(below), modal(above)
        low, high = below[list_minor], above[break_minor]
        if break_minor >= list_minor or min(low, high) < LEAST_LINES:
            continue
        # Of breaks that explain as much the highest is the one that was really bought at.
        if low + high >= (plain + LEAST_LINES + 1 if best is None else best.explained):
            best = QuantityBreak(
                quantity=at, list_minor=list_minor, break_minor=break_minor, explained=low + high
            )
    return best


def _week(day: dt.date) -> int:
    return (day - FIRST_MONDAY).days // 7


class BreakPrices:
    """Votes by channel and item; a book of them when all were seen."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._seen: dict[tuple[str, str], Counter[tuple[int, int, int]]] = {}
        self._votes: dict[tuple[str, str, int, int], int] = {}
        self._breaks: dict[tuple[str, str], QuantityBreak | None] = {}
        # Few days and prices are distinct; each is read once.
        self._weeks: dict[str, int] = {}
        self._minors: dict[str, int | None] = {}

    def see(self, channel: str, sku: str, local: str, quantity: int, price: str) -> None:
        """Count a line; prices finer than the currency are no evidence."""
        day = local[:10]
        if day not in self._weeks:
            self._weeks[day] = _week(dt.date.fromisoformat(day))
        if price not in self._minors:
            self._minors[price] = self._exact(price)
        minor, week = self._minors[price], self._weeks[day]
        if minor is None:
            return
        self._seen.setdefault((channel, sku), Counter())[week, quantity, minor] += 1

    def _exact(self, price: str) -> int | None:
        try:
            return Money.of(Decimal(price), self._currency).minor
        except PrecisionLoss:
            return None

    def book(self) -> PriceBook:
        """One list per channel: a row per item, week and side of the break."""
        rows: dict[str, list[PriceRow]] = {}
        for (channel, sku), votes in sorted(self._seen.items()):
            flat: Counter[tuple[int, int]] = Counter()
            for (_, quantity, minor), count in votes.items():
                flat[quantity, minor] += count
            found = find_break(flat)
            self._breaks[channel, sku] = found
            sides: dict[tuple[int, int], Counter[int]] = {}
            for (week, quantity, minor), count in votes.items():
                step = found.quantity if found is not None and quantity >= found.quantity else 1
                sides.setdefault((week, step), Counter())[minor] += count
            for (week, step), prices in sorted(sides.items()):
                self._votes[channel, sku, week, step] = prices.total()
                rows.setdefault(channel, []).append(
                    PriceRow(
                        sku,
                        Money(modal(prices), self._currency),
                        min_quantity=step,
                        span=_span(week),
                    )
                )
        return PriceBook(
            lists=[
                PriceList(channel, currency=self._currency, rows=found, channels=[channel])
                for channel, found in sorted(rows.items())
            ]
        )

    @property
    def breaks(self) -> dict[tuple[str, str], QuantityBreak]:
        """The breaks that were found, once the book was made."""
        return {key: found for key, found in self._breaks.items() if found is not None}

    def votes(self, channel: str, sku: str, at: Instant, quantity: int) -> int:
        """How many lines stand behind a price."""
        found = self._breaks.get((channel, sku))
        step = found.quantity if found is not None and quantity >= found.quantity else 1
        return self._votes.get((channel, sku, _week(at.date()), step), 0)


@cache
def _span(week: int) -> Span:
    """Monday to Monday; nothing is invoiced at midnight, so the zone may be UTC."""
    monday = instant(f"{FIRST_MONDAY:%Y-%m-%d}T00:00:00Z")
    return Span(shift(monday, days=7 * week), shift(monday, days=7 * week + 7))
