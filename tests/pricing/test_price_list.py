"""Price lists: breaks, spans, fineness, overlaps, and look-ups by index."""

from __future__ import annotations

import pickle
from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import InvalidBatch, Money, PrecisionLoss, Span, digest, instant, shift
from ordercore.pricing import PriceList, PriceRow

DAY = [shift(NOW, days=n) for n in range(12)]


def faults(make):
    with pytest.raises(InvalidBatch) as caught:
        make()
    return [(f.code, f.path) for f in caught.value.faults]


@st.composite
def rows(draw):
    """Rows without overlaps: for each SKU and break, cuts of the time line, some left out."""
    found = []
    for sku in "AB":
        for count in draw(st.sets(st.sampled_from([1, 5, 10]))):
            cuts = [None, *sorted(draw(st.sets(st.sampled_from(DAY), max_size=4))), None]
            found.extend(
                PriceRow(sku, eur(draw(st.integers(0, 99))), min_quantity=count, span=Span(a, b))
                for a, b in pairwise(cuts)
                if draw(st.booleans())
            )
    return draw(st.permutations(found))


@given(rows(), st.integers(1, 12), st.sampled_from(DAY), st.integers(0, 9))
def test_the_index_answers_as_a_look_at_every_row(rows, quantity, at, cut):
    prices = PriceList("l", currency="EUR", rows=rows[:cut]).with_rows(rows[cut:])
    assert prices == PriceList("l", currency="EUR", rows=rows)
    assert prices.digest == PriceList("l", currency="EUR", rows=rows[::-1]).digest
    for sku in "ABC":
        fitting = [r for r in rows if r.sku == sku and r.min_quantity <= quantity and at in r.span]
        best = max(fitting, key=lambda r: r.min_quantity, default=None)
        answer = prices.answer(sku, quantity, at)
        assert prices.knows(sku) == any(r.sku == sku for r in rows)
        least = [r.min_quantity for r in rows if r.sku == sku and at in r.span]
        assert prices.least_quantity(sku, at) == min(least, default=None)
        ended = attrs.evolve(prices, span=Span(None, at))
        assert ended.least_quantity(sku, at) is None
        if best is None:
            assert answer is None
        else:
            assert (answer.price, answer.min_quantity) == (best.price, best.min_quantity)
            assert (answer.valid_until, answer.price_list) == (best.span.end, "l")


@given(rows(), st.data())
def test_any_overlap_is_found(rows, data):
    if not rows:
        return
    victim = data.draw(st.sampled_from(rows))
    inside = victim.span.start or (victim.span.end and shift(victim.span.end, days=-1)) or NOW
    twin = attrs.evolve(victim, span=Span(inside, shift(inside, microseconds=1)))
    assert ("price.overlap", f"rows[{len(rows)}]") in faults(
        lambda: PriceList("l", currency="EUR", rows=[*rows, twin])
    )
    assert ("price.overlap", f"rows[{len(rows)}]") in faults(
        lambda: PriceList("l", currency="EUR", rows=rows).with_rows([twin])
    )


def test_every_overlap_with_a_long_row_is_told():
    long = PriceRow("A", eur(1), span=Span(DAY[0], DAY[9]))
    short = [PriceRow("A", eur(2), span=Span(DAY[n], DAY[n + 1])) for n in (1, 3)]
    after = PriceRow("A", eur(3), span=Span(DAY[9]))
    assert faults(
        lambda: PriceList("l", currency="EUR", rows=[short[0], long, short[1], after])
    ) == [
        ("price.overlap", "rows[1]"),
        ("price.overlap", "rows[2]"),
    ]
    reaching = PriceRow("A", eur(2), span=Span(DAY[8], DAY[11]))
    assert faults(lambda: PriceList("l", currency="EUR", rows=[long, reaching, after])) == [
        ("price.overlap", "rows[1]"),
        ("price.overlap", "rows[2]"),
    ]
    forever = PriceRow("A", eur(2))
    assert faults(lambda: PriceList("l", currency="EUR", rows=[forever, after])) == [
        ("price.overlap", "rows[1]")
    ]


def test_a_list_has_its_own_span():
    prices = PriceList(
        "l",
        currency="EUR",
        rows=[PriceRow("A", eur(1)), PriceRow("B", eur(1), span=Span(None, DAY[3]))],
        span=Span(DAY[0], DAY[5]),
    )
    assert prices.answer("A", 1, DAY[4]).valid_until == DAY[5]
    assert prices.answer("B", 1, DAY[1]).valid_until == DAY[3]
    assert prices.answer("A", 1, DAY[5]) is None
    assert prices.answer("B", 1, DAY[3]) is None
    assert (
        PriceList("l", currency="EUR", rows=[PriceRow("A", eur(1))]).answer("A", 1, NOW).valid_until
        is None
    )


def test_a_lone_row_keeps_its_break_and_span():
    row = PriceRow("A", eur(1), min_quantity=3, span=Span(DAY[1], DAY[2]))
    prices = PriceList("l", currency="EUR", rows=[row])
    assert prices.answer("A", 2, DAY[1]) is None
    assert prices.answer("A", 3, DAY[0]) is None
    assert prices.answer("A", 3, DAY[1]).price == eur(1)


def test_bad_rows_are_told_all_at_once():
    assert faults(lambda: PriceRow("A", eur(-1), min_quantity=0, per=True, span=None)) == [
        ("price.negative", "price"),
        ("price.min_quantity", "min_quantity"),
        ("price.per", "per"),
        ("price.span", "span"),
    ]
    assert faults(lambda: PriceRow("A", eur(1), span=None)) == [("price.span", "span")]
    assert faults(lambda: PriceRow("A", 12)) == [("price.amount", "price")]
    assert faults(
        lambda: PriceList("l", currency="EUR", rows=["x", PriceRow("A", Money(1, "USD"))])
    ) == [("price.row", "rows[0]"), ("money.currency_mismatch", "rows[1].price")]
    assert faults(
        lambda: PriceList("l", currency="EUR", rows=[PriceRow("A", eur(1))]).with_rows(["x"])
    ) == [("price.row", "rows[1]")]


@pytest.mark.parametrize(
    ("amount", "per", "minor", "units"),
    [("4.375", 100, 4375, 1000), ("4.37", 100, 437, 100), (5, 1, 500, 1), ("0.0001", 1, 1, 100)],
)
def test_a_price_may_be_finer_than_the_minor_unit(amount, per, minor, units):
    row = PriceRow.exact("A", amount, "EUR", per=per, min_quantity=7, span=Span(DAY[0]))
    assert (row.price, row.per) == (eur(minor), units)
    assert (row.min_quantity, row.span) == (7, Span(DAY[0]))


def test_but_not_without_end():
    assert PriceRow.exact("A", "0.00000000001", "EUR").per == 10**9
    with pytest.raises(PrecisionLoss):
        PriceRow.exact("A", "0.000000000001", "EUR")


def test_digests_tell_lists_apart():
    base = PriceList("l", currency="EUR", rows=[PriceRow("A", eur(1))])
    others = [
        attrs.evolve(base, list_id="m"),
        attrs.evolve(base, priority=1),
        attrs.evolve(base, tax_included=True),
        attrs.evolve(base, channels=["web"]),
        attrs.evolve(base, span=Span(DAY[0])),
        attrs.evolve(base, rows=[PriceRow("B", eur(1))]),
        attrs.evolve(base, rows=[PriceRow("A", eur(2))]),
        attrs.evolve(base, rows=[PriceRow("A", eur(1), per=2)]),
        attrs.evolve(base, rows=[PriceRow("A", eur(1), min_quantity=2)]),
        attrs.evolve(base, rows=[PriceRow("A", eur(1), span=Span(DAY[0]))]),
        attrs.evolve(base, rows=[PriceRow("A", eur(1), span=Span(None, DAY[0]))]),
    ]
    assert len({each.digest for each in [base, *others]}) == 12
    assert base.digest == base.digest == attrs.evolve(base).digest


def test_lists_pickle_as_their_data():
    base = PriceList(
        "l",
        currency="EUR",
        rows=[PriceRow("A", eur(1))],
        tax_included=False,
        priority=3,
        channels=["web"],
        span=Span(DAY[0]),
    )
    again = pickle.loads(pickle.dumps(base))
    assert again == base
    assert digest(again) == digest(base)
    assert again.answer("A", 1, DAY[1]) == base.answer("A", 1, DAY[1])
    assert len(pickle.dumps(base)) < 1500


def test_adding_rows_leaves_the_old_list_alone():
    old = PriceList("l", currency="EUR", rows=[PriceRow("A", eur(1), min_quantity=5)])
    assert isinstance(old.digest, str)
    new = old.with_rows([PriceRow("A", eur(2)), PriceRow("B", eur(3))])
    newer = new.with_rows([PriceRow("A", eur(9), min_quantity=2)])
    assert old.answer("A", 1, NOW) is None
    assert not old.knows("B")
    assert new.answer("A", 2, NOW).price == eur(2)
    assert newer.answer("A", 2, NOW).price == eur(9)
    assert len({old.digest, new.digest, newer.digest}) == 3
    assert instant("2026-11-11T00:00Z") == NOW
