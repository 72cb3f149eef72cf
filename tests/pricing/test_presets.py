"""What known platforms make of one cart, worked out by hand from their own rules.

Ten soaps at 0.99 and a lamp at 10.30, without tax, at a rate of 20 %. 15 % off soaps; then, of the
order, 6 % from 18.70 on or 10 % from 20.20 on; 1.00 off; 5 % off.
"""

from __future__ import annotations

import pytest
from tests.pricing.drawn import NOW, eur

from ordercore.pricing import (
    DEFAULT_PRICING,
    DJANGO_OSCAR_PRICING,
    MEDUSA_PRICING,
    ODOO_PRICING,
    SALEOR_PRICING,
    SHOPIFY_PRICING,
    SHOPWARE_PRICING,
    SOLIDUS_PRICING,
    SPREE_PRICING,
    SYLIUS_PRICING,
    VENDURE_PRICING,
    BuyGet,
    Cart,
    CartLine,
    Ladder,
    PercentOff,
    PriceBook,
    PriceList,
    PriceRow,
    Promotion,
    Rung,
    Selector,
    SetPart,
    SetPrice,
    TaxRate,
    TaxTable,
    amount_off,
    check_sums,
    percent_off,
    quote,
)

NET = TaxTable([TaxRate("standard", "0.2")])
BOOK = PriceBook.of(
    {"SOAP": eur(99), "LAMP": eur(1030)},
    promotions=[
        percent_off("week", 15, on=Selector(skus=["SOAP"])),
        Promotion(
            "spend",
            effect=Ladder([Rung(eur(1870), PercentOff(6)), Rung(eur(2020), PercentOff(10))]),
            stage="order",
            priority=2,
        ),
        amount_off("welcome", "1.00", "EUR", priority=1),
        percent_off("more", 5, stage="order"),
    ],
)
CART = Cart(lines=[CartLine("1", sku="SOAP", quantity=10), CartLine("2", sku="LAMP", quantity=1)])

FIGURES = [
    # Sylius: UnitPercentageDiscount rounds 15 % of the unit price, 0.1485, to 0.15: ten times.
    # ItemTotal asks >= of the items' total: 18.70. PercentageDiscount of that total, rounded: 1.122,
    # by ProportionalIntegerDistributor to the nearest: 50.3 and 61.7. 1.00 over 7.90 and 9.68: 44.9
    # and 55.1. 5 % of 16.58 is 0.829: 37.3 and 45.7.
    (SYLIUS_PRICING, [(150, 0), (50, 62), (45, 55), (37, 46)]),
    # Solidus: Percent per line item: 1.485. ItemTotal asks > by default, of the total before
    # discounts, 20.20: only the first rung. The lane begins with 8.41 and 10.30: 6 % is 0.5046 and
    # 0.618, 5 % is 0.4205 and 0.515. DistributedAmounts allocates 1.00 by them: 44.9 and 55.05 are
    # 44 and 55, and the first takes the one that is missing.
    (SOLIDUS_PRICING, [(149, 0), (50, 62), (45, 55), (42, 52)]),
    # Spree: PercentOnLineItem of 9.90, 1.485. ItemTotal asks > of 20.20. Percentages of the order
    # are of its item total, 20.20: 1.212 and 1.01, shared out over what is left by largest
    # remainder: 54.4 and 66.6 over 8.41 and 10.30; 45.0 and 55.0; 45.4 and 55.6 over 7.42 and 9.08.
    (SPREE_PRICING, [(149, 0), (54, 67), (45, 55), (45, 56)]),
    # Saleor: the unit price is rounded after its discount: 0.15 off. 18.70 is enough; 1.122, of
    # which the first line takes 50.3 rounded, the last the rest; so 44.9, and 37.3 of 0.83.
    (SALEOR_PRICING, [(150, 0), (50, 62), (45, 55), (37, 46)]),
    # Vendure: the item action's 0.1485 is rounded per unit. The minimum order amount is asked >= of
    # the subtotal without tax, 18.70. 6 % of it is 1.122, prorated by largest remainder.
    (VENDURE_PRICING, [(150, 0), (50, 62), (45, 55), (37, 46)]),
    # Medusa: 1.485 is rounded once, here. The rule asks gte of the subtotal, 20.20: 10 % of each
    # line's rest, 0.841 and 1.03; 1.00 across 7.57 and 9.27; 5 % of 7.12 and 8.72.
    (MEDUSA_PRICING, [(149, 0), (84, 103), (45, 55), (36, 44)]),
    # django-oscar rounds down: 1.485 is 1.48, and 18.72 are left: 0.5052 and 0.618 are 0.50 and
    # 0.61. Of 1.00 the first line takes 44.97 down, the last 0.56. 5 %: 0.374 and 0.4565.
    (DJANGO_OSCAR_PRICING, [(148, 0), (50, 61), (44, 56), (37, 45)]),
    # Odoo: minimum amounts are with tax: 24.24. 10 % of 18.71 is 1.871. 1.00 off is with tax, so
    # 0.83 without: of 9.08 and 11.12 with tax 0.45 and 0.55, without 0.375 and 0.458. 5 % of 16.01.
    (ODOO_PRICING, [(149, 0), (84, 103), (37, 46), (36, 44)]),
    # Shopware: percentages go "for the original cart items": 1.485 once; 20.20 are enough: 2.02
    # over 8.41 and 10.30; 1.00 over 7.50 and 9.19; 5 % of 20.20 is 1.01 over 7.05 and 8.64.
    (SHOPWARE_PRICING, [(149, 0), (91, 111), (45, 55), (45, 56)]),
    # Shopify: order discounts are each of the subtotal after product discounts, 18.71: 1.1226, and
    # 0.9355 although 1.12 and 1.00 are off before it.
    (SHOPIFY_PRICING, [(149, 0), (50, 62), (45, 55), (42, 52)]),
    # Ours: of what is left, line by line at the items, rounded once at the order.
    (DEFAULT_PRICING, [(149, 0), (50, 62), (45, 55), (37, 46)]),
]


@pytest.mark.parametrize(("policy", "figures"), FIGURES)
def test_one_cart_under_every_preset(policy, figures):
    q = quote(CART, BOOK, at=NOW, taxes=NET, policy=policy)
    assert check_sums(q) == ()
    given = {promotion: [0, 0] for promotion in ("week", "spend", "welcome", "more")}
    for position, line in enumerate(q.lines):
        for adjustment in line.adjustments:
            given[adjustment.promotion][position] -= adjustment.amount.minor
    assert [tuple(each) for each in given.values()] == figures
    for promotion in BOOK.promotions:
        assert q.explain(promotion.promotion_id, BOOK, policy=policy, taxes=NET).applied


def offs(policy, promotion, prices, quantities=None):
    book = PriceBook.of(prices, promotions=[promotion])
    wanted = Cart(lines=[CartLine(sku.lower(), sku=sku, quantity=1) for sku in prices])
    return [line.discount.minor for line in quote(wanted, book, at=NOW, policy=policy).lines]


def test_five_cents_over_three_equal_lines():
    equal = {"A": eur(100), "B": eur(100), "C": eur(100)}
    five = amount_off("five", "0.05", "EUR")
    # 1.67 each. Vendure and Spree: down, and to the first of equal remainders.
    for policy in (VENDURE_PRICING, SPREE_PRICING, SOLIDUS_PRICING, DEFAULT_PRICING):
        assert offs(policy, five, equal) == [2, 2, 1]
    # Sylius: 2 each is one too much, which the first gives back.
    assert offs(SYLIUS_PRICING, five, equal) == [1, 2, 2]
    # django-oscar: down, and the last takes what is left; Saleor: to the nearest before.
    assert offs(DJANGO_OSCAR_PRICING, five, equal) == [1, 1, 3]
    assert offs(SALEOR_PRICING, five, equal) == [2, 2, 1]


FOUR = {"A": eur(4000), "B": eur(3000), "C": eur(2000), "D": eur(1000)}


def test_which_of_four_is_free():
    one = Promotion("p", effect=BuyGet(buy=2, most=1))
    # django-oscar: the cheapest of all. Medusa: A and B are bought, the dearest of the rest is free.
    assert offs(DJANGO_OSCAR_PRICING, one, FOUR) == [0, 0, 0, 1000]
    assert offs(MEDUSA_PRICING, one, FOUR) == [0, 0, 2000, 0]


def test_which_of_four_are_the_bundle():
    two = Promotion("p", effect=SetPrice([SetPart(2)], eur(2500), most=1))
    # django-oscar begins with the cheapest: 30.00 for 25.00. A third of 5.00, down, comes off D,
    # and C, which is taken last, has the rest. Ours begins with the dearest: 70.00 for 25.00.
    assert offs(DJANGO_OSCAR_PRICING, two, FOUR) == [0, 0, 334, 166]
    assert offs(DEFAULT_PRICING, two, FOUR) == [2571, 1929, 0, 0]


def test_sylius_keeps_minimum_prices():
    rows = [PriceRow("A", eur(1000), floor_price=eur(950)), PriceRow("B", eur(1000))]
    book = PriceBook(
        lists=[PriceList("l", currency="EUR", rows=rows)],
        promotions=[amount_off("p", "4.00", "EUR")],
    )
    wanted = Cart(lines=[CartLine(s, sku=s, quantity=1) for s in "AB"])
    # 2.00 each; A bears 0.50, and the 1.50 that are over go to B.
    q = quote(wanted, book, at=NOW, policy=SYLIUS_PRICING)
    assert [line.discount for line in q.lines] == [eur(50), eur(350)]
    q = quote(wanted, book, at=NOW, policy=SHOPWARE_PRICING)
    assert [line.discount for line in q.lines] == [eur(200), eur(200)]
