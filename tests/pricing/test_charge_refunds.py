"""Charges that go back with their units: exactly these, whatever the path, down to nothing."""

from __future__ import annotations

from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur
from tests.pricing.drawn_charges import rich_quotes
from tests.pricing.test_refund import steps

from ordercore.kernel import cumulative_share
from ordercore.pricing import (
    Cart,
    CartLine,
    Charge,
    ChargeBook,
    Fee,
    PriceBook,
    Quote,
    QuoteLine,
    RefundWith,
    Selector,
    TaxRate,
    TaxTable,
    check_sums,
    kept_value,
    quote,
    refund,
    split_off,
)

VAT = TaxTable([TaxRate("standard", "0.19")])
BOOK = PriceBook.of({"TEA": eur(1200), "CUP": eur(650)})
TARIFF = ChargeBook(
    fees=[
        Fee("eco", eur(33), per="unit", on=Selector(skus=["TEA"])),
        Fee("pack", eur(500), refund_with="everything"),
        Fee("post", eur(700), per="delivery", refund_with="units"),
        Fee("tip", eur(100), refundable=False),
    ]
)
CART = Cart(
    lines=[
        CartLine("1", sku="TEA", quantity=3),
        CartLine("2", sku="CUP", quantity=2),
        CartLine("3", sku="CUP", quantity=1, delivery_group="gift"),
    ]
)


def given_back(q, before, after, **more):
    back = refund(q, before, after, **more)
    return {c.charge_id: (c.list_amount.minor, c.tax.minor) for c in back.charges}


def test_each_charge_goes_back_as_it_says():
    """Eco 0.99 and 0.19 tax over 3 units; the post of 7.00 and 1.33 over the 5 of its group."""
    q = quote(CART, BOOK, at=NOW, taxes=VAT, tariff=TARIFF)
    assert {c.charge_id: c.list_amount.minor for c in q.charges} == {
        "eco:1": 99,
        "pack": 500,
        "post:default": 700,
        "post:gift": 700,
        "tip": 100,
    }
    everything = q.quantities
    one_tea = {"1": 2, "2": 2, "3": 1}
    assert given_back(q, everything, one_tea) == {"eco:1": (33, 7), "post:default": (140, 27)}
    no_gift = {"1": 2, "2": 2}
    assert given_back(q, one_tea, no_gift) == {"post:gift": (700, 133)}
    # Charges as such go when the caller says so; what asks for everything waits for it.
    assert given_back(q, no_gift, {"2": 2}, charges_after=False) == {
        "eco:1": (66, 12),
        "post:default": (280, 53),
    }
    last = given_back(q, {"2": 2}, {}, charges_after=False)
    assert last == {"pack": (500, 95), "post:default": (280, 53)}
    assert kept_value(q, {}, charges=False) == eur(119)


def test_a_charge_of_units_without_lines_goes_as_such():
    charge = Charge("pickup", list_amount=eur(500), refund_with="units")
    q = Quote(currency="EUR", at=NOW, lines=[], charges=[charge])
    assert refund(q, {}, {}, charges_after=False).total == eur(500)
    assert kept_value(q, {}) == eur(500)


def test_lines_that_join_later_change_nothing_of_a_charge():
    """A merge of orders adds lines to a quote; what is kept of its charges stays what it was."""
    q = quote(CART, BOOK, at=NOW, tariff=TARIFF)
    joined = QuoteLine("9", sku="CUP", quantity=5, list_amount=eur(1000))
    more = attrs.evolve(q, lines=(*q.lines, joined))
    for kept in ({"1": 1}, {"1": 3, "2": 1}, {"3": 1}):
        assert kept_value(more, kept) == kept_value(q, kept)
    assert kept_value(more, {"9": 5}, charges=False) == eur(1000 + 100 + 500)


def test_charges_that_were_given_follow_their_group_where_they_name_no_line():
    post = Charge("post", list_amount=eur(700), refund_with="units")
    one = Charge("one", list_amount=eur(10), refund_with="units", line_ids=["3"])
    strange = Charge("all", list_amount=eur(10), refund_with="units", delivery_group="nobody")
    q = quote(CART, BOOK, at=NOW, charges=[post, one, strange])
    assert [charge.line_ids for charge in q.charges] == [("1", "2"), ("3",), ("1", "2", "3")]


@given(rich_quotes(), st.data())
def test_any_way_of_splitting_a_return_refunds_the_same(case, data):
    q, *_ = case
    path = data.draw(steps(q.quantities))
    flags = sorted(
        data.draw(st.lists(st.booleans(), min_size=len(path) - 2, max_size=len(path) - 2)),
        reverse=True,
    )
    flags = [True, *flags, False]
    steps_taken = list(pairwise(zip(path, flags, strict=True)))
    refunds = [
        refund(q, a, b, charges_before=ca, charges_after=cb) for (a, ca), (b, cb) in steps_taken
    ]
    at_once = refund(q, path[0], path[-1], charges_after=False)
    assert sum(r.total.minor for r in refunds) == at_once.total.minor
    stays = sum(c.gross.minor for c in q.charges if not c.refundable)
    kept_rounding = q.rounding.minor if any(not c.refundable for c in q.charges) else 0
    assert at_once.total.minor == q.total.minor - stays - kept_rounding
    for whole in q.charges:
        parts = [c for r in refunds for c in r.charges if c.charge_id == whole.charge_id]
        if not whole.refundable:
            assert parts == []
            continue
        assert sum(c.gross.minor for c in parts) == whole.gross.minor
        assert sum(c.tax.minor for c in parts) == whole.tax.minor
        for funder in {a.funder for a in whole.adjustments}:
            assert sum(c.funded(funder).minor for c in parts) == whole.funded(funder).minor
    for ((a, ca), (b, cb)), back in zip(steps_taken, refunds, strict=True):
        assert back.total == kept_value(q, a, charges=ca) - kept_value(q, b, charges=cb)
        assert all(c.list_amount.minor >= 0 and c.gross.minor >= 0 for c in back.charges)


@given(rich_quotes(), st.data())
def test_a_charge_of_a_line_has_gone_as_far_as_its_line(case, data):
    q, *_ = case
    kept = {k: data.draw(st.integers(0, v)) for k, v in q.quantities.items()}
    back = {c.charge_id: c for c in refund(q, q.quantities, kept).charges}
    for charge in q.charges:
        if charge.refundable and charge.refund_with is RefundWith.UNITS:
            assert charge.line_ids
            units = sum(kept[line_id] for line_id in charge.line_ids)
            whole = sum(q.quantities[line_id] for line_id in charge.line_ids)
            stays = cumulative_share(charge.amount.minor, units, whole)
            gone = back[charge.charge_id].amount.minor if charge.charge_id in back else 0
            assert gone == charge.amount.minor - stays


@given(rich_quotes(), st.data())
def test_what_is_split_off_is_what_would_be_given_back(case, data):
    q, *_ = case
    after = {k: data.draw(st.integers(0, v)) for k, v in q.quantities.items()}
    if after == dict(q.quantities):
        return
    part = split_off(q, q.quantities, after)
    assert part.total == refund(q, q.quantities, after).total
    assert part.net + part.tax + part.rounding == part.total
    assert kept_value(part, part.quantities) == part.total
    assert check_sums(part) == ()


@given(rich_quotes())
def test_unit_by_unit_gives_back_everything(case):
    q, *_ = case
    kept, total = dict(q.quantities), 0
    for line_id, units in q.quantities.items():
        for left in range(units - 1, -1, -1):
            after = {**kept, line_id: left}
            last = not any(after.values())
            total += refund(q, kept, after, charges_after=not last).total.minor
            kept = after
    stays = [c.gross.minor for c in q.charges if not c.refundable]
    assert total == q.total.minor - sum(stays) - (q.rounding.minor if stays else 0)


@pytest.mark.parametrize("units", [1, 7, 10**9])
def test_a_share_costs_the_same_for_any_number_of_units(units):
    cart = Cart(lines=[CartLine("1", sku="TEA", quantity=units)])
    q = quote(cart, BOOK, at=NOW, taxes=VAT, tariff=TARIFF)
    back = refund(q, {"1": units}, {"1": units // 2})
    assert back.total == q.total - kept_value(q, {"1": units // 2})
