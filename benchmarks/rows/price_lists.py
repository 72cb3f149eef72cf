"""Ten lines priced from ten rows and from a million, and beside contracts that are not the buyer's."""

from __future__ import annotations

from harness import Comparison, at_most, floor
from ordercore.kernel import Money, instant
from ordercore.pricing import (
    Cart,
    CartLine,
    ExchangeRate,
    PriceBook,
    PriceConversion,
    PriceList,
    PriceRow,
    PricingPolicy,
    Quote,
    quote,
)

NOW = instant("2026-11-11T00:00:00Z")
CART = Cart(
    lines=[CartLine(f"{i:03}", sku=f"S{i}", quantity=3) for i in range(10)],
    customer="c-0",
    customer_groups=["gold"],
    market="de",
)
POLICY = PricingPolicy(between_lists="specificity")


def rows(count: int) -> list[PriceRow]:
    return [PriceRow(f"S{i}", Money(500 + i % 997, "EUR")) for i in range(count)]


def shop(count: int) -> PriceList:
    return PriceList("shop", currency="EUR", rows=rows(count), markets=["de"])


def contracts(count: int) -> list[PriceList]:
    """Each prices the same ten items, for another customer."""
    shared = rows(10)
    return [
        PriceList(f"k-{i}", currency="EUR", rows=shared, customers=[f"c-{i}"])
        for i in range(1, count + 1)
    ]


SMALL = PriceBook(lists=[shop(10)])
MILLION = PriceBook(lists=[shop(1_000_000)])
CONTRACTS = PriceBook(lists=[shop(10), *contracts(20_000)])
RATE = ExchangeRate(source="EUR", target="USD", rate="1.0875", version="1", at=NOW)
DERIVED = PriceBook(
    lists=[
        shop(10),
        PriceList(
            "abroad",
            currency="USD",
            markets=["us"],
            fallback="shop",
            conversion=PriceConversion(rate=RATE),
        ),
    ]
)
ABROAD = Cart(lines=CART.lines, market="us")


def priced(book: PriceBook, cart: Cart = CART) -> Quote:
    return quote(cart, book, at=NOW, policy=POLICY)


def comparisons() -> list[Comparison]:
    # The books' digests are made once per book, not per quote.
    assert priced(MILLION).total == priced(CONTRACTS).total == priced(SMALL).total
    assert priced(DERIVED, ABROAD).currency == "USD"
    return [
        Comparison(
            row="quote.lists",
            unit="µs",
            goal=floor(1.2),
            ours=lambda: priced(MILLION),
            reference=lambda: priced(SMALL),
            reference_name="a list of 10 rows instead of 1,000,000",
            note="10 lines, no promotions",
        ),
        Comparison(
            row="quote.lists",
            unit="µs",
            goal=floor(1.2),
            ours=lambda: priced(CONTRACTS),
            reference=lambda: priced(SMALL),
            reference_name="no contract lists instead of 20,000 of others",
        ),
        Comparison(
            row="quote.lists",
            unit="µs",
            goal=at_most(400, "µs"),
            ours=lambda: priced(DERIVED, ABROAD),
            note="10 lines, each price converted by a rate",
        ),
    ]
