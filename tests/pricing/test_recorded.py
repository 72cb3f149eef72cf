"""Recorded quotes: what the channel says is what was paid, whatever it adds up to."""

from __future__ import annotations

from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur, quoted

from ordercore.kernel import CurrencyMismatch, InvalidBatch, Money
from ordercore.pricing import (
    Adjustment,
    Charge,
    Quote,
    QuoteLine,
    QuoteSource,
    TaxShare,
    check_sums,
    compare,
    recorded_line,
    recorded_quote,
    refund,
)

amounts = st.integers(-500, 5_000).map(eur)


@st.composite
def recorded(draw, tax_included=None):
    included = draw(st.booleans()) if tax_included is None else tax_included
    adjustments = st.lists(
        st.builds(
            Adjustment,
            code=st.just("channel.coupon"),
            amount=st.integers(-800, 100).map(eur),
            funder=st.sampled_from(["merchant", "platform"]),
        ),
        max_size=2,
    )
    taxes = st.lists(
        st.builds(TaxShare, amount=st.integers(0, 300).map(eur), included=st.just(included)),
        max_size=1,
    )
    lines = [
        recorded_line(
            f"l{i}",
            sku=draw(st.sampled_from("ABC")),
            quantity=draw(st.integers(1, 9)),
            list_amount=draw(amounts),
            adjustments=draw(adjustments),
            taxes=draw(taxes),
            paid=draw(st.none() | amounts),
        )
        for i in range(draw(st.integers(0, 4)))
    ]
    charges = [
        Charge(f"c{i}", list_amount=draw(amounts), taxes=draw(taxes))
        for i in range(draw(st.integers(0 if lines else 1, 2)))
    ]
    return recorded_quote(
        lines=lines,
        charges=charges,
        total=draw(amounts),
        at=NOW,
        rounding=draw(st.none() | st.integers(-2, 2).map(eur)),
        tax_included=included,
        channel=draw(st.sampled_from(["", "bazaar"])),
    )


@given(recorded(), amounts)
def test_the_total_is_the_one_reported(q, total):
    assert check_sums(q) == ()
    again = recorded_quote(
        lines=q.lines, charges=q.charges, rounding=q.rounding, total=total, at=NOW
    )
    assert again.total == total
    assert again.unexplained - q.unexplained == total - q.total
    assert again.source is QuoteSource.RECORDED


@given(recorded(), st.data())
def test_everything_reported_is_refunded_and_nothing_else(q, data):
    path = [q.quantities]
    for _ in range(3):
        path.append({k: data.draw(st.integers(0, v)) for k, v in path[-1].items()})
    path.append({})
    refunds = [refund(q, a, b).total.minor for a, b in pairwise(path)]
    last = refund(q, {}, {}, charges_after=False).total.minor
    assert sum(refunds) + last == q.total.minor


@given(recorded(), recorded())
def test_differences_explain_the_whole_difference(ours, theirs):
    found = compare(ours, theirs)
    assert sum(d.effect.minor for d in found) == theirs.total.minor - ours.total.minor
    assert all(d.ours != d.recorded for d in found)
    assert compare(ours, ours) == ()
    assert len({(d.code, d.path, d.effect.minor == 0) for d in found}) == len(found)


@given(quoted())
def test_a_computed_quote_recorded_again_is_the_same(case):
    q, *_ = case
    again = recorded_quote(
        lines=q.lines, charges=q.charges, total=q.total, at=NOW, rounding=q.rounding
    )
    assert again.unexplained == eur(0)
    assert compare(q, again) == ()


def test_a_marketplace_order_by_hand():
    # A subsidy of the platform, a shop coupon, and a total that is three cents off.
    lines = [
        recorded_line(
            "1",
            sku="TEA",
            quantity=2,
            unit_price=eur(1280),
            adjustments=[
                Adjustment(code="shop.coupon", amount=eur(-200)),
                Adjustment(code="platform.subsidy", amount=eur(-100), funder="platform"),
            ],
            delivery_group="g",
            tax_category="food",
            category=["drinks"],
        ),
        recorded_line("2", sku="CUP", quantity=1, list_amount=eur(750)),
    ]
    q = recorded_quote(
        lines=lines,
        charges=[Charge("shipping", list_amount=eur(500))],
        total=eur(3513),
        at=NOW,
        tax_included=True,
        channel="bazaar",
        customer="c-1",
        coupons=["S-2"],
    )
    assert str(q.total) == "EUR 35.13"
    assert (q.subtotal, q.discount, q.shipping) == (eur(3310), eur(297), eur(500))
    assert q.unexplained == eur(3)
    assert [line.unexplained for line in q.lines] == [eur(2), eur(1)]  # by 22.60 and 7.50
    assert [a.note for a in q.lines[0].adjustments] == ["", "", "of the total"]
    assert q.lines[0].adjustments[-1].kind == "unexplained"
    assert q.funded("platform") == eur(100)
    assert q.revenue == eur(3613)
    assert (q.channel, q.customer, q.coupons) == ("bazaar", "c-1", ("S-2",))
    line = q.lines[0]
    assert (line.delivery_group, line.tax_category, line.category) == ("g", "food", ("drinks",))
    assert refund(q, {"1": 2, "2": 1}, {"1": 1, "2": 1}).total == eur(1131)


def test_a_line_that_does_not_add_up_explains_itself():
    line = recorded_line("1", sku="TEA", quantity=3, unit_price=eur(333), paid=eur(1000))
    assert (line.gross, line.unexplained, line.adjustments[0].note) == (
        eur(1000),
        eur(1),
        "of the line",
    )
    assert recorded_line("1", sku="A", quantity=3, unit_price=eur(3), paid=eur(9)).adjustments == ()


def test_free_lines_share_evenly():
    lines = [recorded_line(str(i), sku="A", quantity=1, list_amount=eur(0)) for i in range(2)]
    q = recorded_quote(lines=lines, total=eur(3), at=NOW)
    assert [line.gross.minor for line in q.lines] == [2, 1]
    charged = recorded_quote(
        lines=lines, charges=[Charge("s", list_amount=eur(5))], total=eur(3), at=NOW
    )
    assert [c.gross.minor for c in charged.charges] == [3]
    assert [line.adjustments for line in charged.lines] == [(), ()]
    refunded = attrs.evolve(lines[0], list_amount=eur(-5))
    mixed = recorded_quote(lines=[refunded, lines[1]], total=eur(1), at=NOW)
    assert [line.gross.minor for line in mixed.lines] == [-2, 3]


def test_one_price_exactly():
    for prices in ({}, {"unit_price": eur(1), "list_amount": eur(1)}):
        with pytest.raises(InvalidBatch) as caught:
            recorded_line("1", sku="A", quantity=1, **prices)
        assert [(f.code, f.path) for f in caught.value.faults] == [("recorded.price", "unit_price")]
    with pytest.raises(InvalidBatch) as caught:
        recorded_line("1", sku="A", quantity="2", unit_price=eur(1))
    assert [f.code for f in caught.value.faults] == ["quantity.not_positive"]
    with pytest.raises(InvalidBatch) as caught:
        recorded_quote(
            lines=[recorded_line("1", sku="A", quantity=1, list_amount=Money(1, "USD"))],
            total=eur(1),
            at=NOW,
        )
    assert {f.code for f in caught.value.faults} == {"money.currency_mismatch"}


def test_each_difference_has_its_reason():
    def line(line_id, amount, quantity=1, **more):
        return QuoteLine(line_id, sku="A", quantity=quantity, list_amount=eur(amount), **more)

    ours = Quote(
        currency="EUR",
        at=NOW,
        lines=[
            line("gone", 100),
            line("price", 100),
            line("units", 100, 2),
            line("off", 100, adjustments=[Adjustment(code="x", amount=eur(-10))]),
            line("tax", 100, taxes=[TaxShare(amount=eur(7))]),
            line("inside", 100, taxes=[TaxShare(amount=eur(7), included=True)]),
            line("same", 100),
        ],
        charges=[Charge("shipping", list_amount=eur(500)), Charge("fee", list_amount=eur(1))],
    )
    theirs = Quote(
        currency="EUR",
        at=NOW,
        source="recorded",
        lines=[
            line("same", 100),
            line("price", 90),
            line("units", 150, 3),
            line("off", 100, adjustments=[Adjustment(code="quote.unexplained", amount=eur(-4))]),
            line("tax", 100, taxes=[TaxShare(amount=eur(8))]),
            line("inside", 100, taxes=[TaxShare(amount=eur(8), included=True)]),
            line("new", 60),
        ],
        charges=[Charge("shipping", list_amount=eur(450)), Charge("tip", list_amount=eur(2))],
        rounding=eur(1),
    )
    assert [
        (d.code.removeprefix("difference."), d.path, d.effect.minor) for d in compare(ours, theirs)
    ] == [
        ("line_missing", "lines[gone]", -100),
        ("list_price", "lines[price]", -10),
        ("quantity", "lines[units]", 50),
        ("discount", "lines[off]", 10),
        ("unexplained", "lines[off]", -4),
        ("tax", "lines[tax]", 1),
        ("tax", "lines[inside]", 0),
        ("line_extra", "lines[new]", 60),
        ("charge", "charges[shipping]", -50),
        ("charge", "charges[fee]", -1),
        ("charge", "charges[tip]", 2),
        ("rounding", "rounding", 1),
    ]
    with pytest.raises(CurrencyMismatch):
        compare(
            ours,
            Quote(
                currency="USD", at=NOW, charges=[Charge("s", list_amount=Money(1, "USD"))], lines=[]
            ),
        )
