"""What conditions ask of clocks and of the buyer's earlier orders, and what a failing one says."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import InvalidBatch, Money, Zone, instant, shift
from ordercore.pricing import (
    Cart,
    CartLine,
    OrderHistory,
    PriceBook,
    UsageSnapshot,
    cart_facts,
    percent_off,
    quote,
)
from ordercore.pricing.facts import time_facts, time_holds_until

SHANGHAI = Zone.load("Asia/Shanghai")
LONDON = Zone.load("Europe/London")


def priced(rule, *, at=NOW, zone=None, history=None, **cart):
    promotion = percent_off("p", 10, when=rule, zone=zone)
    book = PriceBook.of({"A": eur(1000)}, promotions=[promotion])
    usage = UsageSnapshot(history=history)
    lines = [CartLine("a", sku="A", quantity=1)]
    q = quote(Cart(lines=lines, **cart), book, at=at, usage=usage)
    told = q.explain("p", book, usage=usage)
    assert told.applied == bool(q.discount) == (not told.reasons)
    return q, told


# --- clocks ---------------------------------------------------------------------------------------

LATE = instant(
    "2026-11-13T16:30:20Z"
)  # Friday in London, half past midnight on Saturday in Shanghai


@pytest.mark.parametrize(
    ("rule", "zone", "applied", "until"),
    [
        ("time.weekday >= 6", SHANGHAI, True, "2026-11-14T16:00Z"),
        ("time.weekday >= 6", LONDON, False, None),
        ("time.weekday >= 6", None, False, None),
        ("time.weekday == 5", None, True, "2026-11-14T00:00Z"),
        ("time.hour < 2", SHANGHAI, True, "2026-11-13T17:00Z"),
        ("time.hour >= 16 and time.hour < 17", LONDON, True, "2026-11-13T17:00Z"),
        (
            "time.minute_of_day >= 30 and time.minute_of_day < 90",
            SHANGHAI,
            True,
            "2026-11-13T16:31Z",
        ),
        ("time.day == 14 and time.month == 11", SHANGHAI, True, "2026-11-14T16:00Z"),
        ("cart.units >= 1", SHANGHAI, True, None),
    ],
)
def test_clocks_of_the_promotion_decide_and_bound_the_quote(rule, zone, applied, until):
    q, told = priced(rule, at=LATE, zone=zone)
    assert told.applied == applied
    assert q.valid_until == (None if until is None else instant(until))


def test_a_day_ends_at_midnight_also_where_the_clocks_change():
    # In London the clocks go forward on 2026-03-29 and back on 2026-10-25.
    for at, until in (
        ("2026-03-29T00:30Z", "2026-03-29T23:00Z"),
        ("2026-10-25T00:30Z", "2026-10-26T00:00Z"),
    ):
        q, _ = priced("time.weekday == 7", at=instant(at), zone=LONDON)
        assert q.valid_until == instant(until)


@drawn(
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 12, 31)),
    st.sampled_from(["Asia/Shanghai", "Europe/London", "Asia/Kathmandu", "America/New_York", None]),
    st.sampled_from(["time.weekday", "time.hour", "time.minute_of_day", "time.day", "time.month"]),
)
def test_facts_of_time_are_those_of_the_zone_and_hold_as_long_as_said(naive, name, field):
    at = instant(naive.replace(tzinfo=dt.UTC))
    zone = None if name is None else Zone.load(name)
    wall = naive.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(name or "UTC"))
    facts = time_facts(at, zone)
    assert facts == {
        "weekday": wall.isoweekday(),
        "hour": wall.hour,
        "minute_of_day": wall.hour * 60 + wall.minute,
        "day": wall.day,
        "month": wall.month,
    }
    until = time_holds_until(at, zone, ["cart.total", field])
    asked = field.removeprefix("time.")
    assert until > at
    assert time_facts(shift(until, microseconds=-1), zone)[asked] == facts[asked]
    assert time_holds_until(at, zone, ["cart.total"]) is None


# --- earlier orders -------------------------------------------------------------------------------

TWO = OrderHistory(
    orders=2, spent=[eur(5_000), Money(9, "USD")], last_at=shift(NOW, days=-40, hours=-1)
)


@pytest.mark.parametrize(
    ("rule", "history", "applied"),
    [
        ("customer.first_order", OrderHistory(), True),
        ("customer.first_order", None, False),
        ("customer.first_order", TWO, False),
        ("not customer.known", None, True),
        ("customer.known and customer.orders_before == 0", OrderHistory(), True),
        ("customer.orders_before >= 2", TWO, True),
        ("customer.spent_before >= EUR(50)", TWO, True),
        ("customer.spent_before >= EUR(50.01)", TWO, False),
        ("customer.days_since_last >= 40", TWO, True),
        ("customer.days_since_last >= 41", TWO, False),
        ("customer.days_since_last >= 1", OrderHistory(), False),
        ("customer.spent_before == EUR(0)", None, True),
    ],
)
def test_earlier_orders(rule, history, applied):
    assert priced(rule, history=history)[1].applied == applied


def test_an_order_of_the_future_is_no_negative_number_of_days():
    ahead = OrderHistory(orders=1, last_at=shift(NOW, days=3))
    facts = cart_facts(
        Cart(lines=[CartLine("a", sku="A", quantity=1)]), [eur(1)], "EUR", NOW, history=ahead
    )
    assert facts["customer"]["days_since_last"] == 0


def test_faulty_histories_are_refused_all_at_once():
    with pytest.raises(InvalidBatch) as caught:
        OrderHistory(orders=-1, spent=[eur(-1), eur(1), eur(1)])
    assert [(f.code, f.path) for f in caught.value.faults] == [
        ("history.orders", "orders"),
        ("history.spent", "spent[0]"),
        ("history.spent", "spent[2]"),
    ]
    with pytest.raises(InvalidBatch) as caught:
        OrderHistory(last_at=NOW)
    assert [f.code for f in caught.value.faults] == ["history.last_at"]
    assert OrderHistory(spent=eur(5)).spent_in("USD") == Money(0, "USD")


# --- what a failing condition says ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "have", "need", "unit"),
    [
        ("cart.total >= EUR(50)", eur(1000), eur(5000), "EUR"),
        ("cart.units >= 3", 1, 3, "unit"),
        ("customer.orders_before >= 5", 2, 5, "order"),
        ("customer.spent_before >= EUR(60)", eur(5000), eur(6000), "EUR"),
        ("customer.days_since_last >= 90", 40, 90, "day"),
        ("time.weekday == 6", 3, 6, "weekday"),
        ("time.hour >= 18", 0, 18, "hour"),
        ("time.minute_of_day >= 990", 0, 990, "minute"),
        ("cart.payment_method == 'card'", "cash", "card", ""),
        ("any(line.quantity >= 2 for line in cart.lines)", 1, 2, "unit"),
    ],
)
def test_each_failing_condition_says_what_there_is_and_what_it_needs(rule, have, need, unit):
    _, told = priced(rule, history=TWO, payment_method="cash")
    [way] = told.way
    assert [operand.value for operand in way.have] == [have]
    assert [literal.value for literal in way.need] == [need]
    assert way.unit == unit
    if way.missing is not None:
        assert (way.missing.have, way.missing.need) == (have, need)


def test_a_coupon_and_a_first_order_are_told_without_a_distance():
    _, told = priced("'C' in cart.coupons and customer.first_order", coupons=["B"])
    assert [(need.missing, need.unit) for need in told.way] == [(None, ""), (None, "")]
    coupon, first = told.way
    assert (coupon.have[0].value, coupon.need[0].value) == (("B",), "C")
    assert (first.have[0].value, first.need[0].value) == (False, True)


@pytest.mark.parametrize(
    ("rule", "needed"),
    [
        ("cart.channel in ('app', 'shop')", ["app", "shop"]),
        ("starts_with(cart.market, 'e')", ["e"]),
        ("contains(cart.market, 'x')", ["x"]),
        ("within(cart.at, '2027-01-01T00:00Z', None)", [instant("2027-01-01T00:00Z")]),
        ("not cart.total >= EUR(5)", []),
        ("sum(line.quantity for line in cart.lines) >= 4", [4]),
        ("5 <= cart.units", [5]),
    ],
)
def test_what_a_condition_asks_for_is_told_as_values(rule, needed):
    _, told = priced(rule)
    assert [literal.value for literal in told.way[0].need] == needed
