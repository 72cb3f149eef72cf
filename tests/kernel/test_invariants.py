"""The laws of the kernel hold for whatever is drawn, and each of them can be broken."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import (
    INVARIANTS,
    BusinessCalendar,
    Money,
    Quantity,
    Rounding,
    Span,
    Unit,
    WorkingHours,
    Zone,
    apportion,
    canonical_json,
    cumulative_share,
    divide,
    instant,
    partition,
    to_text,
)
from ordercore.kernel.units import GRAM
from ordercore.testing import kernel_values as values

LAW = {law.invariant_id.removeprefix("INV-KERNEL-"): law.check for law in INVARIANTS}
T0 = instant("2026-11-11T00:00Z")
NEW_YEAR, MAY_DAY, CHRISTMAS = map(
    instant, ("2026-01-01T00:00Z", "2026-05-01T00:00Z", "2026-12-25T00:00Z")
)
CRATE = Unit("XCR", scale=0, dimension="count", symbol="crate")
DESK = BusinessCalendar(Zone.load("UTC"), week={"mon-fri": "09:00-17:00"})
SHANGHAI = Zone.load("Asia/Shanghai")
whole_numbers = st.integers(-(10**30), 10**30) | st.integers(-20, 20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | values.monies() | values.instants(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(whole_numbers, st.lists(st.integers(0, 9) | st.integers(0, 10**20), min_size=1, max_size=9))
def test_1_shares(total, weights):
    assert LAW["1"](total, weights, apportion(total, weights)) is None


@given(whole_numbers, st.data())
def test_2_cumulative_shares(total, data):
    whole = data.draw(st.integers(1, 50) | st.integers(1, 10**12))
    part = data.draw(st.integers(0, whole))
    assert LAW["2"](total, part, whole, cumulative_share(total, part, whole)) is None


@given(st.data(), values.currencies())
def test_3_sums_of_money(data, currency):
    left, right = (data.draw(values.monies(currency=currency)) for _ in range(2))
    assert LAW["3"](left, right, left + right) is None


@given(whole_numbers, whole_numbers.filter(bool), st.sampled_from(Rounding))
def test_4_rounded_quotients(numerator, denominator, rounding):
    quotient = divide(numerator, denominator, rounding)
    assert LAW["4"](numerator, denominator, rounding, quotient) is None


@given(values.spans(), values.spans(), values.instants())
def test_5_intersections(left, right, at):
    assert LAW["5"](left, right, left.intersection(right), at) is None


@given(VALUES)
def test_6_canonical_json(value):
    assert LAW["6"](value, canonical_json(value)) is None


@given(st.text(), st.integers(1, 1000))
def test_7_shards(key, partitions):
    assert LAW["7"](key, partitions, partition(key, partitions)) is None


@given(values.monies() | values.quantities() | values.instants())
def test_8_text_forms(value):
    text = str(value) if isinstance(value, Money | Quantity) else to_text(value)
    assert LAW["8"](value, text) is None


@given(values.zones(), values.instants())
def test_9_local_times(zone, at):
    assert LAW["9"](at, zone.local(at)) is None


@given(values.calendars(), values.instants(), values.working_hours())
def test_10_deadlines(calendar, at, time_limit):
    assert LAW["10"](calendar, at, time_limit, calendar.add(at, time_limit)) is None


def euros(minor):
    return Money(minor, "EUR")


@pytest.mark.parametrize(
    "number, subject, witness",
    [
        ("1", (10, [1, 1], (5, 4)), {"total": 10, "shares": 9}),
        ("1", (10, [1, 1], (10,)), {"total": 10, "shares": 10}),
        ("1", (10, [1, 1], (6, 4)), {"position": 0, "share": 6, "weight": 1}),
        ("1", (10, [1, 3], (3, 7)), None),
        ("1", (10, [0, 0], (7, 3)), None),
        ("2", (10, 1, 3, 3), None),
        ("2", (10, 1, 3, 4), {"total": 10, "part": 1, "share": 4}),
        ("2", (10, 1, 3, 2), {"total": 10, "part": 1, "share": 2}),
        ("2", (-10, 1, 3, -3), None),
        ("2", (-10, 1, 3, 3), {"total": -10, "part": 1, "share": 3}),
        ("2", (-1, 0, 3, 0), None),
        ("2", (9, 1, 3, 2), {"total": 9, "part": 1, "share": 2}),
        ("3", (euros(1), euros(2), euros(4)), {"left": "EUR 0.01", "right": "EUR 0.02", "sum": "EUR 0.04"}),
        ("3", (euros(1), Money(2, "USD"), euros(3)), {"left": "EUR 0.01", "right": "USD 0.02", "sum": "EUR 0.03"}),
        ("3", (euros(1), euros(2), Money(3, "USD")), {"left": "EUR 0.01", "right": "EUR 0.02", "sum": "USD 0.03"}),
        ("4", (7, 2, Rounding.DOWN, 3), None),
        ("4", (7, 2, Rounding.DOWN, 4), {"mode": "down", "quotient": 4}),
        ("4", (7, 1, Rounding.DOWN, 7), None),
        ("4", (7, -1, Rounding.FLOOR, -7), None),
        ("4", (-7, 2, Rounding.DOWN, -4), {"mode": "down", "quotient": -4}),
        ("4", (7, 2, Rounding.UP, 3), {"mode": "up", "quotient": 3}),
        ("4", (7, -2, Rounding.UP, -3), {"mode": "up", "quotient": -3}),
        ("4", (7, -2, Rounding.UP, -4), None),
        ("4", (-7, 2, Rounding.FLOOR, -3), {"mode": "floor", "quotient": -3}),
        ("4", (-7, 2, Rounding.CEILING, -4), {"mode": "ceiling", "quotient": -4}),
        ("4", (6, 2, Rounding.FLOOR, 2), {"mode": "floor", "quotient": 2}),
        ("4", (6, 2, Rounding.FLOOR, 3), None),
        ("4", (6, 2, Rounding.CEILING, 3), None),
        ("4", (6, 2, Rounding.DOWN, 3), None),
        ("4", (6, 2, Rounding.UP, 3), None),
        ("4", (4, 3, Rounding.HALF_UP, 2), {"mode": "half_up", "quotient": 2}),
        ("4", (5, 2, Rounding.HALF_EVEN, 2), None),
        ("4", (5, 2, Rounding.HALF_UP, 3), None),
        ("4", (2, 1, Rounding.HALF_UP, 3), {"mode": "half_up", "quotient": 3}),
        ("5", (Span(None, MAY_DAY), Span(MAY_DAY), Span(MAY_DAY, CHRISTMAS), NEW_YEAR), {"at": "2026-01-01T00:00:00Z"}),
        ("5", (Span(), Span(MAY_DAY), None, CHRISTMAS), {"at": "2026-12-25T00:00:00Z"}),
        ("5", (Span(), Span(MAY_DAY), Span(), NEW_YEAR), {"at": "2026-01-01T00:00:00Z"}),
        ("6", ("\ud800", canonical_json("\ud800")), None),
        ("6", ({"b": 1, "a": 2}, b'{"b":1,"a":2}'), {"type": "dict"}),
        ("6", ((1,), b"[1 ]"), {"type": "tuple"}),
        ("6", ((1,), b"[2]"), {"type": "tuple"}),
        ("6", ("é", b'"\\u00e9"'), {"type": "str"}),
        ("7", ("a", 4, 4), {"partitions": 4, "shard": 4}),
        ("7", ("a", 4, -1), {"partitions": 4, "shard": -1}),
        ("7", ("a", 2, 1 - partition("a", 2)), {"partitions": 2, "shard": 1 - partition("a", 2)}),
        ("8", (euros(1), "EUR 0.02"), {"text": "EUR 0.02"}),
        ("8", (Quantity(1, GRAM), "2 g"), {"text": "2 g"}),
        ("8", (Quantity(2, CRATE), "2 crate"), None),
        ("8", (T0, "2026-11-11T00:00:01Z"), {"text": "2026-11-11T00:00:01Z"}),
        ("9", (T0, SHANGHAI.local(MAY_DAY)), {"at": "2026-11-11T00:00:00Z", "shown": "2026-05-01T08:00:00+08:00[Asia/Shanghai]"}),
        ("10", (DESK, T0, WorkingHours(1), instant("2026-11-11T09:59Z")), {"deadline": "2026-11-11T09:59:00Z", "worked": "PT59M"}),
        ("10", (DESK, T0, WorkingHours(1), instant("2026-11-11T10:00Z")), None),
    ],
)  # fmt: skip
def test_a_law_finds_what_breaks_it(number, subject, witness):
    found = LAW[number](*subject)
    if witness is None:
        assert found is None
    else:
        assert (found.invariant_id, dict(found.witness)) == (f"INV-KERNEL-{number}", witness)


def test_a_local_time_that_its_zone_does_not_show_breaks_the_law():
    @attrs.frozen
    class Shown:
        instant: object
        zone: object

        def __str__(self):
            return "shown"

    found = LAW["9"](T0, Shown(T0, SHANGHAI))
    assert dict(found.witness) == {"at": "2026-11-11T00:00:00Z", "shown": "shown"}


def test_the_laws_are_numbered_and_say_what_they_are_about():
    assert [law.invariant_id for law in INVARIANTS] == [f"INV-KERNEL-{n}" for n in range(1, 11)]
    assert all(law.subject and law.sentence.endswith(".") for law in INVARIANTS)
