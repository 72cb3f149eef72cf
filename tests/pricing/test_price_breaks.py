"""Rows with sales, costs and floors; graduated prices; the floor that discounts may not pass."""

from __future__ import annotations

from fractions import Fraction

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import InvalidBatch, InvalidValue, Money, Rounding, Span, round_ratio, shift
from ordercore.pricing import (
    Cart,
    CartLine,
    PriceAnswer,
    PriceBook,
    PriceBracket,
    PriceList,
    PriceRow,
    line_floor,
    quote,
)

DAY = [shift(NOW, days=n) for n in range(9)]


def faults(make):
    with pytest.raises(InvalidBatch) as caught:
        make()
    return [(f.code, f.path) for f in caught.value.faults]


def graduated(*rows, **more):
    return PriceList("g", currency="EUR", rows=rows, breaks="graduated", **more)


@st.composite
def brackets(draw):
    counts = sorted({1} | draw(st.sets(st.integers(2, 20), max_size=4)))
    return [
        PriceRow(
            "A", eur(draw(st.integers(0, 500))), min_quantity=count, per=draw(st.integers(1, 7))
        )
        for count in counts
    ]


@given(brackets(), st.integers(1, 30), st.sampled_from(Rounding))
def test_a_graduated_total_is_the_sum_of_its_units(rows, quantity, rounding):
    answer = graduated(*rows).answer("A", quantity, NOW)
    by_hand = Fraction(0)
    for unit in range(1, quantity + 1):
        row = max((r for r in rows if r.min_quantity <= unit), key=lambda r: r.min_quantity)
        by_hand += Fraction(row.price.minor, row.per)
    assert answer.exact(quantity) == by_hand
    assert answer.amount(quantity, rounding) == eur(round_ratio(by_hand, rounding))
    assert answer.exact(1) == Fraction(rows[0].price.minor, rows[0].per)
    last = max((r for r in rows if r.min_quantity <= quantity), key=lambda r: r.min_quantity)
    assert (answer.price, answer.per, answer.min_quantity) == (
        last.price,
        last.per,
        last.min_quantity,
    )


@given(brackets(), st.integers(1, 29), st.sampled_from(Rounding))
def test_a_graduated_total_never_falls_with_the_quantity(rows, quantity, rounding):
    prices = graduated(*rows)
    less, more = (
        prices.answer("A", units, NOW).amount(units, rounding) for units in (quantity, quantity + 1)
    )
    assert less <= more


def test_graduated_prices_on_a_quote():
    rows = [
        PriceRow("A", eur(1000)),
        PriceRow("A", eur(900), min_quantity=11),
        PriceRow.exact("A", "7.125", "EUR", min_quantity=101),
    ]
    book = PriceBook(lists=[graduated(*rows)])
    # 10 × 10.00; + 5 × 9.00; 10 × 10.00 + 90 × 9.00 + 3 × 7.125 = 931.375, rounded once.
    for units, minor in ((10, 10_000), (15, 14_500), (103, 93_138)):
        cart = Cart(lines=[CartLine("1", sku="A", quantity=units)])
        (line,) = quote(cart, book, at=NOW).lines
        assert line.list_amount == eur(minor)
    assert [(b.min_quantity, b.price, b.per) for b in line.price.brackets] == [
        (1, eur(1000), 1),
        (11, eur(900), 1),
        (101, eur(7125), 10),
    ]


def test_brackets_hold_in_their_time():
    prices = graduated(
        PriceRow("A", eur(100), span=Span(DAY[1], DAY[8])),
        PriceRow("A", eur(80), min_quantity=5, span=Span(DAY[2], DAY[4])),
        PriceRow("B", eur(7)),
    )
    assert prices.answer("A", 6, NOW) is None
    assert prices.answer("A", 6, DAY[1]).exact(6) == 600
    assert prices.answer("A", 6, DAY[2]).exact(6) == 560
    assert prices.answer("A", 6, DAY[2]).valid_until == DAY[4]
    assert prices.answer("A", 4, DAY[2]).valid_until == DAY[8]
    assert prices.answer("A", 6, DAY[8]) is None
    assert prices.answer("B", 6, NOW).exact(6) == 42
    assert prices.answer("C", 1, NOW) is None
    assert [prices.least_quantity("A", at) for at in (NOW, DAY[1], DAY[8])] == [None, 1, None]


def test_a_bracket_alone_has_no_price_and_each_can_end_the_answer():
    prices = graduated(
        PriceRow("A", eur(100), span=Span(DAY[1], DAY[3])),
        PriceRow("A", eur(80), min_quantity=5, span=Span(DAY[0], DAY[8])),
    )
    assert prices.answer("A", 6, DAY[0]) is None
    assert prices.least_quantity("A", DAY[0]) is None
    assert prices.answer("A", 6, DAY[1]).valid_until == DAY[3]
    assert prices.answer("A", 6, DAY[3]) is None


def test_graduated_prices_begin_at_one():
    first, later = PriceRow("A", eur(9)), PriceRow("A", eur(8), min_quantity=5)
    assert faults(lambda: graduated(later, PriceRow("B", eur(1), min_quantity=2))) == [
        ("price.no_first_bracket", "rows[0].min_quantity"),
        ("price.no_first_bracket", "rows[1].min_quantity"),
    ]
    assert len(graduated(first).with_rows([later]).rows) == 2
    assert faults(lambda: graduated(first).with_rows([PriceRow("B", eur(8), min_quantity=5)])) == [
        ("price.no_first_bracket", "rows[1].min_quantity")
    ]
    assert PriceList("l", currency="EUR", rows=[later]).answer("A", 5, NOW).price == eur(8)
    bad = [PriceBracket(2, eur(1)), PriceBracket(2, eur(1))]
    answer = prices = PriceAnswer(price=eur(1), per=1, price_list="l", min_quantity=1)
    assert faults(lambda: attrs.evolve(answer, brackets=bad)) == [
        ("bracket.order", "brackets[0].min_quantity"),
        ("bracket.order", "brackets[1].min_quantity"),
    ]
    assert prices.brackets == ()
    assert faults(lambda: PriceBracket(0, eur(1), 0)) == [
        ("bracket.min_quantity", "min_quantity"),
        ("bracket.per", "per"),
    ]


# --- sales, list prices ----------------------------------------------------------------------------


def test_a_sale_has_its_own_time_within_the_row():
    row = PriceRow(
        "A",
        eur(1200),
        span=Span(DAY[0], DAY[8]),
        sale_price=eur(990),
        sale_span=Span(DAY[2], DAY[4]),
    )
    prices = PriceList("l", currency="EUR", rows=[row])

    def answer(at):
        found = prices.answer("A", 1, at)
        return found.price, found.list_price, found.valid_from, found.valid_until, found.on_sale

    assert answer(DAY[1]) == (eur(1200), None, DAY[0], DAY[2], False)
    assert answer(DAY[2]) == (eur(990), eur(1200), DAY[2], DAY[4], True)
    assert answer(DAY[4]) == (eur(1200), None, DAY[4], DAY[8], False)
    forever = PriceList(
        "l", currency="EUR", rows=[PriceRow("A", eur(9), list_price=eur(12), sale_price=eur(8))]
    ).answer("A", 1, NOW)
    assert (forever.price, forever.list_price, forever.valid_until) == (eur(8), eur(12), None)
    assert forever.valid_from is None


def test_a_price_is_on_sale_below_what_it_is_compared_with():
    for compared, on_sale in ((None, False), (eur(900), False), (eur(901), True)):
        row = PriceRow("A", eur(900), list_price=compared)
        answer = PriceList("l", currency="EUR", rows=[row]).answer("A", 1, NOW)
        assert answer.on_sale is on_sale


def test_a_row_refuses_what_contradicts_itself():
    assert faults(
        lambda: PriceRow(
            "A",
            eur(100),
            list_price=3,
            sale_price=Money(1, "USD"),
            unit_cost=eur(-1),
            floor_price=eur(-1),
            sale_span=None,
        )
    ) == [
        ("price.sale_span", "sale_span"),
        ("price.amount", "list_price"),
        ("money.currency_mismatch", "sale_price"),
        ("price.negative", "unit_cost"),
        ("price.negative", "floor_price"),
    ]
    assert faults(lambda: PriceRow("A", eur(100), sale_price=eur(100))) == [
        ("price.sale_not_below", "sale_price")
    ]
    assert faults(lambda: PriceRow("A", eur(100), sale_price=eur(80), floor_price=eur(101))) == [
        ("price.below_floor", "price"),
        ("price.below_floor", "sale_price"),
    ]
    assert faults(
        lambda: PriceRow(
            "A", eur(100), span=Span(DAY[2]), sale_price=eur(80), sale_span=Span(None, DAY[2])
        )
    ) == [("price.sale_span", "sale_span")]
    assert faults(lambda: PriceRow("A", "x", list_price=eur(1))) == [("price.amount", "price")]
    assert PriceRow("A", eur(100), floor_price=eur(100), unit_cost=eur(200)).floor_price == eur(100)


def test_all_amounts_of_a_row_are_for_the_same_units():
    row = PriceRow.exact("A", "4.5", "EUR", per=10, further={"unit_cost": "3.125", "list_price": 5})
    assert (row.per, row.price, row.unit_cost, row.list_price) == (
        100,
        eur(4500),
        eur(3125),
        eur(5000),
    )
    with pytest.raises(TypeError):
        PriceRow.exact("A", "4.5", "EUR", further={"colour": 1})


def test_what_a_row_says_further_is_in_the_digest():
    rows = [
        PriceRow("A", eur(100)),
        PriceRow("A", eur(100), list_price=eur(90)),
        PriceRow("A", eur(100), sale_price=eur(90)),
        PriceRow("A", eur(100), unit_cost=eur(90)),
        PriceRow("A", eur(100), floor_price=eur(90)),
        PriceRow("A", eur(100), sale_price=eur(90), sale_span=Span(DAY[1])),
    ]
    lists = [PriceList("l", currency="EUR", rows=[row]) for row in rows]
    base = lists[0]
    lists += [
        attrs.evolve(base, breaks="graduated"),
        attrs.evolve(base, customers=["c"]),
        attrs.evolve(base, customer_groups=["c"]),
        attrs.evolve(base, markets=["c"]),
        attrs.evolve(base, countries=["DE"]),
        attrs.evolve(base, fallback="m"),
        attrs.evolve(base, only_behind=True),
    ]
    assert len({each.digest for each in lists}) == 13


def test_a_list_names_whom_it_is_for_in_words_that_mean_something():
    assert faults(
        lambda: PriceList(
            "l",
            currency="EUR",
            customer_groups=["", "g"],
            markets=[""],
            countries=["DE", "de", "D1", "DEU"],
        )
    ) == [
        ("price.customer_group", "customer_groups"),
        ("price.market", "markets"),
        ("price.country", "countries"),
        ("price.country", "countries"),
        ("price.country", "countries"),
    ]


# --- floors ----------------------------------------------------------------------------------------


def bounded(**more):
    return PriceAnswer(price=eur(1200), per=1, price_list="l", min_quantity=1, **more)


@pytest.mark.parametrize(
    ("answer", "units", "margin", "minor"),
    [
        (None, 2, None, None),
        (None, 2, "0.5", None),
        (bounded(), 2, "0.5", None),
        (bounded(unit_cost=eur(800)), 2, None, None),
        (bounded(unit_cost=eur(800)), 2, 0, 1600),
        (bounded(unit_cost=eur(800)), 2, "0.2", 2000),
        (bounded(floor_price=eur(900)), 3, None, 2700),
        (bounded(floor_price=eur(900), unit_cost=eur(800)), 1, "0.2", 1000),
        (bounded(floor_price=eur(1100), unit_cost=eur(800)), 1, "0.2", 1100),
        # 7 × 3.33 ÷ 10 = 2.331 and 7 × 2.00 ÷ 10 ÷ 0.7 = 2.00
        (attrs.evolve(bounded(floor_price=eur(333)), per=10), 7, None, 234),
        (attrs.evolve(bounded(unit_cost=eur(200)), per=10), 7, "0.3", 200),
    ],
)
def test_the_floor_of_a_line(answer, units, margin, minor):
    found = line_floor(answer, units, min_margin=margin)
    assert found == (None if minor is None else eur(minor))


@given(
    st.integers(0, 999), st.integers(1, 9), st.integers(1, 99), st.fractions(0, Fraction(99, 100))
)
def test_the_floor_leaves_the_margin_and_a_minor_unit_less_would_not(cost, per, units, margin):
    answer = attrs.evolve(bounded(unit_cost=eur(cost)), per=per)
    floor = line_floor(answer, units, min_margin=margin).minor
    all_cost = Fraction(cost * units, per)
    assert floor - all_cost >= margin * floor
    assert floor - 1 - all_cost < margin * (floor - 1)


@pytest.mark.parametrize(
    ("margin", "code"),
    [(1, "margin.out_of_range"), ("-0.1", "margin.out_of_range"), (0.2, "margin.not_exact")],
)
def test_a_margin_is_a_share(margin, code):
    with pytest.raises(InvalidValue) as caught:
        line_floor(bounded(), 1, min_margin=margin)
    assert caught.value.code == code


def test_floor_and_cost_stand_on_the_quote_line():
    row = PriceRow("A", eur(1200), unit_cost=eur(700), floor_price=eur(900), list_price=eur(1500))
    book = PriceBook(lists=[PriceList("l", currency="EUR", rows=[row])])
    (line,) = quote(Cart(lines=[CartLine("1", sku="A", quantity=3)]), book, at=NOW).lines
    assert (line.price.unit_cost, line.price.floor_price) == (eur(700), eur(900))
    assert (line.price.list_price, line_floor(line.price, line.quantity)) == (eur(1500), eur(2700))


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("price", 5, "price"),
        ("per", "1", "per"),
        ("min_quantity", True, "min_quantity"),
        ("valid_until", "soon", "valid_until"),
        ("valid_from", 5, "valid_from"),
        ("list_price", 5, "list_price"),
        ("unit_cost", 5, "unit_cost"),
        ("floor_price", 5, "floor_price"),
        ("brackets", 5, "brackets"),
        ("brackets", [5], "brackets[0]"),
        ("conversions", "x", "conversions"),
        ("conversions", [5], "conversions[0]"),
        ("prior_price", 5, "prior_price"),
    ],
)
def test_an_answer_refuses_what_is_none(name, value, path):
    with pytest.raises(InvalidValue) as caught:
        attrs.evolve(bounded(), **{name: value})
    assert (caught.value.code[:4], caught.value.path) in {("type", path), ("time", path)}
