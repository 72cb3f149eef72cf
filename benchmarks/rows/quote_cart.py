"""Ten lines of three units, twenty promotions that all apply, taxes; and books that do not concern it."""

from __future__ import annotations

from harness import Comparison, at_most, floor
from ordercore.kernel import Money, instant
from ordercore.pricing import (
    Cart,
    CartLine,
    PriceBook,
    Promotion,
    Quote,
    Selector,
    TaxRate,
    TaxTable,
    percent_off,
    quote,
    refund,
    spend_and_save,
    unit_off,
)

NOW = instant("2026-11-11T00:00:00Z")
VAT = TaxTable([TaxRate("standard", "0.19")])
PRICES = {f"S{i}": Money(500 + 137 * i, "EUR") for i in range(100)}


def cart(lines: int, quantity: int) -> Cart:
    return Cart(lines=[CartLine(f"{i:03}", sku=f"S{i}", quantity=quantity) for i in range(lines)])


def promotions(count: int) -> list[Promotion]:
    """A quarter each: a percentage, an amount per unit, a ladder, a percentage of the order."""
    made: list[Promotion] = []
    for i in range(count):
        name, some = f"p{i}", Selector(skus=[f"S{i % 10}", f"S{(i + 3) % 10}"])
        if i % 4 == 0:
            made.append(percent_off(name, 5, on=some))
        elif i % 4 == 1:
            made.append(unit_off(name, "0.10", "EUR", on=some))
        elif i % 4 == 2:
            made.append(spend_and_save(name, {"10": "2", "500": "9"}, "EUR"))
        else:
            made.append(percent_off(name, 3, stage="order", when="cart.total >= EUR(10)"))
    return made


def strangers(count: int) -> list[Promotion]:
    return [percent_off(f"x{i}", 5, on=Selector(skus=[f"X{i}"])) for i in range(count)]


SMALL, LARGE, BULK = cart(10, 3), cart(100, 1), cart(100, 1_000)
TWENTY = promotions(20)
BOOK = PriceBook.of(PRICES, promotions=[*TWENTY, *strangers(20)])
HUGE = PriceBook.of(PRICES, promotions=[*TWENTY, *strangers(20_000)])
HUNDRED = PriceBook.of(PRICES, promotions=promotions(100))


def priced(wanted: Cart, book: PriceBook) -> Quote:
    return quote(wanted, book, at=NOW, taxes=VAT)


QUOTE = priced(SMALL, BOOK)
CHANGED = percent_off("x7", 6, on=Selector(skus=["X7"]))


def unit_by_unit() -> int:
    """Thirty returns of one unit each; what they give back in all."""
    kept, given_back = dict(QUOTE.quantities), 0
    for line_id in QUOTE.quantities:
        while kept[line_id]:
            after = {**kept, line_id: kept[line_id] - 1}
            given_back += refund(QUOTE, kept, after).total.minor
            kept = after
    return given_back


def comparisons() -> list[Comparison]:
    # The books' digests are made once per book, not per quote.
    assert priced(SMALL, HUGE).total == QUOTE.total
    assert all(QUOTE.explain(promotion.promotion_id, BOOK).applied for promotion in TWENTY)
    assert priced(LARGE, HUNDRED).quantities.keys() == priced(BULK, HUNDRED).quantities.keys()
    assert unit_by_unit() == QUOTE.total.minor
    assert HUGE.with_promotion(CHANGED).digest != HUGE.digest
    return [
        Comparison(
            row="quote.cart",
            unit="µs",
            goal=at_most(300, "µs"),
            ours=lambda: priced(SMALL, BOOK),
            note="10 lines, 20 promotions that apply, tax; most of it is making 270 amounts",
        ),
        Comparison(
            row="quote.large",
            unit="ms",
            goal=at_most(15, "ms"),
            ours=lambda: priced(LARGE, HUNDRED),
            note="100 lines, 100 promotions",
        ),
        Comparison(
            row="quote.large",
            unit="ms",
            goal=floor(1.2),
            ours=lambda: priced(BULK, HUNDRED),
            reference=lambda: priced(LARGE, HUNDRED),
            reference_name="the same, 1 unit a line instead of 1,000",
            note="of more units there is something left for more of the promotions",
        ),
        Comparison(
            row="quote.book",
            unit="µs",
            goal=floor(1.2),
            ours=lambda: priced(SMALL, HUGE),
            reference=lambda: priced(SMALL, BOOK),
            reference_name="20 unrelated promotions instead of 20,000",
        ),
        Comparison(
            row="book.change",
            unit="µs",
            goal=floor(0.01),
            ours=lambda: HUGE.with_promotion(CHANGED).digest,
            reference=lambda: PriceBook(lists=HUGE.lists, promotions=HUGE.promotions).digest,
            reference_name="the whole book built anew",
            note="one promotion of 20,000 changed, and the digest of the book",
        ),
        Comparison(
            row="refund.steps",
            unit="µs",
            goal=at_most(30, "µs"),
            ours=unit_by_unit,
            note="one unit of 30, each step from nothing but the quote",
            operations=30,
        ),
    ]
