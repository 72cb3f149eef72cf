"""Taxes of a service: what it is asked, and that an answer belongs to its quote."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from tests.pricing.drawn import NOW, eur
from tests.pricing.drawn_charges import rich_quotes

from ordercore.kernel import CashRounding, InvalidBatch, InvalidValue, Money
from ordercore.network import Destination, Region
from ordercore.pricing import (
    NO_TAX,
    Cart,
    CartLine,
    Charge,
    Delivery,
    PriceBook,
    PricingPolicy,
    TaxAssessment,
    TaxShare,
    TaxTable,
    check_sums,
    percent_off,
    quote,
    refund,
    tax_request,
    with_taxes,
)

DE, FR = Destination(Region("DE")), Destination(Region("FR"))
CART = Cart(
    lines=[
        CartLine("2", sku="TEA", quantity=2),
        CartLine("1", sku="CUP", quantity=1, delivery_group="gift", tax_category="food"),
    ],
    ship_to=DE,
    deliveries=[Delivery("gift", ship_to=FR)],
)
BOOK = PriceBook.of({"TEA": eur(500), "CUP": eur(300)})
Q = quote(CART, BOOK, at=NOW, shipping=eur(490))


def share(minor, **more):
    return TaxShare(**({"amount": eur(minor)} | more))


def answer(q, **more):
    given = {"request": tax_request(q).digest, "lines": {"1": [], "2": [share(190)]}}
    return TaxAssessment(**(given | {"charges": {"shipping": [share(93), share(5)]}} | more))


def faults(make):
    with pytest.raises(InvalidBatch) as caught:
        make()
    return [(f.code, f.path) for f in caught.value.faults]


def test_a_request_tells_what_is_taxed_and_where_it_goes():
    request = tax_request(Q)
    told = [
        (
            a.part_id,
            a.kind,
            a.sku,
            a.quantity,
            a.amount.minor,
            a.tax_category,
            str(a.ship_to.region),
        )
        for a in (*request.lines, *request.charges)
    ]
    assert told == [
        ("1", "goods", "CUP", 1, 300, "food", "FR"),
        ("2", "goods", "TEA", 2, 1000, "standard", "DE"),
        ("shipping", "shipping", "", 1, 490, "standard", "DE"),
    ]
    turned = quote(attrs.evolve(CART, lines=CART.lines[::-1]), BOOK, at=NOW, shipping=eur(490))
    assert tax_request(turned).digest == request.digest


def test_a_quote_takes_the_taxes_of_its_answer():
    given = answer(Q, valid_until="2026-11-12T00:00Z", reference="t-1")
    q = with_taxes(Q, given)
    assert (q.total, q.tax) == (eur(1790 + 288), eur(288))
    assert (q.tax_digest, q.valid_until) == (given.digest, given.valid_until)
    assert check_sums(q) == ()
    back = refund(q, q.quantities, {"1": 1, "2": 1})
    assert (back.total, back.tax) == (eur(595), eur(95))
    ended = attrs.evolve(Q, valid_until="2026-11-11T12:00Z")
    assert with_taxes(ended, given).valid_until == ended.valid_until


def test_coins_are_rounded_again():
    swiss = PricingPolicy(cash=CashRounding(5))
    q = with_taxes(
        quote(CART, BOOK, at=NOW, policy=swiss, shipping=eur(490)), answer(Q), policy=swiss
    )
    assert (q.rounding, q.total) == (eur(2), eur(2080))
    with pytest.raises(InvalidValue) as caught:
        with_taxes(q, answer(Q))
    assert caught.value.code == "quote.other_policy"


def test_an_answer_that_does_not_belong_says_everything_that_is_wrong():
    other = answer(
        Q,
        request="ab12",
        lines={"1": [share(-1), share(1, included=True)], "9": []},
        charges={"shipping": [TaxShare(amount=Money(1, "USD"))], "x": []},
    )
    assert faults(lambda: with_taxes(Q, other)) == [
        ("assessment.other_request", "request"),
        ("assessment.missing", "lines[2]"),
        ("assessment.negative", "lines[1][0]"),
        ("assessment.mode", "lines[1][1]"),
        ("assessment.unknown", "lines[9]"),
        ("money.currency_mismatch", "charges[shipping][0]"),
        ("assessment.unknown", "charges[x]"),
    ]
    taxed = with_taxes(Q, answer(Q))
    assert faults(lambda: with_taxes(taxed, answer(Q))) == [("assessment.already_taxed", "quote")]
    inside = quote(CART, BOOK, at=NOW, taxes=TaxTable(included=True))
    lines = {"1": [share(301, included=True)], "2": []}
    assert faults(lambda: with_taxes(inside, answer(inside, lines=lines, charges={}))) == [
        ("assessment.above_amount", "lines[1]")
    ]
    free = quote(
        CART, PriceBook.of({"TEA": eur(0), "CUP": eur(1)}, promotions=[percent_off("x", 1)]), at=NOW
    )
    assert faults(lambda: with_taxes(free, answer(free, charges={}))) == [
        ("assessment.taxed_nothing", "lines[2][0]")
    ]
    fee = quote(CART, BOOK, at=NOW, charges=[Charge("fee", list_amount=eur(1))])
    assert faults(lambda: with_taxes(fee, answer(fee, charges={}))) == [
        ("assessment.missing", "charges[fee]")
    ]
    assert tax_request(fee).digest != tax_request(Q).digest


def test_what_is_no_map_of_taxes_is_refused():
    assert faults(lambda: TaxAssessment(request="x", lines=5, charges=["a"])) == [
        ("type.wrong", "lines"),
        ("type.wrong", "charges"),
    ]


@given(rich_quotes())
def test_our_own_taxes_given_back_are_the_same_quote(case):
    q, cart, book, more = case
    if more["taxes"].home is not None and more["policy"].inclusive_prices == "same_net":
        return
    if more["policy"].reads_taxes:
        return  # discounts are then other ones where no table has the rates
    bare = quote(
        cart, book, at=NOW, **{**more, "taxes": attrs.evolve(NO_TAX, included=q.tax_included)}
    )
    given = TaxAssessment(
        request=tax_request(bare).digest,
        lines={line.line_id: line.taxes for line in q.lines},
        charges={charge.charge_id: charge.taxes for charge in q.charges},
        valid_until=q.valid_until,
    )
    again = with_taxes(bare, given, policy=more["policy"])
    assert attrs.evolve(again, tax_digest=q.tax_digest) == q
