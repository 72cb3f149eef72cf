"""A total below its parts: the remainder takes no part below zero while another has room."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur

from ordercore.pricing import Charge, check_sums, recorded_line, recorded_quote, refund


def reported(lines, charges, total):
    return recorded_quote(
        lines=[
            recorded_line(f"l{i}", sku="A", quantity=units, list_amount=eur(minor))
            for i, (units, minor) in enumerate(lines)
        ],
        charges=[Charge(f"c{i}", list_amount=eur(minor)) for i, minor in enumerate(charges)],
        total=eur(total),
        at=NOW,
    )


def test_what_the_lines_cannot_bear_is_taken_off_the_charges():
    quote = reported([(3, 100)], [490], 390)
    assert [line.gross.minor for line in quote.lines] == [0]
    assert [charge.gross.minor for charge in quote.charges] == [390]
    assert quote.unexplained == eur(-200)


def test_a_line_of_nothing_stays_at_nothing():
    quote = reported([(1, 0), (2, 60)], [40], 10)
    assert [line.gross.minor for line in quote.lines] == [0, 0]
    assert [charge.gross.minor for charge in quote.charges] == [10]


def test_a_negative_total_goes_to_what_costs_something():
    quote = reported([(3, 100)], [490], -100)
    assert [part.gross.minor for part in (*quote.lines, *quote.charges)] == [-100, 0]
    free = reported([(3, 0)], [490], -100)
    assert [part.gross.minor for part in (*free.lines, *free.charges)] == [0, -100]


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 300)), min_size=1, max_size=3),
    st.lists(st.integers(0, 300), max_size=2),
    st.integers(0, 2_000),
    st.data(),
)
def test_a_total_of_nothing_or_more_never_makes_a_part_or_a_refund_negative(
    lines, charges, total, data
):
    quote = reported(lines, charges, total)
    assert check_sums(quote) == ()
    assert quote.total == eur(total)
    assert all(part.gross.minor >= 0 for part in (*quote.lines, *quote.charges))
    kept = {line.line_id: data.draw(st.integers(0, line.quantity)) for line in quote.lines}
    assert refund(quote, quote.quantities, kept).total.minor >= 0
    assert refund(quote, kept, {}, charges_after=False).total.minor >= 0
