"""The snapshot: what planning sees, frozen."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.inventory import Reservation, StockItem, StockSnapshot
from ordercore.kernel import InvalidBatch, instant

LEVELS = st.dictionaries(
    st.tuples(st.sampled_from("ABC"), st.sampled_from("xyz")), st.integers(0, 9)
)


@given(LEVELS, st.randoms())
def test_a_snapshot_says_what_it_was_given_in_any_order(levels, random):
    pairs = list(levels.items())
    random.shuffle(pairs)
    one, other = StockSnapshot.of(levels), StockSnapshot.of(dict(pairs))
    assert one == other
    assert one.digest == other.digest
    assert pickle.loads(pickle.dumps(one)) == one
    for sku in "ABCD":
        assert one.nodes(sku) == tuple(n for n in "xyz" if levels.get((sku, n)))
        for node in "xyzw":
            assert one.available(sku, node) == levels.get((sku, node), 0)


def test_items_give_what_is_available_and_ended_holds_count_only_at_an_instant():
    until = instant("2026-11-11T00:00:00Z")
    hold = Reservation(reservation_id="r", order_id="o", quantity=3, expires_at=until)
    item = StockItem(sku="A", node="x", received=5, reserved=3, reservations={"r": hold})
    assert StockSnapshot.from_items([item]).available("A", "x") == 2
    assert StockSnapshot.from_items([item], at=until).available("A", "x") == 5


def test_digests_follow_the_levels():
    assert StockSnapshot.of({("A", "x"): 1}).digest != StockSnapshot.of({("A", "x"): 2}).digest


def test_levels_that_cannot_be_are_all_refused_at_once():
    with pytest.raises(InvalidBatch) as caught:
        StockSnapshot.of({("A", "x"): -1, ("A", "y"): 1.5, ("B", "x"): True, ("C", "x"): 0})
    assert [(f.code, f.path) for f in caught.value.faults] == [
        ("stock.negative", "[A@x]"),
        ("stock.negative", "[A@y]"),
        ("stock.negative", "[B@x]"),
    ]
