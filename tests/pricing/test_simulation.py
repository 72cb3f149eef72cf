"""Past orders priced again: cost, uses, gains and margin, and what another book would make of them."""

from collections import Counter
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, SHARES, books, carts, eur, fees, policies, tax_tables

from ordercore.kernel import InvalidBatch, InvalidValue, Money, shift
from ordercore.pricing import (
    BookResult,
    Cart,
    CartLine,
    Charge,
    PastOrder,
    PriceBook,
    PriceList,
    PriceRow,
    PromotionResult,
    Selector,
    Simulation,
    differences,
    percent_off,
    quote,
    recorded_line,
    recorded_quote,
    simulate,
    spend_and_save,
    try_quote,
)

# Tea costs 10.00 and the seller 6.00 each; ten screws cost 3.00, and 1.00 to the seller.
ROWS = [
    PriceRow("TEA", eur(1_000), unit_cost=eur(600)),
    PriceRow("SCREW", eur(300), per=10, unit_cost=eur(100)),
    PriceRow("CUP", eur(500)),
]
PLAIN = PriceBook(lists=[PriceList("web", currency="EUR", rows=ROWS)])
SALE = PLAIN.with_promotion(
    percent_off("tea", 20, on=Selector(skus=["TEA"]), funders=SHARES)
).with_promotion(spend_and_save("big", {"30": "5"}, "EUR", when="'vip' in cart.customer_groups"))


def past(name, *, days=0, charges=(), **terms):
    lines = [CartLine(sku, sku=sku, quantity=units) for sku, units in terms.pop("units").items()]
    cart = Cart(lines=lines, **terms)
    return PastOrder(name, cart, at=shift(NOW, days=days), charges=charges)


ORDERS = [
    past("o-1", units={"TEA": 1}, customer="ann"),
    past("o-2", units={"TEA": 3, "SCREW": 25}, customer="bob", customer_groups=["vip", "club"]),
    past("o-3", units={"CUP": 2}, customer="ann"),
    past("o-4", units={"NIL": 1}),
]


def test_cost_uses_gains_and_margin():
    found = simulate(SALE, ORDERS, currency="EUR")
    result = found.result
    # 10.00 + 30.00 + 7.50 + 10.00 in list prices; tea 2.00 + 6.00 off, and 5.00 off 31.50.
    assert (result.orders, result.units, result.refused) == (3, 31, {"pricing.unknown_sku": 1})
    assert (result.list_amount, result.discount, result.total) == (eur(5_750), eur(1_300), eur(4_450))  # fmt: skip
    assert [(each.promotion, each.uses) for each in result.promotions] == [("big", 1), ("tea", 2)]
    # Two shares of three of the 8.00 are the manufacturer's, line by line: 1.33 + 4.00.
    assert result.promotion("tea").by_funder == {"manufacturer": eur(533), "platform": eur(267)}
    assert result.promotion("tea").cost == eur(800)
    assert result.promotion("big").by_funder == {"merchant": eur(500)}
    assert result.promotion("nil") is None
    assert result.funded == eur(800)
    assert result.revenue == eur(5_250)
    assert {name: (gain.orders, gain.discount) for name, gain in result.groups.items()} == {
        "club": (1, eur(1_100)),
        "vip": (1, eur(1_100)),
    }
    assert {name: (gain.orders, gain.discount) for name, gain in result.customers.items()} == {
        "ann": (1, eur(200)),
        "bob": (1, eur(1_100)),
    }
    # 4 tea at 6.00 and 25 screws at 0.10; the seller gets 47.50 less 5.00 for them.
    assert (result.costed_units, result.cost) == (29, 2_650)
    assert (result.costed_net, result.margin) == (eur(4_250), Fraction(1_600))
    assert found.against is None


def test_two_books():
    found = simulate(SALE, ORDERS, currency="EUR", against=PLAIN)
    assert (found.cheaper, found.dearer, found.same) == (2, 0, 1)
    assert found.total_change == eur(-1_300)
    assert found.revenue_change == eur(-500)
    assert found.margin_change == -500
    turned = simulate(PLAIN, ORDERS, currency="EUR", against=SALE)
    assert (turned.cheaper, turned.dearer, turned.same) == (0, 2, 1)
    by_order = {each.order: each for each in differences(SALE, PLAIN, ORDERS)}
    assert {name: each.change for name, each in by_order.items()} == {
        "o-1": eur(-200),
        "o-2": eur(-1_100),
        "o-3": eur(0),
        "o-4": None,
    }
    assert by_order["o-2"].promotions == {"big": eur(500), "tea": eur(600)}
    assert by_order["o-4"].promotions == by_order["o-3"].promotions == {}
    richer = SALE.with_promotion(percent_off("tea", 30, on=Selector(skus=["TEA"])))
    # More off the tea leaves less than 30.00 for the ladder.
    lone = PastOrder("o", ORDERS[1].cart.__class__(lines=ORDERS[1].cart.lines[:1], customer_groups=["vip"]), at=NOW)  # fmt: skip
    [change] = differences(richer, SALE, [lone])
    assert (change.change, change.promotions) == (eur(-300), {"tea": eur(300)})


def test_a_sku_that_only_one_book_knows():
    more = PriceBook(lists=[*PLAIN.lists, PriceList("n", currency="EUR", rows=[PriceRow("NIL", eur(7))])])  # fmt: skip
    found = simulate(more, ORDERS, currency="EUR", against=PLAIN)
    assert (found.cheaper, found.dearer, found.same) == (0, 0, 3)
    assert found.result.orders == found.against.orders + 1
    [change] = differences(more, PLAIN, ORDERS[3:])
    assert (change.total, change.other, change.change) == (eur(7), None, None)
    [change] = differences(PLAIN, SALE, [past("o", units={"NIL": 1})])
    assert (change.total, change.other, change.promotions) == (None, None, {})


def test_another_currency_is_refused():
    dollars = past("o-5", units={"TEA": 1}, currency="EUR")
    found = simulate(SALE, [dollars], currency="USD")
    assert (found.result.orders, found.result.refused) == (0, {"simulation.currency": 1})


def test_customers_can_be_left_out():
    found = simulate(SALE, ORDERS, currency="EUR", customers=False)
    assert found.result.customers == {}
    assert set(found.result.groups) == {"club", "vip"}


def test_a_recorded_quote_is_an_order_of_the_past():
    recorded = recorded_quote(
        total=eur(2_390),
        at=NOW,
        lines=[recorded_line("1", sku="TEA", quantity=2, list_amount=eur(1_900))],
        charges=[Charge("shipping", kind="shipping", list_amount=eur(490))],
    )
    order = PastOrder.of_quote("o-1", recorded)
    assert (order.cart.units, order.at) == (2, NOW)
    assert simulate(PLAIN, [order], currency="EUR").result.total == eur(2_490)
    bare = PastOrder.of_quote("o-1", recorded, charges=False)
    assert simulate(PLAIN, [bare], currency="EUR").result.total == eur(2_000)
    computed = quote(order.cart, SALE, at=NOW, charges=order.charges)
    again = PastOrder.of_quote("o-1", computed)
    assert quote(again.cart, SALE, at=again.at, charges=again.charges) == computed


def test_bad_input():
    for wrong in (
        lambda: simulate(None, [], currency="EUR"),
        lambda: simulate(SALE, [], currency="EUR", against=0),
        lambda: simulate(SALE, [None], currency="EUR"),
        lambda: [*differences(SALE, None, [])],
        lambda: [*differences(SALE, SALE, [None])],
        lambda: BookResult.nothing("EUR") + 1,
        lambda: Simulation(result=BookResult.nothing("EUR")) + 1,
    ):
        with pytest.raises(InvalidValue) as refused:
            wrong()
        assert refused.value.code == "type.wrong"
    one = Simulation(result=BookResult.nothing("EUR"))
    with pytest.raises(InvalidValue) as refused:
        one.margin_change
    assert refused.value.code == "simulation.one_book"
    with pytest.raises(InvalidValue) as refused:
        one + Simulation(result=BookResult.nothing("EUR"), against=BookResult.nothing("EUR"))
    assert refused.value.code == "simulation.one_book"
    with pytest.raises(InvalidValue) as refused:
        BookResult.nothing("EUR") + BookResult.nothing("USD")
    assert refused.value.code == "money.currency_mismatch"
    with pytest.raises(InvalidValue) as refused:
        PromotionResult(promotion="p", uses=1, by_funder={})
    assert refused.value.code == "simulation.no_funder"
    taken = past("o", units={"TEA": 1}, charges=[Charge("c", list_amount=Money(1, "USD"))])
    with pytest.raises(InvalidBatch):
        simulate(SALE, [taken], currency="EUR")


@st.composite
def some_orders(draw):
    found = draw(st.lists(st.tuples(carts(), st.integers(0, 40), fees), max_size=6))
    return [
        PastOrder(f"o-{n}", cart, at=shift(NOW, days=days), charges=charges)
        for n, (cart, days, charges) in enumerate(found)
    ]


@settings(max_examples=25)
@given(books(), books(), some_orders(), tax_tables(), policies, st.data())
def test_sums_are_those_of_the_quotes_and_parts_add_up(book, other, orders, taxes, policy, data):
    given = {"taxes": taxes, "policy": policy}
    terms = {"currency": "EUR", "against": other, **given}
    whole = simulate(book, iter(orders), **terms)
    assert simulate(book, orders[::-1], **terms) == whole
    cuts = sorted(data.draw(st.lists(st.integers(0, len(orders)), max_size=2)))
    parts = [simulate(book, orders[a:b], **terms) for a, b in pairwise([0, *cuts, len(orders)])]
    added = parts[0]
    for part in parts[1:]:
        added = part + added
    assert added == whole

    quotes = [try_quote(o.cart, book, at=o.at, charges=o.charges, **given) for o in orders]
    result = whole.result
    assert result.orders == len(quotes)
    assert result.total.minor == sum(q.total.minor for q in quotes)
    assert result.tax.minor == sum(q.tax.minor for q in quotes)
    assert result.funded.minor == sum(q.funded().minor for q in quotes)
    assert result.revenue.minor == sum(q.revenue.minor for q in quotes)
    assert result.discount.minor == sum(q.discount.minor for q in quotes)
    assert result.discount.minor == sum(each.cost.minor for each in result.promotions)
    uses = Counter(name for q in quotes for name in q.promotions)
    assert {each.promotion: each.uses for each in result.promotions} == uses
    by_order = list(differences(book, other, orders, **given))
    changes = [each.change.minor for each in by_order]
    assert sum(changes) == whole.total_change.minor
    assert (whole.cheaper, whole.dearer) == (
        sum(change < 0 for change in changes),
        sum(change > 0 for change in changes),
    )
    for name in {each.promotion for each in (*result.promotions, *whole.against.promotions)}:
        one, two = result.promotion(name), whole.against.promotion(name)
        expected = (one.cost.minor if one else 0) - (two.cost.minor if two else 0)
        assert expected == sum(
            each.promotions[name].minor for each in by_order if name in each.promotions
        )
