"""Price lists and promotions inferred from what was paid: by product, store and week.

A line's own price is never looked up for that line. All lines of a product in a store in a week
vote, and the modal unit price is the shelf price there; the modal loyalty discount a unit becomes
a promotion of that week; the modal coupon of a product in a week one that the manufacturer pays.
Where one line stands alone in its cell it is its own only witness; the report says how often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import gcd
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ordercore.kernel import Instant, Money, Sku, Span
from ordercore.pricing import (
    MERCHANT,
    PriceBook,
    PriceList,
    PriceRow,
    Promotion,
    Selector,
    Stage,
    spend_and_save,
    unit_off,
)

__all__ = ["COUPON_PREFIX", "PricedLines", "WeeklyPrices", "modal"]

COUPON_PREFIX = "mfr-"

Amount = tuple[int, int]
"""So many minor units for so many units, in lowest terms."""
Cell = tuple[int, int]
"""Store and product."""

K = TypeVar("K", bound=Amount | int)


class PricedLines(Protocol):
    """The columns that prices are inferred from."""

    store: NDArray[np.int64]
    product: NDArray[np.int64]
    week: NDArray[np.int64]
    quantity: NDArray[np.int64]
    shelf: NDArray[np.int64]
    loyalty: NDArray[np.int64]
    coupon: NDArray[np.int64]
    match: NDArray[np.int64]


def modal(votes: Mapping[K, int]) -> K:
    """The value with most votes; of equals the smaller one, so that input order never matters."""
    return min(votes, key=lambda value: (-votes[value], value))


class WeeklyPrices:
    """A price book for each week, made when the week comes."""

    def __init__(
        self,
        lines: PricedLines,
        *,
        counted: NDArray[np.bool_],
        needed: NDArray[np.bool_],
        currency: str,
    ) -> None:
        self._lines = lines
        self._currency = currency
        self._weeks = self._by_week(counted)
        self._needed = {
            week: {(int(lines.store[i]), int(lines.product[i])) for i in rows}
            for week, rows in self._by_week(needed).items()
        }
        self.witnesses: dict[tuple[int, int, int], int] = {}

    def _by_week(self, wanted: NDArray[np.bool_]) -> dict[int, NDArray[np.int64]]:
        rows = np.flatnonzero(wanted)
        rows = rows[np.argsort(self._lines.week[rows], kind="stable")]
        weeks, starts = np.unique(self._lines.week[rows], return_index=True)
        return {int(w): part for w, part in zip(weeks, np.split(rows, starts[1:]), strict=True)}

    def book(self, week: int, start: Instant, end: Instant) -> PriceBook:
        """The lists and promotions of a week, for the stores and products that are asked for."""
        needed = self._needed.get(week, set())
        lines = self._lines
        products = {product for _, product in needed}
        price: dict[Cell, Counter[Amount]] = {}
        loyalty: dict[Cell, Counter[int]] = {}
        coupon: dict[int, Counter[int]] = {}
        match: dict[int, Counter[int]] = {}
        for row in self._weeks.get(week, ()):
            product = int(lines.product[row])
            if product not in products:
                continue
            units = int(lines.quantity[row])
            cell = (int(lines.store[row]), product)
            if cell in needed:
                price.setdefault(cell, Counter())[_per_unit(int(lines.shelf[row]), units)] += 1
                off, per = _per_unit(int(lines.loyalty[row]), units)
                # A discount that is no whole amount a unit is no price of the week.
                loyalty.setdefault(cell, Counter())[off if per == 1 else 0] += 1
            if lines.coupon[row]:
                coupon.setdefault(product, Counter())[int(lines.coupon[row])] += 1
                match.setdefault(product, Counter())[int(lines.match[row])] += 1
        # Of this week only: orders come in the order of time, and a year of these is large.
        self.witnesses = {
            (week, store, product): votes.total() for (store, product), votes in price.items()
        }
        span = Span(start, end)
        return PriceBook(
            lists=self._lists(week, span, price),
            promotions=[
                *self._loyalty(week, span, loyalty),
                *self._coupons(week, span, coupon, "coupon", Stage.PAYMENT, "manufacturer"),
                *self._coupons(week, span, match, "coupon_match", Stage.ORDER, MERCHANT),
            ],
        )

    def _lists(
        self, week: int, span: Span, price: Mapping[Cell, Mapping[Amount, int]]
    ) -> list[PriceList]:
        rows: dict[int, list[PriceRow]] = {}
        for (store, product), votes in sorted(price.items()):
            minor, per = modal(votes)
            row = PriceRow(str(product), Money(minor, self._currency), per=per)
            rows.setdefault(store, []).append(row)
        return [
            PriceList(
                f"store-{store}-week-{week}",
                currency=self._currency,
                rows=found,
                channels=[f"store-{store}"],
                span=span,
            )
            for store, found in rows.items()
        ]

    def _loyalty(
        self, week: int, span: Span, loyalty: Mapping[Cell, Mapping[int, int]]
    ) -> list[Promotion]:
        """One promotion for all products of a store that have the same amount off a unit."""
        products: dict[tuple[int, int], list[Sku]] = {}
        for (store, product), votes in sorted(loyalty.items()):
            off = modal(votes)
            if off:
                products.setdefault((store, off), []).append(Sku(str(product)))
        return [
            unit_off(
                f"loyalty-{store}-week-{week}-{off}",
                Money(off, self._currency).major,
                self._currency,
                on=Selector(skus=skus),
                channels=[f"store-{store}"],
                span=span,
                kind="loyalty",
            )
            for (store, off), skus in products.items()
        ]

    def _coupons(
        self,
        week: int,
        span: Span,
        amounts: Mapping[int, Mapping[int, int]],
        kind: str,
        stage: Stage,
        funder: str,
    ) -> list[Promotion]:
        """What a product's coupon took off most often; asked for by the code that it brings."""
        return [
            spend_and_save(
                f"{kind}-{product}-week-{week}",
                {"0.00": str(Money(off, self._currency).major)},
                self._currency,
                on=Selector(skus=[str(product)]),
                span=span,
                stage=stage,
                funder=funder,
                kind=kind,
                coupon=f"{COUPON_PREFIX}{product}",
            )
            for product, votes in sorted(amounts.items())
            if (off := modal(votes))
        ]


def _per_unit(minor: int, units: int) -> Amount:
    divisor = gcd(minor, units)
    return minor // divisor, units // divisor
