"""Business calendars by hand: parts, bad input, real holidays, make-up days, changing clocks."""

from __future__ import annotations

import copy
import csv
import pickle
import typing
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pendulum
import pytest

from ordercore.kernel.calendar import (
    BusinessCalendar,
    DayHours,
    Opening,
    WeekHours,
    WorkingDays,
    WorkingHours,
)
from ordercore.kernel.encoding import encode
from ordercore.kernel.errors import InvalidBatch, InvalidValue, NaiveInstant
from ordercore.kernel.frozenmap import FrozenMap
from ordercore.kernel.instants import Duration, instant, to_text
from ordercore.kernel.span import Span
from ordercore.kernel.zone import Zone

SHANGHAI = Zone.load("Asia/Shanghai")
LONDON = Zone.load("Europe/London")
UTC_ZONE = Zone.load("UTC")
OFFICE = BusinessCalendar(UTC_ZONE, week={"mon-fri": "09:00-17:00"})
ROUND_THE_CLOCK = BusinessCalendar(UTC_ZONE, week={"mon-sun": "00:00-24:00"})


def utc(text):
    return instant(text + "Z")


def refused(make, value=...):
    with pytest.raises(InvalidValue) as caught:
        make()
    assert caught.value.expected
    assert value is ... or caught.value.value == value
    return caught.value.code, caught.value.path


def all_refused(make):
    with pytest.raises(InvalidBatch) as caught:
        make()
    assert all(fault.expected and fault.value is not None for fault in caught.value.faults)
    return [(fault.code, fault.path) for fault in caught.value.faults]


# --- parts ----------------------------------------------------------------------------------------


def test_an_opening_reads_texts_and_times():
    assert Opening("09:00", "17:30") == Opening(time(9), time(17, 30))
    assert Opening("09:00:30", "09:00:31").start == time(9, 0, 30)
    assert Opening("00:00", "24:00") == Opening(time(), time()) == Opening("00:00", "00:00")
    assert Opening("00:00", "24:00").to_midnight and not Opening("00:00", "23:59").to_midnight
    assert Opening(time(1, fold=1), time(2, fold=1)).start.fold == 0
    assert str(Opening("09:00", "17:30:15")) == "09:00-17:30:15"
    assert str(Opening(time(9, 0, 0, 5), "24:00")) == "09:00:00.000005-24:00"


@pytest.mark.parametrize(
    "start, end, code, path",
    [
        ("9:00", "17:00", "calendar.not_a_time", "start"),
        ("24:00", "24:00", "calendar.not_a_time", "start"),
        ("09:00", "24:01", "calendar.not_a_time", "end"),
        ("09:00", "25:00", "calendar.not_a_time", "end"),
        ("09:60", "17:00", "calendar.not_a_time", "start"),
        ("09:00:60", "17:00", "calendar.not_a_time", "start"),
        ("09:00\n", "17:00", "calendar.not_a_time", "start"),
        ("０9:00", "17:00", "calendar.not_a_time", "start"),
        (9, "17:00", "calendar.not_a_time", "start"),
        (None, "17:00", "calendar.not_a_time", "start"),
        (time(9, tzinfo=UTC), "17:00", "calendar.not_a_time", "start"),
        ("09:00", datetime(2026, 1, 1), "calendar.not_a_time", "end"),
        ("09:00", "09:00", "calendar.empty_opening", "end"),
        ("17:00", "09:00", "calendar.empty_opening", "end"),
    ],
)
def test_a_broken_opening_is_refused(start, end, code, path):
    assert refused(lambda: Opening(start, end)) == (code, path)


def test_equal_hours_are_equal_values():
    lunch = DayHours.of("09:00-12:00 13:00-18:00")
    assert lunch == DayHours([Opening("13:00", "18:00"), Opening("09:00", "12:00")])
    assert hash(lunch) == hash(DayHours.of("13:00-18:00   09:00-12:00"))
    assert DayHours.of("09:00-12:00 12:00-18:00 18:00-24:00") == DayHours.of("09:00-24:00")
    assert DayHours.of("") == DayHours() and not DayHours() and lunch
    assert str(lunch) == "09:00-12:00 13:00-18:00"
    assert DayHours.of("00:00-00:00") == DayHours.of("00:00-24:00")


@pytest.mark.parametrize(
    "text",
    [
        "09:00-12:00 11:59-13:00",
        "09:00-18:00 10:00-11:00",
        "09:00-24:00 10:00-11:00",
        "09:00-12:00 09:00-12:00",
        "09:00-24:00 09:00-24:00",
        "00:00-24:00 00:00-09:00",
        "22:00-24:00 21:00-23:00",
    ],
)
def test_overlapping_openings_are_refused(text):
    assert refused(lambda: DayHours.of(text)) == ("calendar.overlapping_openings", "openings")


@pytest.mark.parametrize(
    "text, code, path, value",
    [
        ("closed", "calendar.not_hours", "", "closed"),
        ("09:00", "calendar.not_hours", "", "09:00"),
        ("09:00-", "calendar.not_a_time", "end", ""),
        ("09:00-12:00-13:00", "calendar.not_a_time", "end", "12:00-13:00"),
        ("09:00 - 12:00", "calendar.not_hours", "", "09:00"),
        ("12:00-09:00", "calendar.empty_opening", "end", "09:00:00"),
    ],
)
def test_texts_that_say_no_hours_are_refused(text, code, path, value):
    assert refused(lambda: DayHours.of(text), value) == (code, path)


def test_a_week_by_names():
    shop = WeekHours.of({"mon-wed": "09:00-18:00", "fri": DayHours.of("10:00-12:00"), "sun": ""})
    long, short, closed = DayHours.of("09:00-18:00"), DayHours.of("10:00-12:00"), DayHours()
    assert shop.days == (long, long, long, closed, short, closed, closed)
    assert shop == WeekHours([long, long, long, closed, short, closed, closed])
    assert shop.normal == long
    assert WeekHours.of({"sat": "10:00-12:00", "sun": "09:00-18:00"}).normal == short


def test_every_fault_of_a_week_is_named():
    faults = all_refused(
        lambda: WeekHours.of(
            {
                "sun": "late",
                "mon-fri": "09:00-18:00",
                "fri": "09:00-13:00",
                "Sat": "09:00-13:00",
                "sat-": "09:00-13:00",
                "sun-xyz": "09:00-13:00",
                "fri-mon": "09:00-13:00",
            }
        )
    )
    assert faults == [
        ("calendar.not_hours", "sun"),
        ("calendar.weekday_twice", "fri"),
        ("calendar.unknown_weekday", "Sat"),
        ("calendar.unknown_weekday", "sat-"),
        ("calendar.unknown_weekday", "sun-xyz"),
        ("calendar.unknown_weekday", "fri-mon"),
    ]


@pytest.mark.parametrize("days", [0, 6, 8])
def test_a_week_has_seven_days(days):
    assert refused(lambda: WeekHours([DayHours.of("09:00-17:00")] * days), days) == (
        "calendar.not_a_week",
        "days",
    )


def test_a_calendar_that_never_opens_is_refused():
    assert refused(lambda: WeekHours([DayHours()] * 7)) == ("calendar.never_open", "days")
    assert refused(lambda: BusinessCalendar(UTC_ZONE, week={}))[0] == "calendar.never_open"
    only_extra = {"week": {"mon": ""}, "working_days": {date(2026, 1, 1): "09:00-10:00"}}
    assert refused(lambda: BusinessCalendar(UTC_ZONE, **only_extra))[0] == "calendar.never_open"


@pytest.mark.parametrize(
    "make, path",
    [
        (lambda: WorkingHours(-1), "hours"),
        (lambda: WorkingHours(1.5), "hours"),
        (lambda: WorkingHours(True), "hours"),
        (lambda: WorkingHours(36_525 * 24 + 1), "hours"),
        (lambda: WorkingHours(minutes=60), "minutes"),
        (lambda: WorkingHours(minutes=-1), "minutes"),
        (lambda: WorkingHours(microseconds=60_000_000), "microseconds"),
        (lambda: WorkingHours.of(Duration(-1)), "hours"),
        (lambda: WorkingDays(-1), "days"),
        (lambda: WorkingDays(36_526), "days"),
        (lambda: WorkingDays("2"), "days"),
        (lambda: OFFICE.next_working_day(date(2026, 1, 1), 0), "count"),
        (lambda: OFFICE.next_working_day(date(2026, 1, 1), 1.0), "count"),
        (lambda: OFFICE.next_working_day(date(2026, 1, 1), 36_526), "count"),
    ],
)
def test_broken_lengths_are_refused(make, path):
    assert refused(make) == ("calendar.not_working_time", path)


@pytest.mark.parametrize("count", [-1, 1.5, "2", None])
def test_a_broken_count_is_shown(count):
    refused(lambda: WorkingDays(count), count)


def test_lengths_at_their_limits():
    assert WorkingHours(36_525 * 24, minutes=59, microseconds=59_999_999).hours == 876_600
    assert WorkingDays(36_525).days == 36_525
    assert WorkingHours(1, minutes=2, microseconds=3).duration == Duration(3_720_000_003)
    assert WorkingHours.of(Duration(3_720_000_003)) == WorkingHours(1, minutes=2, microseconds=3)


# --- the calendar as a value ----------------------------------------------------------------------


def test_a_calendar_is_a_value():
    def build(holidays):
        return BusinessCalendar(
            SHANGHAI,
            week={"mon-fri": "09:00-18:00"},
            holidays=holidays,
            working_days={date(2026, 10, 10): "10:00-16:00", date(2026, 9, 20): None},
            cut_off="16:00",
        )

    one = build([date(2026, 10, 1), date(2026, 10, 2)])
    two = build((pendulum.date(2026, 10, 2), date(2026, 10, 1), date(2026, 10, 1)))
    assert one == two and hash(one) == hash(two)
    assert pickle.loads(pickle.dumps(one)) == one == copy.deepcopy(one)
    assert one.cut_off == time(16)
    assert one.holidays == frozenset({date(2026, 10, 1), date(2026, 10, 2)})
    assert all(type(day) is date for day in two.holidays)
    assert one.working_days == FrozenMap(
        {date(2026, 9, 20): None, date(2026, 10, 10): DayHours.of("10:00-16:00")}
    )
    assert encode(one) == encode(two)
    assert typing.get_type_hints(BusinessCalendar)["cut_off"] == time | None


def test_make_up_days_may_be_given_without_hours():
    days = [date(2026, 1, 3), date(2026, 1, 4)]
    week = {"mon-tue": "10:00-12:00", "wed": "09:00-17:00"}
    one = BusinessCalendar(UTC_ZONE, week=week, working_days=days)
    assert one == BusinessCalendar(UTC_ZONE, week=week, working_days=dict.fromkeys(days))
    assert one.hours_of(date(2026, 1, 3)) == DayHours.of("10:00-12:00")


def test_every_contradiction_of_days_is_named():
    new_year, next_day, third = (date(2026, 1, day) for day in (1, 2, 3))
    faults = all_refused(
        lambda: BusinessCalendar(
            UTC_ZONE,
            week={"mon": "09:00-17:00"},
            holidays=[new_year, third],
            working_days={third: None, new_year: "", next_day: DayHours()},
        )
    )
    assert faults == [
        ("calendar.holiday_and_working_day", "working_days[2026-01-01]"),
        ("calendar.closed_working_day", "working_days[2026-01-01]"),
        ("calendar.closed_working_day", "working_days[2026-01-02]"),
        ("calendar.holiday_and_working_day", "working_days[2026-01-03]"),
    ]


@pytest.mark.parametrize(
    "fields, code, path",
    [
        ({"holidays": [date(2026, 1, 1), "2026-01-02"]}, "calendar.not_a_date", "holidays[1]"),
        ({"holidays": [datetime(2026, 1, 1)]}, "calendar.not_a_date", "holidays[0]"),
        ({"working_days": [datetime(2026, 1, 1)]}, "calendar.not_a_date", "working_days[0]"),
        ({"working_days": {20260101: None}}, "calendar.not_a_date", "working_days[0]"),
        (
            {"working_days": {date(2026, 1, 1): "all day"}},
            "calendar.not_hours",
            "working_days[0]",
        ),
        ({"cut_off": "24:00"}, "calendar.not_a_time", "cut_off"),
        ({"cut_off": 16}, "calendar.not_a_time", "cut_off"),
    ],
)
def test_broken_fields_are_refused(fields, code, path):
    make = lambda: BusinessCalendar(UTC_ZONE, week={"mon": "09:00-17:00"}, **fields)  # noqa: E731
    assert refused(make) == (code, path)


def test_questions_take_days_as_days_and_moments_as_moments():
    with pytest.raises(InvalidValue) as caught:
        OFFICE.working_day(datetime(2026, 1, 1))
    assert (caught.value.code, caught.value.path) == ("calendar.not_a_date", "day")
    assert caught.value.value == datetime(2026, 1, 1)
    assert OFFICE.working_day(pendulum.date(2026, 1, 1))
    naive = datetime(2026, 1, 1, 12)
    for ask in (
        OFFICE.is_open,
        OFFICE.next_open,
        OFFICE.next_close,
        OFFICE.ready,
        lambda at: OFFICE.add(at, WorkingHours(0)),
        lambda at: OFFICE.add(at, WorkingDays(0)),
        lambda at: OFFICE.working_time_between(at, utc("2026-01-01T00:00")),
        lambda at: OFFICE.working_time_between(utc("2026-01-01T00:00"), at),
    ):
        with pytest.raises(NaiveInstant):
            ask(naive)


# --- open hours, deadlines, cut-offs --------------------------------------------------------------

FRIDAY, MONDAY = "2026-11-13", "2026-11-16"


@pytest.mark.parametrize(
    "at, is_open, next_open, next_close",
    [
        (f"{FRIDAY}T08:59:59.999999", False, f"{FRIDAY}T09:00", f"{FRIDAY}T17:00"),
        (f"{FRIDAY}T09:00", True, f"{FRIDAY}T09:00", f"{FRIDAY}T17:00"),
        (f"{FRIDAY}T16:59:59.999999", True, f"{FRIDAY}T16:59:59.999999", f"{FRIDAY}T17:00"),
        (f"{FRIDAY}T17:00", False, f"{MONDAY}T09:00", f"{MONDAY}T17:00"),
        ("2026-11-15T12:00", False, f"{MONDAY}T09:00", f"{MONDAY}T17:00"),
    ],
)
def test_office_hours(at, is_open, next_open, next_close):
    assert OFFICE.is_open(utc(at)) is is_open
    assert OFFICE.next_open(utc(at)) == utc(next_open)
    assert OFFICE.next_close(utc(at)) == utc(next_close)


@pytest.mark.parametrize(
    "at, length, due",
    [
        (f"{FRIDAY}T09:00", WorkingHours(8), f"{FRIDAY}T17:00"),
        (f"{FRIDAY}T09:00", WorkingHours(8, microseconds=1), f"{MONDAY}T09:00:00.000001"),
        (f"{FRIDAY}T17:00", WorkingHours(1), f"{MONDAY}T10:00"),
        (f"{FRIDAY}T20:00", WorkingHours(0), f"{FRIDAY}T20:00"),
        (f"{FRIDAY}T20:00", WorkingHours(minutes=30), f"{MONDAY}T09:30"),
        (f"{FRIDAY}T12:30", WorkingHours(24), "2026-11-18T12:30"),
        (f"{FRIDAY}T20:00", WorkingDays(0), f"{FRIDAY}T20:00"),
        (f"{FRIDAY}T00:00", WorkingDays(1), f"{MONDAY}T17:00"),
        (f"{FRIDAY}T17:00", WorkingDays(1), f"{MONDAY}T17:00"),
        (f"{FRIDAY}T23:59", WorkingDays(1), f"{MONDAY}T17:00"),
        ("2026-11-14T12:00", WorkingDays(1), f"{MONDAY}T17:00"),
        (f"{MONDAY}T00:00", WorkingDays(1), "2026-11-17T17:00"),
        (f"{FRIDAY}T12:00", WorkingDays(5), "2026-11-20T17:00"),
        (f"{FRIDAY}T12:00", WorkingDays(6), "2026-11-23T17:00"),
        ("2024-02-28T12:00", WorkingDays(1), "2024-02-29T17:00"),
        ("2024-02-28T16:00", WorkingHours(9), "2024-02-29T17:00"),
        ("2025-12-31T16:00", WorkingHours(2), "2026-01-01T10:00"),
    ],
)
def test_office_deadlines(at, length, due):
    assert to_text(OFFICE.add(utc(at), length)) == to_text(utc(due))


@pytest.mark.parametrize(
    "at, due",
    [
        # The midnight that ends a day belongs to it: from midnight, days are of 24 hours.
        ("2026-11-11T00:00", "2026-11-12T00:00"),
        ("2026-11-11T00:00:00.000001", "2026-11-13T00:00"),
        ("2026-11-11T23:59", "2026-11-13T00:00"),
        ("2026-12-31T12:00", "2027-01-02T00:00"),
    ],
)
def test_days_round_the_clock(at, due):
    assert ROUND_THE_CLOCK.add(utc(at), WorkingDays(1)) == utc(due)


def test_what_never_closes():
    at = utc("2026-11-11T12:00")
    assert ROUND_THE_CLOCK.next_close(at) is None
    assert ROUND_THE_CLOCK.next_open(at) == at
    assert ROUND_THE_CLOCK.add(at, WorkingHours(1000)) == utc("2026-12-23T04:00")
    week = {"mon-sun": "00:00-24:00"}
    for days, seen in ((1000, True), (1001, False)):
        holiday = date(2026, 11, 11) + timedelta(days=days)
        calendar = BusinessCalendar(UTC_ZONE, week=week, holidays=[holiday])
        expected = instant(datetime.combine(holiday, time(), tzinfo=UTC)) if seen else None
        assert calendar.next_close(utc("2026-11-11T00:00")) == expected


def test_hours_over_midnight_are_one_stretch():
    bar = BusinessCalendar(UTC_ZONE, week={"fri": "20:00-24:00", "sat": "00:00-04:00 20:00-24:00"})
    assert bar.next_close(utc("2026-11-13T21:00")) == utc("2026-11-14T04:00")
    assert bar.next_close(utc("2026-11-14T00:00")) == utc("2026-11-14T04:00")
    assert bar.next_close(utc("2026-11-14T04:00")) == utc("2026-11-15T00:00")
    assert bar.is_open(utc("2026-11-14T00:00")) and not bar.is_open(utc("2026-11-15T00:00"))
    assert bar.add(utc("2026-11-13T23:00"), WorkingHours(3)) == utc("2026-11-14T02:00")
    assert bar.spans_of(date(2026, 11, 14)) == (
        Span("2026-11-14T00:00Z", "2026-11-14T04:00Z"),
        Span("2026-11-14T20:00Z", "2026-11-15T00:00Z"),
    )


@pytest.mark.parametrize(
    "cut_off, at, day",
    [
        ("15:00", f"{FRIDAY}T14:59:59.999999", FRIDAY),
        ("15:00", f"{FRIDAY}T15:00", MONDAY),
        ("15:00", f"{FRIDAY}T00:00", FRIDAY),
        ("15:00", "2026-11-14T09:00", MONDAY),
        ("00:00", f"{FRIDAY}T00:00", MONDAY),
        # A cut-off may lie after closing: what comes until then is still of the day.
        ("20:00", f"{FRIDAY}T19:59", FRIDAY),
        (None, f"{FRIDAY}T16:59:59.999999", FRIDAY),
        (None, f"{FRIDAY}T17:00", MONDAY),
        (None, "2026-11-12T17:00", FRIDAY),
    ],
)
def test_cut_offs(cut_off, at, day):
    desk = BusinessCalendar(UTC_ZONE, week={"mon-fri": "09:00-17:00"}, cut_off=cut_off)
    assert desk.ready(utc(at)) == date.fromisoformat(day)


def test_a_cut_off_is_local():
    desk = BusinessCalendar(SHANGHAI, week={"mon-fri": "09:00-18:00"}, cut_off="16:00")
    assert desk.ready(utc("2026-11-11T07:59")) == date(2026, 11, 11)
    assert desk.ready(utc("2026-11-11T08:00")) == date(2026, 11, 12)
    assert desk.ready(utc("2026-11-11T16:00")) == date(2026, 11, 12)


# --- searches end ---------------------------------------------------------------------------------


def closed_for(days):
    first = date(2026, 1, 1)
    return BusinessCalendar(
        UTC_ZONE,
        week={"mon-sun": "09:00-17:00"},
        holidays=[first + timedelta(days=n) for n in range(days)],
    )


def test_a_thousand_closed_days_are_crossed():
    at, opens = utc("2026-01-01T00:00"), utc("2028-09-27T09:00")
    calendar = closed_for(1000)
    assert calendar.next_open(at) == opens
    assert calendar.next_working_day(date(2025, 12, 31)) == date(2028, 9, 27)
    assert calendar.next_working_day(date(2025, 12, 31), 3) == date(2028, 9, 29)
    # The count is of days in a row: one that is open on the way starts it again.
    assert calendar.next_working_day(date(2025, 12, 29), 3) == date(2028, 9, 27)
    one_more = closed_for(1001)
    for start, count in ((date(2025, 12, 31), 1), (date(2025, 12, 29), 3)):
        assert refused(lambda day=start, n=count: one_more.next_working_day(day, n)) == (
            "calendar.closed_too_long",
            "holidays",
        )


@pytest.mark.parametrize(
    "ask",
    [
        lambda calendar, at: calendar.next_open(at),
        lambda calendar, at: calendar.next_close(at),
        lambda calendar, at: calendar.add(at, WorkingHours(1)),
        lambda calendar, at: calendar.add(at, WorkingDays(1)),
        lambda calendar, at: calendar.ready(at),
        lambda calendar, _: calendar.next_working_day(date(2025, 12, 31)),
    ],
)
def test_a_desert_of_holidays_is_an_error_not_a_loop(ask):
    with pytest.raises(InvalidValue) as caught:
        ask(closed_for(1100), utc("2026-01-01T00:00"))
    assert (caught.value.code, caught.value.path) == ("calendar.closed_too_long", "holidays")
    assert not closed_for(1100).is_open(utc("2026-01-01T10:00"))


def test_the_count_of_closed_days_starts_again_at_an_open_one():
    first, gap = date(2026, 1, 1), 600
    holidays = [first + timedelta(days=n) for n in range(2 * gap) if n != gap]
    calendar = BusinessCalendar(UTC_ZONE, week={"mon-sun": "09:00-17:00"}, holidays=holidays)
    last = first + timedelta(days=2 * gap)
    assert calendar.next_working_day(date(2025, 12, 31), 2) == last
    assert calendar.add(utc("2026-01-01T00:00"), WorkingHours(9)).date() == last


def test_the_end_of_the_calendar_is_an_error():
    at = utc("9999-12-30T18:00")
    for ask in (
        lambda: OFFICE.add(at, WorkingDays(9)),
        lambda: OFFICE.next_working_day(date(9999, 12, 31)),
        lambda: ROUND_THE_CLOCK.is_open(utc("9999-12-31T12:00")),
        lambda: ROUND_THE_CLOCK.spans_of(date(9999, 12, 31)),
    ):
        with pytest.raises(InvalidValue) as caught:
            ask()
        assert caught.value.code == "time.out_of_range"
        assert caught.value.value is not None and caught.value.expected


# --- changing clocks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, day, hours, expected",
    [
        ("Europe/London", date(2026, 3, 29), "00:00-24:00", ["PT23H"]),
        ("Europe/London", date(2026, 10, 25), "00:00-24:00", ["PT25H"]),
        ("Europe/London", date(2026, 3, 29), "00:30-01:30 02:00-03:00", ["PT30M", "PT1H"]),
        ("Europe/London", date(2026, 3, 29), "01:15-01:45 03:00-04:00", ["PT1H"]),
        ("Europe/London", date(2026, 10, 25), "00:30-01:30 01:45-02:00", ["PT1H", "PT1H15M"]),
        ("Europe/London", date(2026, 10, 25), "01:00-02:00", ["PT2H"]),
        ("America/New_York", date(2026, 3, 8), "01:00-05:00", ["PT3H"]),
        ("America/New_York", date(2026, 11, 1), "01:00-05:00", ["PT5H"]),
        ("Australia/Lord_Howe", date(2026, 4, 5), "00:00-24:00", ["PT24H30M"]),
        ("Australia/Lord_Howe", date(2026, 10, 4), "02:00-03:00", ["PT30M"]),
        ("America/Sao_Paulo", date(2018, 11, 4), "00:00-24:00", ["PT23H"]),
        ("America/Sao_Paulo", date(2018, 11, 4), "00:00-08:00", ["PT7H"]),
        ("America/Sao_Paulo", date(2018, 2, 17), "20:00-24:00", ["PT5H"]),
        ("Pacific/Apia", date(2011, 12, 29), "09:00-24:00", ["PT15H"]),
        ("Pacific/Apia", date(2011, 12, 30), "00:00-24:00", []),
        ("Pacific/Apia", date(2011, 12, 31), "00:00-24:00", ["PT24H"]),
        ("Asia/Shanghai", date(2026, 3, 29), "00:00-24:00", ["PT24H"]),
    ],
)
def test_a_day_has_its_real_length(name, day, hours, expected):
    calendar = BusinessCalendar(Zone.load(name), week={"mon-sun": hours})
    assert [str(span.duration) for span in calendar.spans_of(day)] == expected


def test_the_second_pass_is_of_the_same_day():
    night = BusinessCalendar(LONDON, week={"sun": "01:15-01:45 03:00-04:00"}, cut_off="02:00")
    opens, again = utc("2026-10-25T00:15"), utc("2026-10-25T01:20")
    assert LONDON.wall(again).fold == 1
    assert night.is_open(opens) and not night.is_open(again)
    assert night.next_open(again) == utc("2026-10-25T03:00")
    assert night.ready(again) == date(2026, 10, 25)
    assert night.add(again, WorkingDays(1)) == utc("2026-11-01T04:00")
    long = BusinessCalendar(LONDON, week={"sun": "00:00-04:00"})
    assert long.is_open(again) and long.next_open(again) == again
    assert long.working_time_between(again, utc("2026-10-25T03:00")) == Duration.of(minutes=100)


def test_samoa_friday_never_was():
    apia = BusinessCalendar(
        Zone.load("Pacific/Apia"), week={"mon-sun": "09:00-17:00"}, cut_off="12:00"
    )
    thursday = instant("2011-12-29T16:00-10:00")
    assert apia.ready(thursday) == date(2011, 12, 31)
    assert apia.next_working_day(date(2011, 12, 29)) == date(2011, 12, 31)
    assert apia.add(thursday, WorkingHours(2)) == instant("2011-12-31T10:00+14:00")
    assert apia.add(thursday, WorkingDays(1)) == instant("2011-12-31T17:00+14:00")


def test_a_day_that_ends_by_a_skipped_day_still_ends():
    apia = BusinessCalendar(Zone.load("Pacific/Apia"), week={"mon-sun": "00:00-24:00"})
    ends = instant("2011-12-31T00:00+14:00")
    assert apia.add(instant("2011-12-28T12:00-10:00"), WorkingDays(1)) == ends
    assert apia.add(ends, WorkingDays(1)) == instant("2012-01-01T00:00+14:00")


def test_newfoundland_shows_a_day_that_is_over():
    """Until 2011 the clocks went back at 00:01, from the new day into the old."""
    zone = Zone.load("America/St_Johns")
    desk = BusinessCalendar(zone, week={"mon-sun": "09:00-17:00"}, cut_off="23:30")
    again = instant("2006-10-29T02:50Z")
    assert zone.local(again).date == date(2006, 10, 28) and zone.local(again).fold == 1
    assert desk.ready(again) == date(2006, 10, 29)
    assert desk.add(again, WorkingDays(1)) == instant("2006-10-30T17:00-03:30")


# --- real holidays --------------------------------------------------------------------------------

# Notices of the State Council's General Office for 2024, 2025 and 2026, in part.
CHINA = BusinessCalendar(
    SHANGHAI,
    week={"mon-fri": "09:00-12:00 13:00-18:00"},
    holidays=[
        *(date(2024, 2, day) for day in range(10, 18)),
        *(date(2025, 1, day) for day in range(28, 32)),
        *(date(2025, 2, day) for day in range(1, 5)),
        *(date(2025, 10, day) for day in range(1, 9)),
        *(date(2026, 2, day) for day in range(15, 24)),
        *(date(2026, 10, day) for day in range(1, 8)),
    ],
    working_days=[
        date(2024, 2, 4),
        date(2024, 2, 18),
        date(2025, 1, 26),
        date(2025, 2, 8),
        date(2025, 9, 28),
        date(2025, 10, 11),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 9, 20),
        date(2026, 10, 10),
    ],
    cut_off="16:00",
)


@pytest.mark.parametrize(
    "at, length, due",
    [
        # Friday before the Spring Festival of 2024; the Sunday after it is worked.
        ("2024-02-09T17:00", WorkingHours(2), "2024-02-18T10:00"),
        ("2024-02-09T17:00", WorkingDays(2), "2024-02-19T18:00"),
        ("2024-02-03T12:00", WorkingDays(1), "2024-02-04T18:00"),
        # 26 January 2025 is a worked Sunday, 8 February a worked Saturday.
        ("2025-01-24T12:30", WorkingHours(5), "2025-01-24T18:00"),
        ("2025-01-24T12:30", WorkingHours(6), "2025-01-26T10:00"),
        ("2025-01-27T16:00", WorkingDays(4), "2025-02-08T18:00"),
        ("2025-01-27T16:00", WorkingDays(5), "2025-02-10T18:00"),
        # Eight days of National Day and Mid-Autumn in 2025.
        ("2025-09-30T18:00", WorkingHours(8), "2025-10-09T18:00"),
        ("2025-09-26T18:00", WorkingDays(1), "2025-09-28T18:00"),
        ("2025-10-10T18:00", WorkingDays(1), "2025-10-11T18:00"),
        # Nine days in February 2026 between two worked Saturdays.
        ("2026-02-13T17:00", WorkingHours(9), "2026-02-14T18:00"),
        ("2026-02-14T17:30", WorkingHours(1), "2026-02-24T09:30"),
        ("2026-02-27T09:00", WorkingDays(1), "2026-02-28T18:00"),
        ("2026-09-30T17:00", WorkingDays(3), "2026-10-10T18:00"),
    ],
)
def test_chinas_make_up_days(at, length, due):
    assert CHINA.add(instant(at + "+08:00"), length) == instant(due + "+08:00")


@pytest.mark.parametrize(
    "at, day",
    [
        ("2024-02-09T15:59", date(2024, 2, 9)),
        ("2024-02-09T16:00", date(2024, 2, 18)),
        ("2024-02-17T10:00", date(2024, 2, 18)),
        ("2025-01-25T10:00", date(2025, 1, 26)),
        ("2025-10-03T10:00", date(2025, 10, 9)),
        ("2026-02-14T16:00", date(2026, 2, 24)),
        ("2026-10-10T15:00", date(2026, 10, 10)),
        ("2026-10-10T17:00", date(2026, 10, 12)),
    ],
)
def test_chinas_cut_offs(at, day):
    assert CHINA.ready(instant(at + "+08:00")) == day


def test_working_time_over_the_spring_festival():
    start, end = instant("2024-02-09T09:00+08:00"), instant("2024-02-19T09:00+08:00")
    assert CHINA.working_time_between(start, end) == Duration.of(hours=16)


COUNTRIES = {
    "GB": "Europe/London",
    "US": "America/New_York",
    "BR": "America/Sao_Paulo",
    "DE": "Europe/Berlin",
    "CN": "Asia/Shanghai",
    "JP": "Asia/Tokyo",
}


@pytest.mark.data
@pytest.mark.parametrize("country", COUNTRIES)
def test_real_holidays(data_folder, country):
    with (data_folder / "reference" / "holidays_2023_2027.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["country"] == country]
    by_kind = {
        kind: [date.fromisoformat(row["date"]) for row in rows if row["kind"] == kind]
        for kind in ("holiday", "makeup_workday")
    }
    calendar = BusinessCalendar(
        Zone.load(COUNTRIES[country]),
        week={"mon-fri": "09:00-17:00"},
        holidays=by_kind["holiday"],
        working_days=by_kind["makeup_workday"],
        cut_off="12:00",
    )
    assert by_kind["holiday"]
    days = [date(2023, 1, 1) + timedelta(days=n) for n in range(1461)]
    working = [
        day
        for day in days
        if day in by_kind["makeup_workday"] or (day.weekday() < 5 and day not in by_kind["holiday"])
    ]
    assert [day for day in days if calendar.working_day(day)] == working
    for day, after in pairwise(working):
        morning = calendar.spans_of(day)[0].start
        assert calendar.ready(morning) == day
        assert calendar.ready(calendar.spans_of(day)[0].end) == after
        assert calendar.next_working_day(day) == after
        assert calendar.add(morning, WorkingDays(1)) == calendar.spans_of(after)[-1].end
    start = calendar.spans_of(working[0])[0].start
    end = calendar.spans_of(working[-1])[0].end
    assert calendar.working_time_between(start, end) == Duration.of(hours=8 * len(working))
    assert calendar.add(start, WorkingHours(8 * len(working))) == end


@pytest.mark.data
@pytest.mark.parametrize("year, expected", [(2024, 251), (2025, 248), (2026, 248)])
def test_chinas_working_days_a_year(data_folder, year, expected):
    """Days of the year less weekends less public holidays that do not fall on one, by hand."""
    with (data_folder / "reference" / "holidays_2023_2027.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["country"] == "CN"]
    calendar = BusinessCalendar(
        SHANGHAI,
        week={"mon-fri": "09:00-18:00"},
        holidays=[date.fromisoformat(row["date"]) for row in rows if row["kind"] == "holiday"],
        working_days=[date.fromisoformat(row["date"]) for row in rows if row["kind"] != "holiday"],
    )
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365 + (year == 2024))]
    assert sum(calendar.working_day(day) for day in days) == expected
