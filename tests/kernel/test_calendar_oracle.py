"""Business calendars against a naive simulation that looks at every minute of a month.

The oracle knows nothing of spans, gaps and folds. It asks the standard library what the clocks
show at each minute, opens and closes by that, and lets the state stand while the clocks show a time
for the second time.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel.calendar import (
    BusinessCalendar,
    DayHours,
    Opening,
    WeekHours,
    WorkingDays,
    WorkingHours,
)
from ordercore.kernel.instants import Duration, instant, shift
from ordercore.kernel.zone import Zone

DAYS = 30
# Each window starts ten days before a change of the clocks.
WINDOWS = [
    ("Europe/London", "2026-03-19T00:00Z"),
    ("Europe/London", "2026-10-15T00:00Z"),
    ("America/New_York", "2026-02-26T00:00Z"),
    ("America/New_York", "2026-10-22T00:00Z"),
    ("Australia/Lord_Howe", "2026-03-26T00:00Z"),
    ("Australia/Lord_Howe", "2026-09-23T00:00Z"),
    ("Asia/Shanghai", "2026-02-08T00:00Z"),
    ("Asia/Shanghai", "2024-02-19T00:00Z"),
    ("Pacific/Apia", "2011-12-20T00:00Z"),
    ("America/Sao_Paulo", "2018-02-08T00:00Z"),
    ("America/Sao_Paulo", "2018-10-25T00:00Z"),
    ("America/St_Johns", "2006-10-19T00:00Z"),
    ("America/Havana", "2026-10-22T00:00Z"),
]


@cache
def clock(name, start):
    """For each minute: the day it counts for and the minute of that day; None in a second pass."""
    zone, at = ZoneInfo(name), datetime.fromisoformat(start)
    readings, day = [], None
    for _ in range(DAYS * 24 * 60):
        local = at.astimezone(zone)
        if local.fold == 0:
            day = local.date()
        readings.append((day, None if local.fold else local.hour * 60 + local.minute))
        at += timedelta(minutes=1)
    return readings


def clock_time(minute):
    return time(minute // 60 % 24, minute % 60)


def day_hours(pairs):
    return DayHours([Opening(clock_time(start), clock_time(end)) for start, end in pairs])


@attrs.frozen(kw_only=True)
class World:
    """One generated calendar as raw minutes, and a month of its simulated life."""

    zone: str
    start: str
    week: list
    holidays: frozenset
    working_days: dict
    cut_off: int | None

    def calendar(self):
        return BusinessCalendar(
            Zone.load(self.zone),
            week=WeekHours([day_hours(pairs) for pairs in self.week]),
            holidays=self.holidays,
            working_days={
                day: None if pairs is None else day_hours(pairs)
                for day, pairs in self.working_days.items()
            },
            cut_off=None if self.cut_off is None else clock_time(self.cut_off),
        )

    def pairs_of(self, day):
        if day in self.holidays:
            return []
        if day in self.working_days:
            given = self.working_days[day]
            return next(pairs for pairs in self.week if pairs) if given is None else given
        return self.week[day.weekday()]

    def simulate(self):
        hours, state, opens = {}, False, []
        for day, minute in clock(self.zone, self.start):
            if day not in hours:
                hours[day] = self.pairs_of(day)
            if minute is not None:
                state = any(start <= minute < end for start, end in hours[day])
            opens.append(state)
        return opens

    def at(self, minute):
        return shift(instant(self.start), minutes=minute)


@st.composite
def openings(draw):
    cuts = draw(st.lists(st.integers(0, 96), unique=True, min_size=2, max_size=6).map(sorted))
    pairs = [(15 * a, 15 * b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    return draw(st.sampled_from([pairs, pairs, [(0, 1440)], [(0, 90), (150, 1440)]]))


@st.composite
def worlds(draw):
    zone, start = draw(st.sampled_from(WINDOWS))
    week = draw(st.lists(openings() | st.just([]), min_size=7, max_size=7).filter(any))
    first = date.fromisoformat(start[:10])
    days = [first + timedelta(days=n) for n in range(-2, DAYS + 2)]
    holidays = draw(st.frozensets(st.sampled_from(days), max_size=8))
    extra = draw(st.dictionaries(st.sampled_from(days), st.none() | openings(), max_size=4))
    return World(
        zone=zone,
        start=start,
        week=week,
        holidays=holidays,
        working_days={day: pairs for day, pairs in extra.items() if day not in holidays},
        cut_off=draw(st.none() | st.integers(0, 1439)),
    )


# From the second day on, and mostly near the change.
minutes = st.integers(9 * 1440, 13 * 1440) | st.integers(1440, 20 * 1440)


@given(worlds(), st.lists(minutes, min_size=2, max_size=6), st.integers(0, 6000), st.data())
def test_the_calendar_is_what_the_simulation_is(world, picks, length, data):
    calendar, opens = world.calendar(), world.simulate()
    readings = clock(world.zone, world.start)
    changes = [m for m in range(2 * 1440, 20 * 1440) if opens[m] != opens[m - 1]]
    if changes:
        picks = [*picks, data.draw(st.sampled_from(changes))]
    closing = {readings[m][0]: m + 1 for m in range(len(opens)) if opens[m]}
    working = sorted(closing)

    for pick in picks:
        at = world.at(pick)
        assert calendar.is_open(at) is opens[pick]
        rest = range(pick, len(opens))

        found = next((m for m in rest if opens[m]), None)
        if found is not None:
            assert calendar.next_open(at) == world.at(found)

        found = next((m for m in rest[1:] if opens[m - 1] and not opens[m]), None)
        if found is not None:
            assert calendar.next_close(at) == world.at(found)

        worked, reached = 0, pick
        while worked < length and reached < len(opens):
            worked += opens[reached]
            reached += 1
        if worked == length:
            limit = WorkingHours(length // 60, minutes=length % 60)
            assert calendar.add(at, limit) == world.at(reached)

        day = readings[pick][0]
        assert calendar.working_day(day) is (day in closing)
        later = [one for one in working if one > day]
        if later:
            assert calendar.next_working_day(day) == later[0]

        before = readings[pick - 1][0]
        counted = [one for one in working if one > (before if closing.get(before) == pick else day)]
        for count, last in enumerate(counted[:5], start=1):
            if last != working[-1]:
                assert calendar.add(at, WorkingDays(count)) == world.at(closing[last])

        if later:
            assert calendar.ready(at) == expected_ready(world, readings, closing, pick, later[0])

    first, last = min(picks), max(picks)
    between = Duration.of(minutes=sum(opens[first:last]))
    assert calendar.working_time_between(world.at(first), world.at(last)) == between
    assert calendar.working_time_between(world.at(last), world.at(first)) == -between


def expected_ready(world, readings, closing, pick, later):
    """The day itself where no minute of it up to now showed the cut-off or a time beyond."""
    day = readings[pick][0]
    if day not in closing:
        return later
    if world.cut_off is None:
        return day if pick < closing[day] else later
    # A cut-off that falls into skipped time comes when the clocks go on.
    so_far = range(max(0, pick - 2 * 1440), pick + 1)
    shown = [readings[m][1] for m in so_far if readings[m][0] == day]
    come = any(minute is not None and minute >= world.cut_off for minute in shown)
    return later if come else day


# --- laws -----------------------------------------------------------------------------------------

seconds = st.integers(0, 86_399).map(lambda s: time(s // 3600, s // 60 % 60, s % 60))


@st.composite
def calendars(draw):
    def hours(min_size):
        cuts = draw(st.lists(seconds, unique=True, min_size=min_size, max_size=4).map(sorted))
        pairs = [Opening(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
        if len(cuts) % 2 and draw(st.booleans()):
            pairs.append(Opening(cuts[-1], time()))
        return DayHours(pairs)

    days = st.dates(date(2017, 12, 1), date(2019, 3, 1))
    holidays = draw(st.frozensets(days, max_size=20))
    return BusinessCalendar(
        draw(st.sampled_from(sorted({name for name, _ in WINDOWS})).map(Zone.load)),
        week=WeekHours([hours(2), *(hours(0) for _ in range(6))]),
        holidays=holidays,
        working_days=draw(st.frozensets(days, max_size=5)) - holidays,
        cut_off=draw(st.none() | seconds),
    )


moments = st.datetimes(datetime(2018, 1, 1), datetime(2019, 1, 1)).map(
    lambda at: instant(at.replace(tzinfo=UTC))
)
lengths = st.integers(0, 10**12).map(lambda us: WorkingHours.of(Duration(us)))
day_counts = st.integers(0, 30).map(WorkingDays)


def plus(a, b):
    if isinstance(a, WorkingDays):
        return WorkingDays(a.days + b.days)
    return WorkingHours.of(a.duration + b.duration)


@given(calendars(), moments, lengths)
def test_what_is_added_lies_between(calendar, at, length):
    assert calendar.working_time_between(at, calendar.add(at, length)) == length.duration


@given(calendars(), moments, st.tuples(lengths, lengths) | st.tuples(day_counts, day_counts))
def test_adding_twice_is_adding_the_sum(calendar, at, parts):
    a, b = parts
    assert calendar.add(calendar.add(at, a), b) == calendar.add(at, plus(a, b))


@given(calendars(), moments, moments, lengths | day_counts)
def test_later_orders_have_no_earlier_deadlines(calendar, at, other, length):
    first, last = sorted([at, other])
    assert calendar.add(first, length) <= calendar.add(last, length)
    assert calendar.next_open(first) <= calendar.next_open(last)
    assert calendar.ready(first) <= calendar.ready(last)
    assert first <= calendar.add(first, length)


@given(calendars(), moments, lengths | day_counts)
def test_a_deadline_never_lies_in_closed_time(calendar, at, length):
    due = calendar.add(at, length)
    if due == at:
        assert plus(length, length) == length
    else:
        # The moment of closing is the end of open time, not closed time.
        assert calendar.is_open(shift(due, microseconds=-1))
    if isinstance(length, WorkingDays) and length.days:
        assert calendar.next_open(due) > due or calendar.spans_of(calendar.zone.local(due).date)


@given(calendars(), moments, moments, moments)
def test_working_time_adds_up(calendar, a, b, c):
    between = calendar.working_time_between
    assert between(a, b) + between(b, c) == between(a, c)
    assert between(a, b) == -between(b, a)
    assert between(a, a) == Duration(0)
    assert abs(between(a, b)) <= abs(Duration.between(a, b))


@given(calendars(), moments)
def test_open_and_close_frame_open_time(calendar, at):
    opens, closes = calendar.next_open(at), calendar.next_close(at)
    assert calendar.is_open(opens)
    assert calendar.is_open(at) is (opens == at)
    assert not calendar.working_time_between(at, opens)
    assert not calendar.is_open(closes) and closes > opens
    assert calendar.working_time_between(opens, closes) == Duration.between(opens, closes)


@given(calendars(), moments)
def test_an_order_is_handled_on_a_working_day(calendar, at):
    day = calendar.ready(at)
    assert calendar.working_day(day)
    assert day >= calendar.zone.local(at).date


@given(calendars(), st.dates(date(2018, 1, 1), date(2018, 12, 1)), st.integers(1, 40))
def test_the_next_working_day_is_found_step_by_step(calendar, day, count):
    step = day
    for _ in range(count):
        step += timedelta(days=1)
        while not calendar.working_day(step):
            step += timedelta(days=1)
    assert calendar.next_working_day(day, count) == step


@given(calendars(), st.dates(date(2018, 1, 1), date(2018, 12, 1)))
def test_the_spans_of_a_day_are_apart_and_in_order(calendar, day):
    spans = calendar.spans_of(day)
    assert all(a.end < b.start or a.abuts(b) for a, b in pairwise(spans))
    assert calendar.working_day(day) is bool(spans)


PROBE = """
import json
from datetime import date
from ordercore.kernel.calendar import BusinessCalendar, WorkingDays, WorkingHours
from ordercore.kernel.instants import instant, shift, to_text
from ordercore.kernel.zone import Zone
answers = []
for name in ("Europe/London", "America/New_York", "Asia/Shanghai", "Pacific/Apia"):
    desk = BusinessCalendar(
        Zone.load(name), week={"mon-fri": "09:00-12:00 13:00-24:00", "sun": "00:00-03:00"},
        holidays=[date(2026, 3, 30)], working_days=[date(2026, 4, 4)], cut_off="16:00",
    )
    for hours in range(0, 24 * 21, 5):
        at = shift(instant("2026-03-20T00:30Z"), hours=hours)
        answers.append([
            desk.is_open(at), to_text(desk.next_open(at)), to_text(desk.next_close(at)),
            to_text(desk.add(at, WorkingHours(11))), to_text(desk.add(at, WorkingDays(3))),
            desk.ready(at).isoformat(), str(desk.zone.local(at)),
            desk.working_time_between(instant("2026-03-20T00:00Z"), at).microseconds,
        ])
print(json.dumps(answers))
"""


def test_answers_do_not_depend_on_the_machines_zone(monkeypatch):
    answers = set()
    for zone in ("UTC", "Asia/Tokyo", "America/New_York", "Europe/London"):
        monkeypatch.setenv("TZ", zone)
        done = subprocess.run(
            [sys.executable, "-c", PROBE], check=True, capture_output=True, text=True
        )
        answers.add(done.stdout)
    assert len(answers) == 1 and len(answers.pop()) > 10_000


@pytest.mark.parametrize("name, start", WINDOWS)
def test_the_oracle_sees_the_clocks_change(name, start):
    """A control: but for Shanghai, each window has a minute count that is not that of its days."""
    readings = clock(name, start)
    per_day = {}
    for day, _ in readings:
        per_day[day] = per_day.get(day, 0) + 1
    whole = list(per_day.values())[1:-1]
    days = list(per_day)
    skipped = (days[-1] - days[0]).days + 1 != len(days)
    assert (set(whole) != {1440} or skipped) is (name != "Asia/Shanghai")
