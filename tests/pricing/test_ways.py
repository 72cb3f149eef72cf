"""The cheapest way to meet a condition, by hand."""

from __future__ import annotations

import pytest
from tests.pricing.drawn import NOW, eur

from ordercore.pricing import Cart, CartLine, PriceBook, percent_off, quote

PRICES = {"A": eur(1000), "B": eur(600)}


def way(rule, channel="web", **quantities):
    lines = [CartLine(s.lower(), sku=s, quantity=n) for s, n in quantities.items()]
    book = PriceBook.of(PRICES, promotions=[percent_off("p", 10, when=rule)])
    found = quote(Cart(lines=lines, channel=channel), book, at=NOW).explain("p", book)
    told = [(n.condition, n.place, n.missing and str(n.missing.short)) for n in found.way]
    first = next((n.missing for n in found.way if n.missing is not None), None)
    assert found.missing == first
    return told


APP = "cart.channel == 'app'"
TOTAL = "cart.total >= EUR(50)"
UNITS = "cart.units >= 3"


@pytest.mark.parametrize(
    ("rule", "needs"),
    [
        ("cart.total >= EUR(5)", []),
        (TOTAL, [(TOTAL, "", "EUR 40.00")]),
        (APP, [(APP, "", None)]),
        # All of "and"; what holds already is not needed.
        (f"{TOTAL} and {UNITS}", [(TOTAL, "", "EUR 40.00"), (UNITS, "", "2")]),
        (f"cart.units >= 1 and {UNITS}", [(UNITS, "", "2")]),
        # The cheapest of "or": what has a distance, then fewer conditions, then less of it.
        (f"{APP} or {TOTAL}", [(TOTAL, "", "EUR 40.00")]),
        (
            f"{TOTAL} and {UNITS} or cart.total >= EUR(99)",
            [("cart.total >= EUR(99)", "", "EUR 89.00")],
        ),
        (f"{TOTAL} or cart.total >= EUR(30)", [("cart.total >= EUR(30)", "", "EUR 20.00")]),
        (f"cart.units >= 9 or {UNITS}", [(UNITS, "", "2")]),
        # Items: the nearest one of "any", each one of "all".
        (
            "any(line.quantity >= 4 for line in cart.lines)",
            [("line.quantity >= 4", "cart.lines[0]", "3")],
        ),
        (
            "all(line.quantity >= 4 for line in cart.lines)",
            [("line.quantity >= 4", "cart.lines[0]", "3")],
        ),
        ("not cart.units <= 9", [("not cart.units <= 9", "", None)]),
    ],
)
def test_the_cheapest_way(rule, needs):
    assert way(rule, A=1) == needs


def test_the_nearest_item_counts():
    rule = "any(line.quantity >= 4 for line in cart.lines)"
    assert way(rule, A=1, B=3) == [("line.quantity >= 4", "cart.lines[1]", "1")]
    every = "all(line.quantity >= 4 for line in cart.lines)"
    assert [place for _, place, _ in way(every, A=1, B=3)] == ["cart.lines[0]", "cart.lines[1]"]
