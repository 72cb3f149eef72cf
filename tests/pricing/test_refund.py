"""Refunds: the value kept is a function of the units kept; steps never matter."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur, quoted

from ordercore.kernel import InvalidBatch, Money
from ordercore.pricing import (
    INVARIANTS,
    Adjustment,
    Charge,
    Quote,
    QuoteLine,
    TaxShare,
    kept_line,
    kept_value,
    recorded_quote,
    refund,
)

PATHS = next(law for law in INVARIANTS if law.invariant_id == "INV-PRICE-8")


def example(**changes):
    given = {
        "currency": "EUR",
        "at": NOW,
        "lines": [
            QuoteLine(
                "1",
                sku="TEA",
                quantity=3,
                list_amount=eur(1000),
                adjustments=[
                    Adjustment(code="a", amount=eur(-100), basis=eur(1000)),
                    Adjustment(code="b", amount=eur(-50), funder="platform"),
                ],
                taxes=[TaxShare(amount=eur(100), rate=Fraction(2, 17), base=eur(850))],
            ),
            QuoteLine("2", sku="CUP", quantity=1, list_amount=eur(500)),
        ],
        "charges": [
            Charge("shipping", list_amount=eur(490)),
            Charge("wrap", list_amount=eur(200), kind="fee", refundable=False),
        ],
        "rounding": eur(-2),
    }
    return Quote(**(given | changes))


@st.composite
def steps(draw, quantities):
    """A falling path of units kept, from everything to nothing."""
    path = [dict(quantities)]
    for _ in range(draw(st.integers(0, 6))):
        path.append({k: draw(st.integers(0, v)) for k, v in path[-1].items()})
    path.append(dict.fromkeys(quantities, 0))
    return path


@given(quoted(), st.data())
def test_any_way_of_splitting_a_return_refunds_the_same(case, data):
    q, *_ = case
    path = data.draw(steps(q.quantities))
    flags = [
        True,
        *sorted(
            data.draw(st.lists(st.booleans(), min_size=len(path) - 2, max_size=len(path) - 2)),
            reverse=True,
        ),
        False,
    ]
    refunds = [
        refund(q, a, b, charges_before=ca, charges_after=cb)
        for (a, ca), (b, cb) in zip(
            zip(path, flags, strict=True), list(zip(path, flags, strict=True))[1:], strict=False
        )
    ]
    at_once = refund(q, path[0], path[-1], charges_after=False)
    assert sum(r.total.minor for r in refunds) == at_once.total.minor
    assert sum(r.tax.minor for r in refunds) == at_once.tax.minor
    assert sum(r.units for r in refunds) == at_once.units == q.cart().units
    for funder in (None, "merchant", "platform", "manufacturer"):
        assert sum(r.funded(funder).minor for r in refunds) == at_once.funded(funder).minor
    stays = [c for c in q.charges if not c.refundable]
    kept = sum(c.gross.minor for c in stays) + (q.rounding.minor if stays else 0)
    assert at_once.total.minor == q.total.minor - kept
    for law_path in zip(path, path[1:], path[2:], strict=False):
        assert PATHS.holds(q, *law_path)
    for (a, ca), (b, cb), one in zip(
        zip(path, flags, strict=True),
        list(zip(path, flags, strict=True))[1:],
        refunds,
        strict=False,
    ):
        difference = kept_value(q, a, charges=ca) - kept_value(q, b, charges=cb)
        assert one.total == difference
        assert difference.minor >= min(0, q.rounding.minor)
        assert all(line.gross.minor >= 0 and line.tax.minor >= 0 for line in one.lines)


@given(quoted(), st.data())
def test_what_is_kept_rises_with_the_units(case, data):
    q, *_ = case
    line = data.draw(st.sampled_from(q.lines))
    values = [kept_line(line, units) for units in range(line.quantity + 1)]
    assert values[-1].gross == line.gross
    assert values[-1].list_amount == line.list_amount
    assert [a.amount for a in values[-1].adjustments] == [a.amount for a in line.adjustments]
    assert [t.amount for t in values[-1].taxes] == [t.amount for t in line.taxes]
    assert values[0].gross == eur(0)
    for low, high in pairwise(values):
        assert low.gross <= high.gross
        assert low.tax <= high.tax
    for units, kept in enumerate(values):
        # Never further than rounding from the even share.
        assert abs(kept.amount.minor - Fraction(line.amount.minor * units, line.quantity)) < 1
        assert kept.quantity == units
        assert kept_value(q, {line.line_id: units}, charges=False) == kept.gross + (
            kept_value(q, {}, charges=False)
            if units == 0 or any(not c.refundable for c in q.charges)
            else q.rounding
        )


def test_a_return_by_hand():
    q = example()
    assert str(q.total) == "EUR 21.38"  # 8.50 + 1.00 tax + 5.00 + 4.90 + 2.00 - 0.02
    one = refund(q, {"1": 3, "2": 1}, {"1": 2, "2": 1})
    (line,) = one.lines
    # Kept of 850 and of 100 with two of three units: 566 and 66.
    assert (line.line_id, line.quantity) == ("1", 1)
    assert (line.gross, line.tax, line.net) == (eur(318), eur(34), eur(284))
    assert line.list_amount == eur(334)
    assert [a.amount for a in line.adjustments] == [eur(-34), eur(-16)]
    assert [a.basis for a in line.adjustments] == [None, None]
    assert line.funded("platform") == eur(16)
    assert line.taxes[0].base == eur(284)
    assert one.charges == ()
    assert one.rounding == eur(0)
    rest = refund(q, {"1": 2, "2": 1}, {}, charges_after=False)
    assert [c.charge_id for c in rest.charges] == ["shipping"]
    assert [r.line_id for r in rest.lines] == ["1", "2"]
    # The fee stays with the seller, and so does the rounding.
    assert one.total + rest.total == q.total - eur(200) + eur(2)
    assert rest.units == 3


def test_coin_rounding_leaves_with_the_last_thing():
    q = example(charges=[Charge("shipping", list_amount=eur(490))])
    units = refund(q, q.quantities, {})
    assert units.rounding == eur(0)
    last = refund(q, {}, {}, charges_after=False)
    assert (last.rounding, last.total) == (eur(-2), eur(488))
    assert units.total + last.total == q.total
    alone = example(charges=[])
    assert refund(alone, alone.quantities, {"1": 1}).rounding == eur(0)
    assert refund(alone, {"1": 1}, {}).rounding == eur(-2)


def test_charges_are_given_back_once():
    q = example()
    assert refund(q, {}, {}, charges_after=False).charges == (q.charges[0],)
    assert refund(q, {}, {}, charges_before=False, charges_after=False).charges == ()
    assert refund(q, {}, {}).total == eur(0)
    assert refund(q, {}, {}).lines == ()
    assert kept_value(q, {}) == eur(688)
    assert kept_value(q, {}, charges=False) == eur(198)


def test_a_document_of_charges_only():
    q = recorded_quote(
        lines=[], charges=[Charge("postage", list_amount=eur(700))], total=eur(699), at=NOW
    )
    assert q.charges[0].unexplained == eur(-1)
    assert refund(q, {}, {}, charges_after=False).total == eur(699)


def test_a_component_may_wobble_but_the_money_never_does():
    # Five units, 0.03 less 0.02: each sum shared out alone would make a unit cost minus one cent.
    adjustments = [Adjustment(code="a", amount=eur(-2))]
    line = QuoteLine("1", sku="A", quantity=5, list_amount=eur(3), adjustments=adjustments)
    kept = [kept_line(line, units) for units in range(6)]
    assert [k.gross.minor for k in kept] == [0, 0, 0, 0, 0, 1]
    assert [k.list_amount.minor for k in kept] == [0, 0, 1, 1, 2, 3]


def test_faults_are_told_all_at_once():
    q = example()
    with pytest.raises(InvalidBatch) as caught:
        refund(q, {"1": 4, "9": 1}, {"2": -1, "1": True}, charges_before=False)
    assert [(f.code, f.path) for f in caught.value.faults] == [
        ("refund.quantity", "before[1]"),
        ("refund.unknown_line", "before[9]"),
        ("refund.quantity", "after[1]"),
        ("refund.quantity", "after[2]"),
        ("refund.charges_more_after", "charges_after"),
    ]
    with pytest.raises(InvalidBatch) as caught:
        refund(q, {"1": 1}, {"1": 2, "2": 1})
    assert [(f.code, f.path) for f in caught.value.faults] == [
        ("refund.more_after", "after[1]"),
        ("refund.more_after", "after[2]"),
    ]
    with pytest.raises(InvalidBatch) as caught:
        kept_value(q, {"9": 1, "2": 2})
    assert [f.code for f in caught.value.faults] == ["refund.quantity", "refund.unknown_line"]
    with pytest.raises(InvalidBatch) as caught:
        kept_line(q.lines[0], 4)
    assert [(f.code, f.path) for f in caught.value.faults] == [("refund.quantity", "quantity")]


def test_cost_does_not_grow_with_quantity():
    huge = QuoteLine("1", sku="A", quantity=10**9, list_amount=Money(10**15 + 7, "EUR"))
    q = Quote(currency="EUR", at=NOW, lines=[huge])
    assert refund(q, {"1": 10**9}, {"1": 1}).total + refund(q, {"1": 1}, {}).total == q.total
