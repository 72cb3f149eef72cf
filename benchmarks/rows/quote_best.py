"""The best combination of promotions that use up the same units: twelve, twenty, thirty of them."""

from __future__ import annotations

from random import Random

from harness import Comparison, at_most, faster
from ordercore.kernel import Money, instant
from ordercore.pricing import (
    BuyGet,
    Cart,
    CartLine,
    FixedPrice,
    PercentOff,
    PriceBook,
    Promotion,
    PromotionEffect,
    Quote,
    Selector,
    SetPart,
    SetPrice,
    StackingGroup,
    UnitOff,
    quote,
)

NOW = instant("2026-11-11T00:00:00Z")
LINES = 10
CART = Cart(lines=[CartLine(f"{i:02}", sku=f"S{i}", quantity=1 + i % 3) for i in range(LINES)])
PRICES = {f"S{i}": Money(500 + 137 * i, "EUR") for i in range(LINES)}


def effect(random: Random) -> PromotionEffect:
    kind = random.randrange(5)
    if kind == 0:
        return PercentOff(random.randint(5, 40))
    if kind == 1:
        return UnitOff(Money(random.randint(30, 400), "EUR"))
    if kind == 2:
        return FixedPrice(Money(random.randint(400, 1_200), "EUR"))
    if kind == 3:
        return BuyGet(buy=random.randint(1, 2))
    return SetPrice([SetPart(random.randint(2, 3))], Money(random.randint(900, 2_500), "EUR"))


def promotions(count: int, seed: int = 7) -> list[Promotion]:
    """Each on three or four of the ten lines, so that all of them are in each other's way."""
    random = Random(seed)
    return [
        Promotion(
            f"p{i:02}",
            effect=effect(random),
            on=Selector(skus=random.sample(sorted(PRICES), random.randint(3, 4))),
            consumes=True,
            group="deals",
        )
        for i in range(count)
    ]


def book(of: list[Promotion]) -> PriceBook:
    return PriceBook.of(
        PRICES,
        promotions=of,
        groups=[StackingGroup("deals", rule="best_combination", most_nodes=1_000_000)],
    )


def subset(of: list[Promotion], chosen: int) -> PriceBook:
    some = [promotion for i, promotion in enumerate(of) if chosen >> i & 1]
    return PriceBook.of(PRICES, promotions=some, groups=[StackingGroup("deals")])


def priced(wanted: PriceBook) -> Quote:
    return quote(CART, wanted, at=NOW)


def comparisons() -> list[Comparison]:
    books = {count: book(promotions(count)) for count in (12, 20, 30)}
    # All subsets, each applied in turn: what the search has to equal.
    every = [subset(promotions(12), chosen) for chosen in range(1 << 12)]

    def all_subsets() -> int:
        return max(priced(each).discount.minor for each in every)

    assert priced(books[12]).discount.minor == all_subsets()
    assert all(found.optimal for each in books.values() for found in priced(each).combinations)
    note = "proven optimal; {} nodes; the whole quote"
    told = {count: note.format(priced(each).combinations[0].nodes) for count, each in books.items()}
    return [
        Comparison(
            row="quote.best",
            unit="ms",
            goal=at_most(2, "ms"),
            ours=lambda: priced(books[12]),
            note=f"12 conflicting promotions, {told[12]}",
        ),
        Comparison(
            row="quote.best",
            unit="ms",
            goal=faster(50, "all 4,096 subsets"),
            ours=lambda: priced(books[12]).discount.minor,
            reference=all_subsets,
            reference_name="all 4,096 subsets",
            note="12 conflicting promotions",
        ),
        Comparison(
            row="quote.best",
            unit="ms",
            goal=at_most(10, "ms"),
            ours=lambda: priced(books[20]),
            note=f"20 conflicting promotions, {told[20]}",
        ),
        Comparison(
            row="quote.best",
            unit="ms",
            goal=at_most(100, "ms"),
            ours=lambda: priced(books[30]),
            note=f"30 conflicting promotions, {told[30]}",
        ),
    ]
