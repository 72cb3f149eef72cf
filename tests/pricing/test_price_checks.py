"""What is said of lists before anybody buys."""

from __future__ import annotations

from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import InvalidBatch, InvalidValue, Money, Severity, Span, shift
from ordercore.pricing import (
    ExchangeRate,
    PriceBook,
    PriceConversion,
    PriceList,
    PriceRow,
    inspect_lists,
    inspect_rows,
)

DAY = [shift(NOW, days=n) for n in range(9)]


def told(findings):
    return [(finding.code, finding.path) for finding in findings]


def of(*rows, **more):
    return PriceList(more.pop("list_id", "l"), currency="EUR", rows=rows, **more)


def test_sound_rows_have_no_findings():
    sound = of(
        PriceRow("A", eur(100), list_price=eur(100), unit_cost=eur(80), floor_price=eur(90)),
        PriceRow("A", eur(99), min_quantity=5, unit_cost=eur(80), floor_price=eur(90)),
        PriceRow("A", eur(95), min_quantity=9, span=Span(DAY[1], DAY[2]), unit_cost=eur(80),
                 floor_price=eur(90)),
        PriceRow("B", eur(1), sale_price=eur(0)),
        span=Span(NOW),
    )  # fmt: skip
    assert sound.findings == () == inspect_rows(sound)
    assert PriceBook(lists=[sound]).price_findings == ()


def test_rows_that_are_odd():
    prices = of(
        PriceRow("A", eur(100), list_price=eur(99), unit_cost=eur(101)),
        PriceRow("B", eur(100), sale_price=eur(80), unit_cost=eur(81), floor_price=eur(1)),
        PriceRow("C", eur(100), span=Span(None, DAY[1])),
        PriceRow("B", eur(100), min_quantity=9),
        span=Span(DAY[1]),
    )
    assert told(prices.findings) == [
        ("price.above_list_price", "rows[0].price"),
        ("price.below_cost", "rows[0].price"),
        ("price.below_cost", "rows[1].sale_price"),
        ("price.never_valid", "rows[2].span"),
        ("price.break_not_falling", "rows[3].price"),
        ("price.break_without_cost", "rows[3].unit_cost"),
        ("price.break_without_floor", "rows[3].floor_price"),
    ]
    assert {finding.severity for finding in prices.findings} == {Severity.WARNING}
    assert prices.findings is prices.findings
    book = PriceBook(lists=[of(list_id="k"), prices])
    assert book.price_findings[3].path == "lists[1].rows[2].span"


@st.composite
def breaks(draw):
    found = []
    for count in (1, 4, 8):
        cuts = sorted(draw(st.sets(st.sampled_from(DAY), max_size=4)))
        edges = [None, *cuts, None]
        found.extend(
            PriceRow(
                "A",
                eur(draw(st.integers(0, 5))),
                per=draw(st.sampled_from([1, 2])),
                min_quantity=count,
                span=Span(a, b),
            )
            for a, b in pairwise(edges)
            if draw(st.booleans())
        )
    return draw(st.permutations(found))


@given(breaks())
def test_breaks_that_do_not_fall_are_those_that_a_look_at_every_pair_finds(rows):
    expected = {
        f"rows[{position}].price"
        for position, row in enumerate(rows)
        for other in rows
        if other.min_quantity < row.min_quantity
        and other.span.overlaps(row.span)
        and row.price.minor * other.per >= other.price.minor * row.per
    }
    assert {path for code, path in told(of(*rows).findings)} == expected


def test_lists_that_cannot_stand_behind_each_other():
    euro = ExchangeRate(source="USD", target="EUR", rate="0.9", version="1", at=NOW)
    swiss = ExchangeRate(source="USD", target="CHF", rate="0.9", version="1", at=NOW)
    lists = [
        of(list_id="a", fallback="nowhere"),
        of(list_id="b", fallback="c"),
        of(list_id="c", fallback="d"),
        of(list_id="d", fallback="c"),
        of(list_id="e", fallback="e"),
        of(list_id="f", fallback="us"),
        of(list_id="g", fallback="us", conversion=PriceConversion()),
        of(list_id="h", fallback="us", conversion=PriceConversion(rate=swiss)),
        of(list_id="i", fallback="us", conversion=PriceConversion(rate=euro)),
        of(list_id="j", fallback="a", conversion=PriceConversion(rate=euro)),
        of(list_id="k", fallback="a", conversion=PriceConversion(), tax_included=True),
        of(list_id="m", fallback="a", tax_included=True),
        PriceList("us", currency="USD"),
    ]
    expected = [
        ("book.fallback_unknown", "lists[0].fallback"),
        ("book.fallback_cycle", "lists[2].fallback"),
        ("book.fallback_cycle", "lists[3].fallback"),
        ("book.fallback_cycle", "lists[4].fallback"),
        ("book.fallback_currency", "lists[5].fallback"),
        ("book.fallback_currency", "lists[6].fallback"),
        ("book.fallback_currency", "lists[7].fallback"),
        ("book.fallback_currency", "lists[9].fallback"),
        ("book.fallback_tax", "lists[10].fallback"),
    ]
    findings = inspect_lists(lists)
    assert told(findings) == expected
    assert {finding.severity for finding in findings} == {Severity.ERROR}
    with pytest.raises(InvalidBatch) as caught:
        PriceBook(lists=lists, promotions=["x"])
    assert [(f.code, f.path) for f in caught.value.faults] == [
        *expected,
        ("book.promotion", "promotions[0]"),
    ]
    assert PriceBook(lists=[lists[8], lists[12]]).price_findings == ()


@pytest.mark.parametrize(
    ("fronts", "reached"),
    [
        ([], False),
        ([of(list_id="f", fallback="b")], True),
        ([of(list_id="f", fallback="b", span=Span(DAY[5]))], False),
        ([of(PriceRow("A", eur(1)), list_id="f", fallback="b")], True),
        ([of(PriceRow("A", eur(1)), PriceRow("B", eur(1)), list_id="f", fallback="b")], False),
        (
            [
                of(
                    PriceRow("A", eur(1)),
                    PriceRow("B", eur(1), min_quantity=2),
                    list_id="f",
                    fallback="b",
                )
            ],
            True,
        ),
        (
            [
                of(
                    PriceRow("A", eur(1)),
                    PriceRow("B", eur(1), span=Span(None, DAY[4])),
                    list_id="f",
                    fallback="b",
                )
            ],
            True,
        ),
    ],
)
def test_a_list_that_is_only_behind_others_and_never_asked(fronts, reached):
    behind = of(
        PriceRow("A", eur(1)),
        PriceRow("B", eur(1)),
        list_id="b",
        only_behind=True,
        span=Span(None, DAY[5]),
    )
    book = PriceBook(lists=[*fronts, behind])
    path = f"lists[{len(fronts)}]"
    assert told(book.price_findings) == ([] if reached else [("book.list_unreachable", path)])
    # One with a list behind it is asked for what it does not price itself.
    deep = attrs.evolve(behind, fallback="z")
    passing = PriceBook(lists=[*fronts, deep, of(PriceRow("Z", eur(1)), list_id="z")])
    asked = bool(fronts) and fronts[0].span.overlaps(behind.span)
    assert told(passing.price_findings) == ([] if asked else [("book.list_unreachable", path)])


def test_what_is_no_list_is_not_inspected():
    with pytest.raises(InvalidValue) as caught:
        inspect_rows("x")
    assert (caught.value.code, caught.value.path) == ("type.wrong", "prices")
    with pytest.raises(InvalidValue):
        inspect_lists("x")
    with pytest.raises(InvalidValue) as caught:
        inspect_lists([PriceList("l", currency="EUR"), "x"])
    assert (caught.value.code, caught.value.path) == ("type.wrong", "lists[1]")
    assert Money(1, "EUR") == eur(1)
