"""A quote that comes back: still valid, still current, still for this cart, still as it was given."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur, quoted

from ordercore.kernel import Span, shift
from ordercore.pricing import (
    Cart,
    CartLine,
    Charge,
    ChargeBook,
    ExpectedQuote,
    Fee,
    PriceBook,
    PriceList,
    PriceRow,
    PricingPolicy,
    Quote,
    QuoteInputs,
    TaxRate,
    TaxTable,
    quote,
    stale,
)

CART = Cart(
    lines=[CartLine("1", sku="TEA", quantity=2), CartLine("2", sku="CUP", quantity=1)],
    coupons=["C1"],
    customer="c-1",
)
BOOK = PriceBook.of({"TEA": eur(900), "CUP": eur(500)})
TARIFF = ChargeBook(fees=[Fee("cod", amount=eur(100))])
INPUTS = QuoteInputs(book=BOOK, tariff=TARIFF)
Q = quote(CART, BOOK, at=NOW, tariff=TARIFF)


def codes(expected, q=Q, at=NOW):
    return [reason.code for reason in expected.reasons(q, at=at)]


def test_nothing_is_asked_that_is_not_known():
    assert codes(ExpectedQuote()) == []
    assert codes(ExpectedQuote.of(INPUTS, cart=CART, digest=Q.digest)) == []
    assert codes(ExpectedQuote.of(QuoteInputs(book=BOOK))) == []


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        ({"book": PriceBook.of({"TEA": eur(901)})}, ("book",)),
        ({"taxes": TaxTable([TaxRate("standard", "0.2")])}, ("taxes",)),
        ({"policy": PricingPolicy(rounding="down")}, ("policy",)),
        ({"tariff": ChargeBook(fees=[Fee("cod", amount=eur(101))])}, ("tariff",)),
    ],
)
def test_what_counts_now_has_to_be_what_it_was_made_from(now, changed):
    (reason,) = ExpectedQuote.of(attrs.evolve(INPUTS, **now)).reasons(Q, at=NOW)
    assert (reason.code, reason.facts["changed"], reason.final) == ("quote.stale", changed, False)


def test_a_quote_whose_time_is_over_is_stale():
    row = PriceRow("TEA", eur(900), span=Span(None, shift(NOW, hours=1)))
    book = PriceBook(lists=[PriceList("base", currency="EUR", rows=[row])])
    q = quote(Cart(lines=[CartLine("1", sku="TEA", quantity=1)]), book, at=NOW)
    assert stale(q, at=shift(NOW, minutes=59)) == ()
    (reason,) = stale(q, at=shift(NOW, hours=1))
    assert reason.facts["valid_until"] == q.valid_until
    other = ExpectedQuote(book_digest="other")
    (reason,) = other.reasons(q, at=shift(NOW, hours=1))
    assert set(reason.facts) == {"valid_until", "now", "changed"}


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"lines": CART.lines[:1]}, ("lines",)),
        ({"lines": [attrs.evolve(CART.lines[0], quantity=3), CART.lines[1]]}, ("lines",)),
        ({"currency": "USD"}, ("currency",)),
        ({"coupons": [], "channel": "web"}, ("channel", "coupons")),
        ({"customer": "c-2", "payment_method": "card"}, ("customer", "payment_method")),
    ],
)
def test_another_cart_is_told_by_its_fields(change, differs):
    (reason,) = ExpectedQuote(cart=attrs.evolve(CART, **change)).reasons(Q, at=NOW)
    assert (reason.code, reason.facts["differs"]) == ("quote.mismatch", differs)


def test_the_order_of_lines_and_an_open_currency_say_nothing():
    turned = attrs.evolve(CART, lines=CART.lines[::-1])
    assert codes(ExpectedQuote(cart=turned)) == []
    assert codes(ExpectedQuote(cart=attrs.evolve(turned, currency="EUR"))) == []


def test_a_quote_without_lines_answers_no_cart():
    tip = Charge("tip", kind="tip", list_amount=eur(1))
    q = Quote(currency="EUR", at=NOW, lines=[], charges=[tip])
    assert codes(ExpectedQuote(cart=CART), q) == ["quote.mismatch"]


@given(quoted(4), st.data())
def test_any_change_of_an_amount_is_seen(case, data):
    q, cart, *_ = case
    expected = ExpectedQuote(cart=cart, digest=q.digest)
    assert codes(expected, q) == []
    line = data.draw(st.sampled_from(q.lines))
    more = data.draw(st.integers(-50, 50).filter(bool))
    dearer = attrs.evolve(line, list_amount=line.list_amount + eur(more))
    lines = [dearer if each is line else each for each in q.lines]
    assert codes(expected, attrs.evolve(q, lines=lines)) == ["quote.mismatch"]
