"""Histories of prices, and the prior price of a reduction against a look at every hour."""

from __future__ import annotations

from fractions import Fraction

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import InvalidBatch, InvalidValue, Money, Sku, shift
from ordercore.pricing import (
    DEFAULT_PRIOR_PRICE,
    MAX_PRICE_CHANGES,
    PriceChange,
    PriceHistory,
    PriceList,
    PriceRow,
    PriorPricePolicy,
)

START = shift(NOW, days=-200)
FIRST = PriorPricePolicy(growing="first")
SHORTER = PriorPricePolicy(recent="shorter")


def faults(make):
    with pytest.raises(InvalidBatch) as caught:
        make()
    return [(f.code, f.path) for f in caught.value.faults]


def on(day, minor, announced=False, **more):
    price = None if minor is None else eur(minor)
    return PriceChange(at=shift(START, days=day), price=price, announced=announced, **more)


def history(*changes, **more):
    return PriceHistory(sku="TEA", changes=changes, **more)


@st.composite
def lives(draw):
    """Changes at whole hours of a fortnight, so that every moment between two is like the first."""
    hours = sorted(draw(st.sets(st.integers(0, 14 * 24), min_size=1, max_size=12)))
    found = []
    for hour in hours:
        minor = draw(st.none() | st.integers(0, 20))
        found.append(
            PriceChange(
                at=shift(START, hours=hour),
                price=None if minor is None else eur(minor),
                per=draw(st.sampled_from([1, 1, 2])),
                announced=minor is not None and draw(st.booleans()),
            )
        )
    return found


def in_force(changes, hour):
    """The change in force at an hour, by a look at all of them."""
    past = [change for change in changes if change.at <= shift(START, hours=hour)]
    return past[-1] if past else None


def unit(change):
    return Fraction(change.price.minor, change.per)


def news(changes):
    """The changes that say something new."""
    found = []
    for change in changes:
        said = (change.price, change.per, change.announced)
        if not found or said != (found[-1].price, found[-1].per, found[-1].announced):
            found.append(change)
    return found


def brute_force(changes, hour, policy):
    """The lowest price of the hours before the reduction, hour by hour; None where there is none."""
    changes = news(changes)
    now = in_force(changes, hour)
    if now is None or not now.announced:
        return None
    start = hour
    while start > 0:
        before = in_force(changes, start - 1)
        here = in_force(changes, start)
        if before is None:
            break
        if before is not here:
            # Here a price was applied. By default the reduction is just this one.
            if policy.growing == "each":
                break
            if not before.announced or unit(here) >= unit(before):
                break
        start -= 1
    length = policy.days * 24
    hours = [(h, in_force(changes, h)) for h in range(start - length, start)]
    if hours[0][1] is None and policy.recent == "refuse":
        return None
    asked = [unit(c) for _, c in hours if c is not None and c.price is not None]
    return min(asked) if asked else None


@given(
    lives(),
    st.integers(0, 15 * 24),
    st.sampled_from(["each", "first"]),
    st.sampled_from(["refuse", "shorter"]),
    st.integers(1, 5),
)
def test_the_prior_price_is_the_lowest_of_every_hour_before(changes, hour, growing, recent, days):
    policy = PriorPricePolicy(days=days, growing=growing, recent=recent)
    at = shift(START, hours=hour)
    found = history(*changes).prior_price(at, policy)
    expected = brute_force(changes, hour, policy)
    if expected is None:
        assert found is None
        return
    assert Fraction(found.price.minor, found.per) == expected
    assert found.reduced_at <= at
    assert shift(found.reduced_at, days=-days) <= found.since < found.reduced_at
    # Where a history grows change by change, what it forgets is never needed.
    grown = PriceHistory(sku="TEA", keep_days=40)
    for change in changes:
        grown = grown.changed(change)
    again = grown.prior_price(at, policy)
    assert Fraction(again.price.minor, again.per) == expected


def test_a_price_announced_again_is_no_new_reduction():
    sale = on(10, 800, announced=True)
    again = on(20, 800, announced=True)
    assert history(on(0, 900), sale, again) == history(on(0, 900), sale)
    found = history(on(0, 900), sale, again).prior_price(again.at, SHORTER)
    assert (found.price, found.reduced_at) == (eur(900), sale.at)


def test_the_window_is_closed_at_its_beginning_and_open_at_the_reduction():
    changes = [on(0, 900), on(30, 1200), on(60, 800, announced=True)]
    found = history(*changes).prior_price(shift(START, days=70))
    assert (found.price, found.since, found.reduced_at) == (
        eur(1200),
        shift(START, days=30),
        shift(START, days=60),
    )
    late = attrs.evolve(changes[1], at=shift(START, days=30, microseconds=1))
    assert history(changes[0], late, changes[2]).prior_price(shift(START, days=60)).price == eur(
        900
    )
    assert history(*changes).prior_price(shift(START, days=60, microseconds=-1)) is None


def test_a_reduction_that_grows():
    """From 100 to 80, 60, 50 in steps of a week: paragraph 5 lets the first price stand."""
    steps = [
        on(0, 10_000),
        on(100, 8_000, announced=True),
        on(107, 6_000, announced=True),
        on(114, 5_000, announced=True),
    ]
    tea = history(*steps)
    for day, each in ((100, 10_000), (107, 8_000), (114, 6_000)):
        at = shift(START, days=day)
        assert tea.prior_price(at).price == eur(each)
        assert tea.prior_price(at, FIRST).price == eur(10_000)
        assert tea.prior_price(at, FIRST).reduced_at == shift(START, days=100)
    # A price that rises again, or a break, begins a reduction of its own.
    for change in (on(121, 7_000, announced=True), on(121, 5_000)):
        later = tea.changed(change).changed(on(123, 4_500, announced=True))
        assert later.prior_price(shift(START, days=123), FIRST).reduced_at == (
            shift(START, days=123) if not change.announced else shift(START, days=121)
        )


def test_goods_that_are_new_on_the_market():
    tea = history(on(0, 1_200), on(10, 1_100), on(20, 900, announced=True))
    at = shift(START, days=20)
    assert tea.prior_price(at) is None
    found = tea.prior_price(at, SHORTER)
    assert (found.price, found.since) == (eur(1_100), START)
    assert tea.prior_price(at, attrs.evolve(DEFAULT_PRIOR_PRICE, days=20)).price == eur(1_100)
    only = history(on(0, 900, announced=True))
    assert only.prior_price(at, SHORTER) is None
    gone = history(on(0, None), on(40, 900, announced=True))
    assert gone.prior_price(shift(START, days=40)) is None
    pause = history(on(0, 1_000), on(20, None), on(40, 900, announced=True))
    assert pause.prior_price(shift(START, days=40)).price == eur(1_000)


def test_what_was_asked_when():
    tea = history(on(0, 1_000), on(20, None))
    assert tea.change_at(shift(START, days=-1)) is None
    assert tea.change_at(shift(START, days=19)).price == eur(1_000)
    assert tea.change_at("2027-01-01T00:00Z").price is None
    assert tea.sku == Sku("TEA")


def test_a_history_stays_short():
    tea = history(keep_days=60)
    for day in range(150):
        tea = tea.changed(on(day, 1_000 + day))
    assert len(tea.changes) == 61
    assert tea.changes[0].at == shift(START, days=89)
    long = PriceHistory(sku="TEA", keep_days=4_000)
    changes = [
        PriceChange(at=shift(START, minutes=n), price=eur(n)) for n in range(MAX_PRICE_CHANGES)
    ]
    long = attrs.evolve(long, changes=changes)
    more = long.changed(on(100, 5))
    assert (len(more.changes), more.changes[0]) == (MAX_PRICE_CHANGES, changes[1])
    assert faults(lambda: attrs.evolve(long, changes=[*changes, on(100, 5)])) == [
        ("history.too_long", "changes")
    ]
    early = PriceChange(at="0001-01-02T00:00Z", price=eur(1))
    assert history().changed(early).changes == (early,)


def test_saying_it_again_changes_nothing():
    tea = history(on(0, 1_000))
    assert tea.changed(on(0, 1_000)) is tea
    assert tea.changed(on(5, 1_000)) is tea
    assert len(tea.changed(on(5, 1_000, announced=True)).changes) == 2
    assert len(tea.changed(on(5, 1_000, per=2)).changes) == 2


def test_an_answer_is_a_change_of_price():
    row = PriceRow("TEA", eur(1200), per=10, sale_price=eur(990))
    answer = PriceList("web", currency="EUR", rows=[row]).answer("TEA", 1, NOW)
    assert answer.change(NOW) == PriceChange(at=NOW, price=eur(990), per=10, announced=True)
    plain = attrs.evolve(answer, list_price=None)
    assert history().changed(plain.change(NOW)).prior_price(NOW, SHORTER) is None


def test_bad_histories_are_refused():
    dollars = attrs.evolve(on(3, 1), price=Money(1, "USD"))
    assert faults(lambda: history(on(1, 1), on(1, 2), "x", on(0, None), dollars, keep_days=0)) == [
        ("history.keep_days", "keep_days"),
        ("history.not_later", "changes[1].at"),
        ("type.wrong", "changes[2]"),
        ("history.not_later", "changes[3].at"),
        ("history.currency", "changes[4].price"),
    ]
    assert faults(lambda: history(on(1, 1)).changed(on(0, 2))) == [
        ("history.not_later", "changes[1].at")
    ]
    assert faults(lambda: on(0, -1, per=0)) == [
        ("history.negative", "price"),
        ("history.per", "per"),
    ]
    assert faults(lambda: on(0, None, announced=True)) == [("history.announced", "announced")]
    for days in (0, 3651, True):
        with pytest.raises(InvalidValue) as caught:
            PriorPricePolicy(days=days)
        assert caught.value.code == "prior_price.days"
    assert not on(0, None).is_below(on(0, 1))
    assert not on(0, 1).is_below(on(0, None))
