"""Due instants: exact to the boundary, by the calendar, and later by just what a pause takes."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ordercore.kernel import (
    BusinessCalendar,
    Duration,
    InvalidBatch,
    InvalidValue,
    NaiveInstant,
    NotFound,
    Span,
    WorkingDays,
    WorkingHours,
    Zone,
    elapsed_us,
    instant,
    shift,
)
from ordercore.statemachine import (
    INVARIANTS,
    Due,
    Machine,
    MachineSpec,
    NamedLimit,
    State,
    Transition,
)
from ordercore.testing.strategies import calendars, instants, named_limits, spans, time_limits

DESK = BusinessCalendar(Zone("UTC"), week={"mon-fri": "09:00-17:00"})


def machine(**of_state):
    return Machine(
        MachineSpec(
            "m",
            version="1",
            initial="a",
            states=[State("a", **of_state), State("end", terminal=True)],
            transitions=[Transition("go", "a", "end")],
            commands=["go"],
        )
    )


def due(limit, since, *, paused=(), calendars=DESK):
    (answer,) = machine(limit=limit).due(
        "a", instant(since), calendars=calendars, paused=[Span(*pause) for pause in paused]
    )
    assert (answer.name, answer.limit) == ("limit", limit)
    return None if answer.at is None else str(answer.at)[:16]


# --- by hand ------------------------------------------------------------------------------------
# Friday 13 November 2026 at 15:00, desk hours 9 to 17.

FRIDAY = "2026-11-13T15:00Z"


@pytest.mark.parametrize(
    ("limit", "paused", "expected"),
    [
        (Duration.of(hours=24), [], "2026-11-14 15:00"),
        (WorkingHours(8), [], "2026-11-16 15:00"),
        (WorkingDays(1), [], "2026-11-16 17:00"),
        # Two hours of hold, of which desk time is two.
        (Duration.of(hours=24), [("2026-11-13T15:00Z", "2026-11-13T17:00Z")], "2026-11-14 17:00"),
        (WorkingHours(8), [("2026-11-13T15:00Z", "2026-11-13T17:00Z")], "2026-11-16 17:00"),
        (WorkingDays(1), [("2026-11-13T15:00Z", "2026-11-13T17:00Z")], "2026-11-17 11:00"),
        # A hold over the weekend takes no desk time.
        (WorkingHours(8), [("2026-11-13T17:00Z", "2026-11-16T09:00Z")], "2026-11-16 15:00"),
        (Duration.of(hours=24), [("2026-11-13T17:00Z", "2026-11-16T09:00Z")], "2026-11-17 07:00"),
        # Holds before and after do not count; holds that overlap count once.
        (WorkingHours(1), [("2026-11-12T09:00Z", FRIDAY)], "2026-11-13 16:00"),
        (WorkingHours(1), [("2026-11-13T16:00Z", None)], "2026-11-13 16:00"),
        (
            WorkingHours(3),
            [
                ("2026-11-16T09:30Z", "2026-11-16T10:30Z"),
                ("2026-11-16T09:00Z", "2026-11-16T10:00Z"),
                ("2026-11-16T09:15Z", "2026-11-16T09:20Z"),
                ("2026-11-16T10:30Z", "2026-11-16T11:00Z"),
            ],
            "2026-11-16 12:00",
        ),
        # It begins on hold.
        (WorkingHours(1), [(None, "2026-11-16T10:00Z")], "2026-11-16 11:00"),
        # Still on hold, and no time left before it: nobody knows.
        (WorkingHours(2), [("2026-11-13T16:00Z", None)], None),
        (WorkingHours(2), [("2026-11-13T16:00Z", None), ("2026-11-20T09:00Z", None)], None),
        (
            Duration.of(hours=2),
            [("2026-11-13T15:30Z", "2026-11-13T16:00Z"), ("2026-11-13T16:30Z", None)],
            None,
        ),
    ],
)
def test_due_by_hand(limit, paused, expected):
    assert due(limit, FRIDAY, paused=paused) == expected


def test_the_boundary_is_exact_to_the_microsecond():
    limit = WorkingHours(1)
    at_the_moment = [("2026-11-13T16:00:00Z", None)]
    a_moment_before = [("2026-11-13T15:59:59.999999Z", None)]
    assert due(limit, FRIDAY, paused=at_the_moment) == "2026-11-13 16:00"
    assert due(limit, FRIDAY, paused=a_moment_before) is None


def test_clocks_that_change_change_no_length():
    """In London the clocks went back on 25 October 2026 and forward on 28 March 2027."""
    night = BusinessCalendar(Zone("Europe/London"), week={"sun": "00:00-04:00"})
    since = instant("2026-10-25T00:00+01:00")
    for limit, end in (
        (WorkingHours(5), "2026-10-25 04:00"),  # the night has five hours
        (WorkingHours(4), "2026-10-25 03:00"),
        (Duration.of(hours=4), "2026-10-25 03:00"),
    ):
        (answer,) = machine(limit=limit).due("a", since, calendars=night)
        assert str(answer.at)[:16] == end
    spring = instant("2027-03-28T00:00Z")
    (answer,) = machine(limit=WorkingHours(3)).due("a", spring, calendars=night)
    assert str(answer.at)[:16] == "2027-03-28 03:00"  # which has three
    hold = Span("2027-03-28T00:30Z", "2027-03-28T01:30Z")
    (answer,) = machine(limit=WorkingHours(2)).due("a", spring, calendars=night, paused=[hold])
    assert str(answer.at)[:16] == "2027-03-28 03:00"


def test_holidays_and_make_up_days():
    """National Day 2026: closed 1 to 7 October, open on Saturday the 10th instead."""
    shop = BusinessCalendar(
        Zone("Asia/Shanghai"),
        week={"mon-fri": "09:00-18:00"},
        holidays=[date(2026, 10, day) for day in range(1, 8)],
        working_days=[date(2026, 10, 10)],
    )
    since = instant("2026-09-30T17:00+08:00")
    (answer,) = machine(limit=WorkingDays(3)).due("a", since, calendars=shop)
    assert answer.at == instant("2026-10-10T18:00+08:00")
    (answer,) = machine(limit=WorkingHours(2)).due("a", since, calendars=shop)
    assert answer.at == instant("2026-10-08T10:00+08:00")


# --- several limits -----------------------------------------------------------------------------


def test_each_limit_is_due_by_itself_in_the_order_of_escalation():
    silent = machine(
        limits=[
            NamedLimit("reminder", Duration.of(hours=24)),
            NamedLimit.before("warning", Duration.of(hours=1), of=Duration.of(hours=48)),
        ],
        limit=Duration.of(hours=48),
    )
    at = instant(FRIDAY)
    assert silent.due("a", at) == (
        Due("reminder", Duration.of(hours=24), shift(at, hours=24)),
        Due("warning", Duration.of(hours=47), shift(at, hours=47)),
        Due("limit", Duration.of(hours=48), shift(at, hours=48)),
    )
    assert silent.due("end", at) == ()
    (first, *_, last) = silent.due("a", at, paused=[Span(shift(at, hours=25), None)])
    assert not first.stopped
    assert last.stopped


def test_a_lead_is_taken_off_in_its_own_kind():
    before = NamedLimit.before
    assert before("w", WorkingDays(1), of=WorkingDays(3)).after == WorkingDays(2)
    assert before("w", WorkingHours(4), of=WorkingHours(24)).after == WorkingHours(20)
    for lead, of, code in (
        (WorkingHours(4), WorkingDays(1), "limit.kinds"),
        (Duration(1), WorkingHours(1), "limit.kinds"),
        (WorkingDays(1), WorkingDays(1), "limit.lead"),
        (Duration(2), Duration(1), "limit.lead"),
    ):
        with pytest.raises(InvalidValue) as caught:
            before("w", lead, of=of)
        assert (caught.value.code, caught.value.path) == (code, "lead")


def test_what_limits_refuse():
    with pytest.raises(InvalidBatch) as caught:
        NamedLimit(" x", WorkingHours(0))
    assert [(f.code, f.path) for f in caught.value.faults] == [
        ("machine.name", "name"),
        ("state.limit", "after"),
    ]
    twice = NamedLimit("a", Duration(1))
    with pytest.raises(InvalidBatch) as caught:
        State("s", limits=[twice, twice, NamedLimit("limit", Duration(1)), 3], calendar="\n")
    assert [(f.code, f.path) for f in caught.value.faults] == [
        ("state.calendar", "calendar"),
        ("state.limits", "limits[1]"),
        ("state.limits", "limits[2]"),
        ("state.limits", "limits[3]"),
    ]


# --- whose calendar -----------------------------------------------------------------------------


def test_a_state_names_its_calendar():
    night = BusinessCalendar(Zone("UTC"), week={"mon-sun": "00:00-24:00"})
    named = machine(limit=WorkingHours(8), calendar="customs")
    plain = machine(limit=WorkingHours(8))
    at = instant(FRIDAY)

    def answer(of, calendars):
        return str(of.due("a", at, calendars=calendars)[0].at)[:16]

    by_name = {"": DESK, "customs": night}
    assert answer(named, by_name) == "2026-11-13 23:00"
    assert answer(plain, by_name) == "2026-11-16 15:00"
    assert answer(named, DESK) == "2026-11-16 15:00"
    for of, known, key in ((named, {"": DESK}, "customs"), (plain, None, ""), (plain, {}, "")):
        with pytest.raises(NotFound) as caught:
            of.due("a", at, calendars=known)
        assert (caught.value.kind, caught.value.key) == ("calendar", key)
    # Elapsed time needs none.
    assert machine(limit=Duration(1), calendar="customs").due("a", at)


def test_what_due_refuses():
    with pytest.raises(NotFound):
        machine().due("nowhere", instant(FRIDAY))
    with pytest.raises(NaiveInstant):
        machine().due("a", instant(FRIDAY).naive())
    limited = machine(limit=WorkingHours(1))
    for arguments, path in (
        ({"calendars": DESK, "paused": [3]}, "paused[0]"),
        ({"calendars": 3}, "calendars"),
        ({"calendars": {"": 3}}, "calendars[]"),
    ):
        with pytest.raises(InvalidValue) as caught:
            limited.due("a", instant(FRIDAY), **arguments)
        assert (caught.value.code, caught.value.path) == ("type.wrong", path)


# --- laws ---------------------------------------------------------------------------------------


def at_of(limit, since, calendar, paused=()):
    return machine(limit=limit).due("a", since, calendars=calendar, paused=paused)[0].at


def running_us(calendar, limit, start, end, paused):
    """By the second way: what the clock ran, minus what it ran in each paused stretch."""
    if isinstance(limit, Duration):
        measure = elapsed_us
    else:

        def measure(a, b):
            return calendar.working_time_between(a, b).microseconds

    edges = sorted(
        {start, end, *(e for s in paused for e in (s.start, s.end) if e and start < e < end)}
    )
    return sum(measure(a, b) for a, b in pairwise(edges) if not any(a in span for span in paused))


@given(calendars(), time_limits(), instants())
def test_without_a_pause_it_is_the_calendars_own_addition(calendar, limit, since):
    expected = (
        shift(since, microseconds=limit.microseconds)
        if isinstance(limit, Duration)
        else calendar.add(since, limit)
    )
    assert at_of(limit, since, calendar) == expected


@given(calendars(), time_limits(), instants(), st.lists(spans(), max_size=4))
def test_the_clock_has_run_just_the_limit_when_it_is_due(calendar, limit, since, paused):
    at = at_of(limit, since, calendar, paused)
    whole = running_us(calendar, limit, since, at_of(limit, since, calendar), [])
    if at is None:
        last = max(span.start or since for span in paused if span.end is None)
        assert running_us(calendar, limit, since, max(since, last), paused) < whole
    else:
        assert running_us(calendar, limit, since, at, paused) == whole
        # And a moment earlier it had not: due is the first such moment.
        if at > since:
            earlier = shift(at, microseconds=-1)
            assert running_us(calendar, limit, since, earlier, paused) == whole - 1


@given(calendars(), time_limits(), instants(), st.lists(spans(), max_size=3), spans())
def test_one_more_pause_makes_nothing_due_earlier(calendar, limit, since, paused, more):
    limited = machine(limit=limit)
    INVARIANTS[5].require(limited, "a", since, calendar, paused, more)
    before = at_of(limit, since, calendar, paused)
    after = at_of(limit, since, calendar, [*paused, more])
    assert after is None or (before is not None and after >= before)


@given(calendars(), time_limits(), instants(), st.lists(spans(), max_size=3), st.randoms())
def test_the_order_of_pauses_and_where_they_are_cut_change_nothing(
    calendar, limit, since, paused, random
):
    expected = at_of(limit, since, calendar, paused)
    cut = []
    for span in paused:
        start = span.start or shift(since, days=-1)
        if span.end is None or elapsed_us(start, span.end) < 2:
            cut.append(span)
            continue
        middle = shift(start, microseconds=elapsed_us(start, span.end) // 2)
        cut += [
            Span(span.start, middle) if span.start else Span(None, middle),
            Span(middle, span.end),
        ]
    random.shuffle(cut)
    assert at_of(limit, since, calendar, cut) == expected


@given(calendars(), st.lists(named_limits(), unique_by=lambda limit: limit.name), instants())
def test_limits_do_not_disturb_each_other(calendar, limits, since):
    together = machine(limits=limits).due("a", since, calendars=calendar)
    alone = [machine(limits=[limit]).due("a", since, calendars=calendar)[0] for limit in limits]
    assert list(together) == alone


@given(instants(), st.integers(1, 10**9), st.integers(0, 10**9), st.integers(1, 10**9))
def test_elapsed_time_by_arithmetic(since, limit_us, ahead_us, length_us):
    begin = shift(since, microseconds=ahead_us)
    hold = Span(begin, shift(begin, microseconds=length_us))
    taken = length_us if ahead_us < limit_us else 0
    assume(limit_us)
    assert at_of(Duration(limit_us), since, None, [hold]) == shift(
        since, microseconds=limit_us + taken
    )


def test_the_law_finds_its_breach(monkeypatch):
    limited, at = machine(limit=Duration(2)), instant(FRIDAY)
    dues = iter(
        [(Due("limit", Duration(2), at),), (Due("limit", Duration(2), shift(at, hours=-1)),)]
    )
    monkeypatch.setattr(Machine, "due", lambda *_, **__: next(dues))
    assert INVARIANTS[5].check(limited, "a", at, None, [], Span()).invariant_id == "INV-MACHINE-6"
    dues = iter([(Due("limit", Duration(2), None),), (Due("limit", Duration(2), at),)])
    assert INVARIANTS[5].check(limited, "a", at, None, [], Span()) is not None
