"""Business calendars: when a place works, and what a deadline in working time comes to.

Days and hours are those of the wall clock of one zone; lengths are real time. A window that the
clocks cut short or draw out when they change has the length it really has, and a day that a zone
skipped has none.

Example:
    >>> desk = BusinessCalendar(
    ...     Zone.load("Asia/Shanghai"),
    ...     week={"mon-fri": "09:00-12:00 13:00-18:00"},
    ...     holidays=[date(2026, 10, 1), date(2026, 10, 2)],
    ...     working_days=[date(2026, 10, 10)],
    ...     cut_off="16:00",
    ... )
    >>> eve = instant("2026-09-30T17:00+08:00")
    >>> str(desk.zone.local(desk.add(eve, WorkingHours(2))))
    '2026-10-05T10:00:00+08:00[Asia/Shanghai]'
    >>> desk.ready(eve).isoformat(), desk.working_day(date(2026, 10, 10))
    ('2026-10-05', True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import TypeAlias, cast

import attrs

from ordercore.kernel.checked import checked
from ordercore.kernel.conversion import as_tuple
from ordercore.kernel.errors import InvalidValue, problems
from ordercore.kernel.frozenmap import FrozenMap
from ordercore.kernel.hours import (
    MAX_WORKING_DAYS,
    MIDNIGHT,
    DayHours,
    Opening,
    WeekHours,
    WorkingDays,
    WorkingHours,
    clock_time,
    require_count,
)
from ordercore.kernel.instants import Duration, Instant, elapsed_us, instant, shift
from ordercore.kernel.span import Span
from ordercore.kernel.zone import OnFold, OnGap, Zone

__all__ = ["BusinessCalendar", "DayHours", "Opening", "WeekHours", "WorkingDays", "WorkingHours"]

SEARCH_DAYS = 1000
"""How many days without a change a search crosses before it gives up: nearly three years."""

_DAY = timedelta(days=1)

MakeUpDays: TypeAlias = Mapping[date, "DayHours | str | None"] | Iterable[date]
"""Make-up working days: with their hours, or (None, or only the dates) with normal hours."""


def _week(given: WeekHours | Mapping[str, DayHours | str]) -> WeekHours:
    return given if isinstance(given, WeekHours) else WeekHours.of(given)


def _plain_day(value: date, path: str) -> date:
    # A datetime is a date to Python; as a holiday it would never be equal to one.
    if not isinstance(value, date) or isinstance(value, datetime):
        raise InvalidValue("calendar.not_a_date", path, value, "a date")
    return date(value.year, value.month, value.day)


def _holidays(given: Iterable[date]) -> frozenset[date]:
    days = as_tuple(given)
    if type(days) is not tuple:
        return cast("frozenset[date]", days)
    return frozenset(_plain_day(day, f"holidays[{i}]") for i, day in enumerate(days))


def _make_up(given: MakeUpDays) -> FrozenMap[date, DayHours | None]:
    pairs: tuple[tuple[date, DayHours | str | None], ...]
    if isinstance(given, Mapping):
        pairs = tuple(given.items())
    else:
        plain = as_tuple(given)
        if type(plain) is not tuple:
            return cast("FrozenMap[date, DayHours | None]", given)
        pairs = tuple([(day, None) for day in plain])
    days: dict[date, DayHours | None] = {}
    for i, (day, hours) in enumerate(pairs):
        path = f"working_days[{i}]"
        try:
            coded = DayHours.of(hours) if isinstance(hours, str) else hours
        except InvalidValue as fault:
            raise fault.at(path) from None
        days[_plain_day(day, path)] = coded
    return FrozenMap(days)


def _cut_off(given: time | str | None) -> time | None:
    return None if given is None else clock_time(given, "cut_off")


@attrs.frozen
@checked
class BusinessCalendar:
    """When a place works: normal weeks, holidays, make-up working days, and a daily cut-off.

    A day's hours are those of its weekday; none on a holiday; those given, or the normal ones, on a
    make-up working day (which may also give a normal day other hours). Wall-clock hours become real
    time so: an hour that the clocks skip does not happen, and where they show a time twice, the
    first is meant both for opening and for closing. So openings never overlap, and adjoining ones
    stay adjoining.

    Deadlines are closed on the right: ``add`` may answer the very moment of closing, at which
    ``is_open`` is already false. Costs are proportional to the days crossed.

    Args:
        zone: The zone of the place.
        week: A :class:`WeekHours`, or what :meth:`WeekHours.of` takes.
        holidays: Days on which nothing is open.
        working_days: Make-up working days, with hours or with normal hours.
        cut_off: The local time from which an order counts for the next working day. Without one,
            it is the closing of the day. It need not lie within the hours.

    Raises:
        InvalidValue: ``calendar.never_open`` and what the parts raise; ``calendar.not_a_date``.
        InvalidBatch: every day that is both a holiday and a working day
            (``calendar.holiday_and_working_day``), every working day given without open hours
            (``calendar.closed_working_day``).

    Example:
        >>> london = BusinessCalendar(Zone.load("Europe/London"), week={"mon-fri": "09:00-17:00"})
        >>> friday = instant("2026-03-27T16:00Z")  # the clocks go forward on Sunday
        >>> str(london.add(friday, WorkingHours(2)))
        '2026-03-30 09:00:00+00:00'
    """

    zone: Zone
    week: WeekHours = attrs.field(converter=_week, kw_only=True)
    holidays: frozenset[date] = attrs.field(default=frozenset(), converter=_holidays, kw_only=True)
    working_days: FrozenMap[date, DayHours | None] = attrs.field(
        default=FrozenMap(), converter=_make_up, kw_only=True
    )
    cut_off: time | None = attrs.field(default=None, converter=_cut_off, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for day, hours in self.working_days.items():
            path = f"working_days[{day}]"
            if day in self.holidays:
                faults.add(
                    "calendar.holiday_and_working_day", path, day.isoformat(), "one of the two"
                )
            if hours is not None and not hours:
                faults.add("calendar.closed_working_day", path, "", "open hours, or a holiday")
        faults.raise_if_any("business calendar")

    def hours_of(self, day: date) -> DayHours:
        """The hours by the wall clock of a day; none where it is closed.

        Raises:
            InvalidValue: ``calendar.not_a_date`` for a datetime, which is a date only to Python.

        Example:
            >>> calendar = BusinessCalendar(
            ...     Zone.load("UTC"),
            ...     week={"mon-fri": "09:00-17:00"},
            ...     working_days=[date(2026, 1, 4)],
            ... )
            >>> [str(calendar.hours_of(date(2026, 1, day))) for day in (2, 3, 4)]
            ['09:00-17:00', '', '09:00-17:00']
        """
        plain = day if type(day) is date else _plain_day(day, "day")
        if plain in self.holidays:
            return DayHours()
        if plain in self.working_days:
            return self.working_days[plain] or self.week.normal
        return self.week.days[plain.weekday()]

    def spans_of(self, day: date) -> tuple[Span, ...]:
        """The real stretches of open time of a day, in order; none where it does not work.

        The first one's start is the day's opening, the last one's end its closing. An opening that
        the clocks skip altogether is left out.

        Example:
            >>> night = BusinessCalendar(Zone.load("Europe/London"), week={"sun": "00:00-04:00"})
            >>> [str(night.spans_of(date(2026, *day))[0].duration) for day in ((3, 29), (10, 25))]
            ['PT3H', 'PT5H']
        """
        return tuple(Span(start, end) for start, end in self._stretches(day))

    def working_day(self, day: date) -> bool:
        """Whether the place works on a day at all.

        False also for a day that the zone skipped, as Samoa did 30 December 2011.

        Example:
            >>> apia = BusinessCalendar(Zone.load("Pacific/Apia"), week={"mon-fri": "09:00-17:00"})
            >>> apia.working_day(date(2011, 12, 29)), apia.working_day(date(2011, 12, 30))
            (True, False)
        """
        return bool(self._stretches(day))

    def next_working_day(self, day: date, count: int = 1) -> date:
        """The ``count``-th working day after ``day``, which is itself not counted.

        Raises:
            InvalidValue: ``calendar.closed_too_long`` where more than 1,000 days in a row are
                closed; ``calendar.not_working_time`` for a count not 1 to 36,525;
                ``time.out_of_range`` beyond the year 9999.

        Example:
            >>> calendar = BusinessCalendar(Zone.load("UTC"), week={"mon-fri": "09:00-17:00"})
            >>> friday = date(2026, 11, 13)
            >>> [calendar.next_working_day(friday, n).isoformat() for n in (1, 6)]
            ['2026-11-16', '2026-11-23']
        """
        require_count(count, "count", MAX_WORKING_DAYS, least=1)
        days = self._working_days_from(_next(day))
        for _ in range(count - 1):
            next(days)
        return next(days)[0]

    def is_open(self, at: datetime) -> bool:
        """Whether the place is open at a moment; at the moment of closing it is not.

        Example:
            >>> calendar = BusinessCalendar(Zone.load("UTC"), week={"mon-fri": "09:00-17:00"})
            >>> [calendar.is_open(instant(f"2026-11-13T{hour}Z")) for hour in ("09:00", "17:00")]
            [True, False]
        """
        moment = instant(at)
        return any(start <= moment < end for start, end in self._stretches(self._day_of(moment)))

    def next_open(self, at: datetime) -> Instant:
        """The moment itself where the place is open, else the next moment at which it opens.

        Raises:
            InvalidValue: as :meth:`next_working_day`.

        Example:
            >>> calendar = BusinessCalendar(Zone.load("UTC"), week={"mon-fri": "09:00-17:00"})
            >>> str(calendar.next_open(instant("2026-11-13T17:00Z")))
            '2026-11-16 09:00:00+00:00'
        """
        moment = instant(at)
        start, _ = next(self._windows(moment))
        return max(start, moment)

    def next_close(self, at: datetime) -> Instant | None:
        """The next moment after ``at`` at which the place closes, be it open or closed at ``at``.

        Midnight between two days that are both open around it is no closing. None where it stays
        open for more than 1,000 days, as one does that is open round the clock.

        Raises:
            InvalidValue: as :meth:`next_working_day`.

        Example:
            >>> week = {"mon": "18:00-24:00", "tue": "00:00-02:00"}
            >>> calendar = BusinessCalendar(Zone.load("UTC"), week=week)
            >>> str(calendar.next_close(instant("2026-11-16T20:00Z")))
            '2026-11-17 02:00:00+00:00'
        """
        windows = self._windows(instant(at))
        first, close = next(windows)
        limit = shift(first, days=SEARCH_DAYS)
        while close <= limit:
            start, end = next(windows)
            if start != close:
                return close
            close = end
        return None

    def add(self, at: datetime, time_limit: WorkingHours | WorkingDays) -> Instant:
        """The deadline that lies so much working time after ``at``.

        - ``WorkingHours``: the earliest moment by which the place was open that long since ``at``.
        - ``WorkingDays(n)``: the closing of the n-th working day after the day of ``at``, which is
          not counted. A day that closes at midnight includes that midnight.

        Nothing added is ``at`` itself, also in closed hours. Adding ``a`` and then ``b`` is adding
        ``a + b``, and a later ``at`` never gives an earlier deadline.

        Raises:
            InvalidValue: as :meth:`next_working_day`.

        Source: days as in the Civil Code of the PRC, arts. 201 and 203 (the day of the event is not
            counted; the last day ends with the close of business), and Regulation (EEC, Euratom)
            1182/71, art. 3.

        Example:
            >>> calendar = BusinessCalendar(Zone.load("UTC"), week={"mon-fri": "09:00-17:00"})
            >>> friday = instant("2026-11-13T15:00Z")
            >>> (
            ...     str(calendar.add(friday, WorkingHours(8))),
            ...     str(calendar.add(friday, WorkingDays(1))),
            ... )
            ('2026-11-16 15:00:00+00:00', '2026-11-16 17:00:00+00:00')
        """
        moment = instant(at)
        if isinstance(time_limit, WorkingDays):
            if time_limit.days == 0:
                return moment
            last = self.next_working_day(self._day_closing(moment), time_limit.days)
            return self._stretches(last)[-1][1]
        left_us = time_limit.duration.microseconds
        if left_us == 0:
            return moment
        windows = self._windows(moment)
        while True:
            start, end = next(windows)
            begin = max(start, moment)
            open_us = elapsed_us(begin, end)
            if left_us <= open_us:
                return shift(begin, microseconds=left_us)
            left_us -= open_us

    def working_time_between(self, start: datetime, end: datetime) -> Duration:
        """How long the place is open from ``start`` to ``end``; negative where ``end`` is earlier.

        Example:
            >>> calendar = BusinessCalendar(Zone.load("UTC"), week={"mon-fri": "09:00-17:00"})
            >>> friday, monday = instant("2026-11-13T15:00Z"), instant("2026-11-16T10:00Z")
            >>> str(calendar.working_time_between(friday, monday))
            'PT3H'
        """
        first, last = instant(start), instant(end)
        if last < first:
            return -self.working_time_between(last, first)
        total_us = 0
        day, final = self._day_of(first), self._day_of(last)
        while day <= final:
            for opens, closes in self._stretches(day):
                total_us += max(0, elapsed_us(max(opens, first), min(closes, last)))
            day = _next(day)
        return Duration(total_us)

    def ready(self, at: datetime) -> date:
        """The working day on which an order received at ``at`` is handled.

        The day of ``at`` where that is a working day and the cut-off has not come; at the cut-off
        it is too late. Else the next working day.

        Raises:
            InvalidValue: as :meth:`next_working_day`.

        Example:
            >>> calendar = BusinessCalendar(
            ...     Zone.load("UTC"), week={"mon-fri": "09:00-17:00"}, cut_off="15:00"
            ... )
            >>> for clock in ("14:59", "15:00"):
            ...     calendar.ready(instant(f"2026-11-13T{clock}Z")).isoformat()
            '2026-11-13'
            '2026-11-16'
        """
        moment = instant(at)
        day = self._day_of(moment)
        stretches = self._stretches(day)
        if stretches:
            last = stretches[-1][1] if self.cut_off is None else self._moment(day, self.cut_off)
            if moment < last:
                return day
        return self.next_working_day(day)

    # --- from days to moments ---------------------------------------------------------------------

    def _moment(self, day: date, at: time) -> Instant:
        # One rule for starts and ends, and never decreasing: so openings stay in order and apart.
        return self.zone.instant(
            datetime.combine(day, at), on_gap=OnGap.NEXT_VALID, on_fold=OnFold.EARLIER
        )

    def _stretches(self, day: date) -> tuple[tuple[Instant, Instant], ...]:
        stretches = []
        for opening in self.hours_of(day).openings:
            start = self._moment(day, opening.start)
            end = self._moment(_next(day) if opening.to_midnight else day, opening.end)
            if start < end:
                stretches.append((start, end))
        return tuple(stretches)

    def _day_of(self, at: Instant) -> date:
        """The day that has begun last."""
        wall = self.zone.wall(at)
        day = wall.date()
        # In a second pass the clocks may show the day before once more.
        if wall.fold and self._moment(_next(day), MIDNIGHT) <= at:
            return _next(day)
        return day

    def _day_closing(self, at: Instant) -> date:
        """The day of ``at``; the one that closes at ``at`` where that is a midnight."""
        before = self._day_of(shift(at, microseconds=-1))
        stretches = self._stretches(before)
        return before if stretches and stretches[-1][1] == at else self._day_of(at)

    def _working_days_from(
        self, day: date
    ) -> Iterator[tuple[date, tuple[tuple[Instant, Instant], ...]]]:
        """Every working day from ``day`` on, without end; gives up in a desert of closed days."""
        closed = 0
        while closed <= SEARCH_DAYS:
            stretches = self._stretches(day)
            if stretches:
                closed = 0
                yield day, stretches
            else:
                closed += 1
            day = _next(day)
        raise InvalidValue(
            "calendar.closed_too_long",
            "holidays",
            day.isoformat(),
            f"an open day within {SEARCH_DAYS} days",
        )

    def _windows(self, at: Instant) -> Iterator[tuple[Instant, Instant]]:
        """Every open stretch that ends after ``at``, in order, without end."""
        for _, stretches in self._working_days_from(self._day_of(at)):
            for start, end in stretches:
                if end > at:
                    yield start, end


def _next(day: date) -> date:
    try:
        return day + _DAY
    except OverflowError:
        raise InvalidValue("time.out_of_range", "", day, "a day up to the year 9999") from None
