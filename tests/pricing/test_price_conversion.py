"""Prices from other prices: exact against fractions, rounded once, with the rate on the answer."""

from __future__ import annotations

from fractions import Fraction

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import (
    Currency,
    CurrencyMismatch,
    InvalidBatch,
    InvalidValue,
    Money,
    Rounding,
    Span,
    UnknownCurrency,
    round_ratio,
    shift,
)
from ordercore.pricing import (
    Cart,
    CartLine,
    ConvertedPrice,
    ExchangeRate,
    PriceBook,
    PriceConversion,
    PriceEnding,
    PriceList,
    PriceRow,
    explain_price,
    line_floor,
    quote,
)

DIGITS = {"EUR": 100, "USD": 100, "JPY": 1, "KWD": 1000}
rates = st.fractions(Fraction(1, 1000), 300, max_denominator=10_000)


def rate(source="EUR", target="USD", value="1.0875", **more):
    return ExchangeRate(
        source=source, target=target, rate=value, version="ecb 11-11", at=NOW, **more
    )


def faults(make):
    with pytest.raises(InvalidBatch) as caught:
        make()
    return [(f.code, f.path) for f in caught.value.faults]


@given(
    st.sampled_from([("EUR", "JPY"), ("JPY", "KWD"), ("KWD", "USD"), ("EUR", "USD")]),
    rates,
    st.fractions(Fraction(1, 100), 10, max_denominator=100),
    st.integers(0, 10**9),
    st.sampled_from(Rounding),
)
def test_a_conversion_is_exact_and_rounded_once(pair, value, factor, minor, rounding):
    source, target = pair
    by = PriceConversion(rate=rate(source, target, value), factor=factor, rounding=rounding)
    major = Fraction(minor, DIGITS[source]) * value
    amount = Money(minor, source)
    assert by.price(amount) == Money(round_ratio(major * factor * DIGITS[target], rounding), target)
    bound = by.bound(amount)
    assert 0 <= Fraction(bound.minor, DIGITS[target]) - major < Fraction(1, DIGITS[target])


@given(
    st.integers(1, 1000), st.data(), st.fractions(0, 10**6, max_denominator=50),
    st.sampled_from(Rounding),
)  # fmt: skip
def test_an_ending_is_kept_and_near(step, data, exact, rounding):
    ending = data.draw(st.integers(0, step - 1))
    minor = PriceEnding(step_minor=step, ending_minor=ending, rounding=rounding).minor(exact)
    if exact == 0:
        assert minor == 0
        return
    assert minor > 0
    assert minor % step == ending
    lowest = ending or step
    if exact >= lowest:
        assert abs(minor - exact) < step
        if rounding in {Rounding.HALF_UP, Rounding.HALF_EVEN}:
            assert abs(minor - exact) <= Fraction(step, 2)
        elif rounding in {Rounding.DOWN, Rounding.FLOOR}:
            assert minor <= exact
        else:
            assert minor >= exact
    else:
        assert minor in {lowest, lowest + step}


def test_a_list_in_another_currency_names_rate_and_version():
    eur_list = PriceList(
        "eur",
        currency="EUR",
        rows=[
            PriceRow(
                "TEA", eur(1200), list_price=eur(1500), unit_cost=eur(701), floor_price=eur(901)
            ),
            PriceRow("TEA", eur(1000), min_quantity=10),
        ],
        markets=["eu"],
    )
    usd_list = PriceList(
        "usd",
        currency="USD",
        rows=[PriceRow("CUP", Money(599, "USD"))],
        markets=["us"],
        fallback="eur",
        conversion=PriceConversion(
            rate=rate(), factor="1.05", ending=PriceEnding(step_minor=100, ending_minor=99)
        ),
        span=Span(None, shift(NOW, days=1)),
    )
    book = PriceBook(lists=[eur_list, usd_list])
    cart = Cart(
        lines=[CartLine("1", sku="TEA", quantity=2), CartLine("2", sku="CUP", quantity=1)],
        market="us",
    )
    q = quote(cart, book, at=NOW)
    tea, cup = q.lines
    # 12.00 × 1.0875 × 1.05 = 13.7025; 15.00 × 1.0875 × 1.05 = 17.128125
    assert (q.currency, tea.price.price, tea.price.list_price) == (
        "USD",
        Money(1399, "USD"),
        Money(1699, "USD"),
    )
    assert tea.list_amount == Money(2798, "USD")
    # 7.01 × 1.0875 = 7.623375 and 9.01 × 1.0875 = 9.798375: bounds are rounded up.
    assert (tea.price.unit_cost, tea.price.floor_price) == (Money(763, "USD"), Money(980, "USD"))
    assert line_floor(tea.price, 2) == Money(1960, "USD")
    assert tea.price.price_list == "eur"
    assert tea.price.conversions == (
        ConvertedPrice(
            price_list="usd",
            original=eur(1200),
            rate="1.0875",
            factor="1.05",
            version="ecb 11-11",
            at=NOW,
        ),
    )
    assert tea.price.valid_until == q.valid_until == shift(NOW, days=1)
    assert (cup.price.price_list, cup.price.conversions) == ("usd", ())
    assert explain_price(cart, "1", book, at=NOW).asked == "usd"
    home = quote(attrs.evolve(cart, lines=cart.lines[:1], market="eu"), book, at=NOW)
    assert (home.total, home.lines[0].price.conversions) == (eur(2400), ())
    newer = attrs.evolve(rate(), rate="1.1", version="ecb 11-12")
    other = attrs.evolve(
        usd_list, conversion=attrs.evolve(usd_list.conversion, rate=newer, ending=None)
    )
    again = quote(cart, PriceBook(lists=[eur_list, other]), at=NOW).lines[0].price
    assert (again.price, again.conversions[0].version) == (Money(1386, "USD"), "ecb 11-12")


def test_graduated_prices_are_converted_bracket_by_bracket():
    lists = [
        PriceList(
            "retail",
            currency="EUR",
            rows=[PriceRow("A", eur(1001)), PriceRow("A", eur(900), min_quantity=3)],
            breaks="graduated",
            only_behind=True,
        ),
        PriceList(
            "trade", currency="EUR", fallback="retail", conversion=PriceConversion(factor="0.9")
        ),
        PriceList("vip", currency="EUR", fallback="trade", priority=1, customers=["c"]),
    ]
    cart = Cart(lines=[CartLine("1", sku="A", quantity=4)], customer="c")
    (line,) = quote(cart, PriceBook(lists=lists), at=NOW).lines
    # 10.01 × 0.9 = 9.009, 9.00 × 0.9 = 8.10: 2 × 9.01 + 2 × 8.10
    assert line.list_amount == eur(3422)
    (step,) = line.price.conversions
    assert (step.price_list, step.version, step.at, step.original) == ("trade", "", None, eur(900))


def test_conversions_follow_each_other():
    lists = [
        PriceList("eur", currency="EUR", rows=[PriceRow("A", eur(1000))], only_behind=True),
        PriceList(
            "usd",
            currency="USD",
            fallback="eur",
            conversion=PriceConversion(rate=rate()),
            only_behind=True,
        ),
        PriceList("ca", currency="USD", fallback="usd", conversion=PriceConversion(factor="1.021")),
    ]
    cart = Cart(lines=[CartLine("1", sku="A", quantity=1)])
    (line,) = quote(cart, PriceBook(lists=lists), at=NOW).lines
    # 10.875 is 10.88; × 1.021 = 11.10848
    assert line.list_amount == Money(1111, "USD")
    assert [(s.price_list, s.original) for s in line.price.conversions] == [
        ("usd", eur(1000)),
        ("ca", Money(1088, "USD")),
    ]


def test_bad_rates_endings_and_conversions_are_refused():
    assert faults(lambda: ExchangeRate(source="EUR", target="EUR", rate=0, version="", at=NOW)) == [
        ("rate.not_positive", "rate"),
        ("rate.version", "version"),
        ("rate.same_currency", "target"),
    ]
    with pytest.raises(UnknownCurrency):
        rate(target="XAU")
    assert rate(target="JPY", value="163.2").exact(eur(1000)) == 1632
    with pytest.raises(CurrencyMismatch):
        rate().exact(Money(1, "GBP"))
    for bad, code in ((1.1, "rate.not_exact"), ("1/0", "rate.not_exact")):
        with pytest.raises(InvalidValue) as caught:
            rate(value=bad)
        assert caught.value.code == code
    assert faults(lambda: PriceEnding(step_minor=0)) == [("ending.step_minor", "step_minor")]
    for bad in (-1, 100, True):
        assert faults(lambda bad=bad: PriceEnding(step_minor=100, ending_minor=bad)) == [
            ("ending.ending_minor", "ending_minor")
        ]
    for bad in (0, -1, 1001):
        with pytest.raises(InvalidValue) as caught:
            PriceConversion(factor=bad)
        assert caught.value.code == "factor.out_of_range"
    assert faults(lambda: PriceList("l", currency="EUR", conversion=PriceConversion())) == [
        ("price.conversion_alone", "conversion")
    ]
    assert Currency("EUR") == rate().source
