"""Spans: half-open, open-ended, checked against the moments they hold."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ordercore.kernel.errors import InvalidBatch, InvalidValue, NaiveInstant
from ordercore.kernel.instants import Duration, instant, shift
from ordercore.kernel.span import Span
from ordercore.kernel.zone import OnFold, OnGap, Zone

ZERO = instant("2026-01-01T00:00Z")
STEPS = 12


def at(step):
    return shift(ZERO, microseconds=step)


@st.composite
def spans(draw):
    start = draw(st.none() | st.integers(1, STEPS - 1))
    end = draw(st.none() | st.integers((start or 0) + 1, STEPS))
    return Span(None if start is None else at(start), None if end is None else at(end))


def moments_of(span):
    """The oracle: every moment of a small world, one step beyond either end of what is drawn."""
    return {step for step in range(STEPS + 2) if at(step) in span}


@given(spans())
def test_a_span_holds_its_start_and_not_its_end(span):
    for step in range(STEPS + 2):
        expected = (span.start is None or at(step) >= span.start) and (
            span.end is None or at(step) < span.end
        )
        assert (at(step) in span) is expected
    if span.start is not None:
        assert span.start in span
    if span.end is not None:
        assert span.end not in span


@given(spans(), spans())
def test_the_algebra_is_that_of_sets_of_moments(a, b):
    both = moments_of(a) & moments_of(b)
    common = a.intersection(b)
    assert a.overlaps(b) is b.overlaps(a) is bool(both)
    assert (common is None) == (not both)
    assert common == b.intersection(a)
    if common is not None:
        assert moments_of(common) == both
        assert a.covers(common) and b.covers(common)
    assert a.covers(b) is (moments_of(b) <= moments_of(a))


@given(spans(), spans())
def test_spans_that_abut_leave_no_moment_between(a, b):
    assert a.abuts(b) is b.abuts(a)
    if a.abuts(b):
        assert not a.overlaps(b)
    expected = (a.end is not None and a.end == b.start) or (b.end is not None and b.end == a.start)
    assert a.abuts(b) is expected


def test_abutting_is_either_way_round():
    early, late = Span(at(1), at(2)), Span(at(2), at(3))
    assert early.abuts(late) and late.abuts(early)
    assert not early.overlaps(late) and early.intersection(late) is None
    assert not early.abuts(early) and not early.abuts(Span(at(3), at(4)))


def test_two_open_ends_do_not_abut():
    assert not Span().abuts(Span())
    assert not Span(ZERO, None).abuts(Span(None, shift(ZERO, days=1)))


@given(spans())
def test_duration_is_the_number_of_moments(span):
    if span.start is None or span.end is None:
        assert span.duration is None
    else:
        assert span.duration == Duration(len(moments_of(span)))


@given(spans())
def test_spans_are_values(span):
    again = Span(span.start, span.end)
    assert again == span and hash(again) == hash(span)
    assert pickle.loads(pickle.dumps(span)) == span


@given(st.integers(0, STEPS), st.integers(0, STEPS))
def test_an_empty_or_reversed_span_is_refused(start, end):
    assume(end <= start)
    with pytest.raises(InvalidValue) as caught:
        Span(at(start), at(end))
    assert (caught.value.code, caught.value.path) == ("span.empty", "end")
    assert caught.value.value == at(end)


def test_ends_are_instants():
    span = Span("2026-11-11T00:00+08:00", datetime.fromisoformat("2026-11-12T00:00+08:00"))
    assert span == Span("2026-11-10T16:00Z", "2026-11-11T16:00Z")
    with pytest.raises(NaiveInstant):
        Span("2026-11-11T00:00")
    with pytest.raises(NaiveInstant):
        Span(None, datetime(2026, 11, 11))
    with pytest.raises(NaiveInstant):
        datetime(2026, 11, 11) in span


def test_all_time_is_open_on_both_ends():
    assert Span() == Span(None, None)
    assert ZERO in Span()
    assert Span().intersection(Span()) == Span()


def test_the_clocks_of_a_zone_bound_a_span():
    london = Zone.load("Europe/London")
    summer = Span.in_zone(london, date(2026, 6, 1), datetime(2026, 6, 2, 12))
    assert summer == Span("2026-05-31T23:00Z", "2026-06-02T11:00Z")
    assert Span.in_zone(london, "2026-06-01", "2026-06-02T12:00") == summer
    assert Span.in_zone(london) == Span()
    assert Span.in_zone(london, end="2026-06-01").start is None
    # The day the clocks go forward has 23 hours.
    assert Span.in_zone(london, "2026-03-29", "2026-03-30").duration == Duration.of(hours=23)


def test_a_reading_that_means_no_one_moment_is_refused_unless_it_is_said_which():
    london = Zone.load("Europe/London")
    skipped, twice = "2026-03-29T01:30", "2026-10-25T01:30"
    with pytest.raises(InvalidBatch) as both:
        Span.in_zone(london, skipped, twice)
    assert [(f.code, f.path) for f in both.value.faults] == [
        ("zone.gap", "start"),
        ("zone.fold", "end"),
    ]
    chosen = Span.in_zone(london, skipped, twice, on_gap=OnGap.NEXT_VALID, on_fold=OnFold.LATER)
    assert chosen == Span("2026-03-29T01:00Z", "2026-10-25T01:30Z")
    for bad in ("2026-06-01T00:00Z", "noon", 5, datetime(2026, 6, 1, tzinfo=UTC)):
        with pytest.raises(InvalidValue) as caught:
            Span.in_zone(london, end=bad)
        assert (caught.value.code, caught.value.path, caught.value.value) == (
            "zone.not_local",
            "end",
            bad,
        )
    with pytest.raises(InvalidValue) as caught:
        Span.in_zone(london, "2026-06-02", "2026-06-01")
    assert caught.value.code == "span.empty"
