"""Hours by the wall clock: of a day, of a week; and lengths of working time.

Plain values without a zone and without a date. What they come to in real time is decided by
:class:`~ordercore.kernel.BusinessCalendar`.

Example:
    >>> week = WeekHours.of({"mon-fri": "09:00-12:00 13:00-18:00", "sat": "09:00-13:00"})
    >>> str(week.days[0]), str(week.days[5]), bool(week.days[6])
    ('09:00-12:00 13:00-18:00', '09:00-13:00', False)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import time
from itertools import pairwise

import attrs

from ordercore.kernel.checked import checked
from ordercore.kernel.conversion import as_tuple, sorted_tuple
from ordercore.kernel.errors import InvalidValue, expect, problems
from ordercore.kernel.instants import Duration

__all__ = ["DayHours", "Opening", "WeekHours", "WorkingDays", "WorkingHours"]

MAX_WORKING_DAYS = 36_525
"""The longest deadline that is taken for one: a hundred years."""

MIDNIGHT = time()
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOUR_US = 3_600_000_000
_MINUTE_US = 60_000_000


def clock_time(value: time | str, path: str, *, closing: bool = False) -> time:
    """A time of day from what a person writes; ``24:00`` only where a day ends."""
    if isinstance(value, str):
        if closing and value == "24:00":
            return MIDNIGHT
        match = _CLOCK.fullmatch(value)
        if match is not None:
            return time(int(match[1]), int(match[2]), int(match[3] or 0))
    elif isinstance(value, time) and value.tzinfo is None:
        return value.replace(fold=0)
    raise InvalidValue("calendar.not_a_time", path, value, "a time of day, as 09:00")


def _starts(value: time | str) -> time:
    return clock_time(value, "start")


def _ends(value: time | str) -> time:
    return clock_time(value, "end", closing=True)


@attrs.frozen(order=True)
@checked
class Opening:
    """One stretch of open hours on one day, from ``start`` up to ``end``.

    An end of ``00:00`` (or the text ``24:00``) is the midnight that ends the day. Hours that cross
    midnight are two openings, one on either day.

    Raises:
        InvalidValue: ``calendar.not_a_time``; ``calendar.empty_opening`` where the end is not after
            the start.

    Example:
        >>> str(Opening("18:00", "24:00")), Opening("09:00", time(12)) == Opening(time(9), "12:00")
        ('18:00-24:00', True)
    """

    start: time = attrs.field(converter=_starts)
    end: time = attrs.field(converter=_ends)

    def __attrs_post_init__(self) -> None:
        if self.end != MIDNIGHT and self.end <= self.start:
            raise InvalidValue(
                "calendar.empty_opening", "end", self.end.isoformat(), f"after {self.start}"
            )

    @property
    def to_midnight(self) -> bool:
        """Whether it lasts until the day ends."""
        return self.end == MIDNIGHT

    def __str__(self) -> str:
        end = "24:00" if self.to_midnight else _clock_text(self.end)
        return f"{_clock_text(self.start)}-{end}"


def _clock_text(at: time) -> str:
    return at.isoformat("auto" if at.second or at.microsecond else "minutes")


def _joined(openings: Iterable[Opening]) -> tuple[Opening, ...]:
    """Sorted, and with openings that meet made one, so that equal hours are equal values."""
    ordered = sorted_tuple(openings, Opening, lambda opening: opening)
    if type(ordered) is not tuple or not all(isinstance(each, Opening) for each in ordered):
        return ordered
    joined: list[Opening] = []
    for opening in ordered:
        if joined and joined[-1].end == opening.start and not joined[-1].to_midnight:
            joined[-1] = Opening(joined[-1].start, opening.end)
        else:
            joined.append(opening)
    return tuple(joined)


@attrs.frozen
@checked
class DayHours:
    """The open hours of one day: any number of openings that do not overlap; none is a closed day.

    Raises:
        InvalidValue: ``calendar.overlapping_openings``.

    Example:
        >>> DayHours.of("13:00-18:00 09:00-12:00") == DayHours(
        ...     [Opening("09:00", "12:00"), Opening("13:00", "18:00")]
        ... )
        True
        >>> str(DayHours.of("09:00-12:00 12:00-24:00")), bool(DayHours())
        ('09:00-24:00', False)
    """

    openings: tuple[Opening, ...] = attrs.field(default=(), converter=_joined)

    def __attrs_post_init__(self) -> None:
        for earlier, later in pairwise(self.openings):
            if earlier.to_midnight or later.start < earlier.end:
                raise InvalidValue(
                    "calendar.overlapping_openings",
                    "openings",
                    f"{earlier} {later}",
                    "openings that do not overlap",
                )

    @classmethod
    def of(cls, text: str) -> DayHours:
        """The hours that a text like ``09:00-12:00 13:00-18:00`` says; empty text is closed.

        Raises:
            InvalidValue: ``calendar.not_hours`` for a part without one dash; the codes of
                :class:`Opening` and :class:`DayHours`.

        Example:
            >>> str(DayHours.of("00:00-24:00"))
            '00:00-24:00'
        """
        openings = []
        for part in expect(text, str, "text").split():
            start, dash, end = part.partition("-")
            if not dash:
                raise InvalidValue("calendar.not_hours", "", part, "hours, as 09:00-18:00")
            openings.append(Opening(start, end))
        return cls(openings)

    def __bool__(self) -> bool:
        return bool(self.openings)

    def __str__(self) -> str:
        return " ".join(str(opening) for opening in self.openings)


def _days(days: Iterable[DayHours]) -> tuple[DayHours, ...]:
    return as_tuple(days)


@attrs.frozen
@checked
class WeekHours:
    """The open hours of the seven days of a normal week, Monday first.

    Raises:
        InvalidValue: ``calendar.not_a_week`` for another number of days; ``calendar.never_open``
            where no day has hours.

    Example:
        >>> shop = WeekHours.of({"mon-fri": "09:00-18:00", "sat": "09:00-13:00"})
        >>> str(shop.days[5]), bool(shop.days[6])
        ('09:00-13:00', False)
    """

    days: tuple[DayHours, ...] = attrs.field(converter=_days)

    def __attrs_post_init__(self) -> None:
        if len(self.days) != len(_WEEKDAYS):
            raise InvalidValue("calendar.not_a_week", "days", len(self.days), "seven days")
        if not any(self.days):
            raise InvalidValue("calendar.never_open", "days", "", "open hours on some day")

    @classmethod
    def of(cls, hours: Mapping[str, DayHours | str]) -> WeekHours:
        """The week that says for ``mon`` … ``sun``, or a range ``mon-fri``, which hours are open.

        Days not named are closed. A day named twice is refused, not overwritten.

        Raises:
            InvalidBatch: every fault: ``calendar.unknown_weekday``, ``calendar.weekday_twice`` and
                the codes of :meth:`DayHours.of`.
            InvalidValue: ``calendar.never_open``.

        Example:
            >>> WeekHours.of({"mon-sun": "00:00-24:00"}) == WeekHours(
            ...     [DayHours.of("00:00-24:00")] * 7
            ... )
            True
        """
        faults = problems()
        week: dict[int, DayHours] = {}
        for name, given in expect(hours, Mapping, "hours").items():  # type: ignore[type-abstract]
            try:
                open_hours = given if isinstance(given, DayHours) else DayHours.of(given)
            except InvalidValue as fault:
                faults.take(fault, name)
                continue
            days = _weekdays(name)
            if not days:
                faults.add("calendar.unknown_weekday", name, name, "mon … sun or mon-fri")
            for day in days:
                if day in week:
                    faults.add("calendar.weekday_twice", name, _WEEKDAYS[day], "each day once")
                week[day] = open_hours
        faults.raise_if_any("week hours")
        return cls(week.get(day, DayHours()) for day in range(7))

    @property
    def normal(self) -> DayHours:
        """The hours of the first day of the week that has any: those of a make-up working day."""
        return next(hours for hours in self.days if hours)


def _weekdays(name: str) -> range:
    first, dash, last = name.partition("-")
    if first not in _WEEKDAYS or (dash and last not in _WEEKDAYS):
        return range(0)
    start = _WEEKDAYS.index(first)
    return range(start, (_WEEKDAYS.index(last) if dash else start) + 1)


@attrs.frozen
@checked
class WorkingHours:
    """A length of working time: it runs while the calendar is open and stands still else.

    Raises:
        InvalidValue: ``calendar.not_working_time`` for a negative or broken count, or one beyond a
            hundred years.

    Example:
        >>> str(WorkingHours(7, minutes=30).duration)
        'PT7H30M'
        >>> WorkingHours.of(Duration.of(minutes=90)) == WorkingHours(1, minutes=30)
        True
    """

    hours: int = 0
    minutes: int = attrs.field(default=0, kw_only=True)
    microseconds: int = attrs.field(default=0, kw_only=True)

    def __attrs_post_init__(self) -> None:
        require_count(self.hours, "hours", 24 * MAX_WORKING_DAYS)
        require_count(self.minutes, "minutes", 59)
        require_count(self.microseconds, "microseconds", _MINUTE_US - 1)

    @classmethod
    def of(cls, duration: Duration) -> WorkingHours:
        """The same length as working time: what is left of a deadline that was stopped.

        Raises:
            InvalidValue: ``calendar.not_working_time`` for a negative or too long one.

        Example:
            >>> WorkingHours.of(Duration.of(seconds=61))
            WorkingHours(hours=0, minutes=1, microseconds=1000000)
        """
        hours, rest = divmod(expect(duration, Duration, "duration").microseconds, _HOUR_US)
        minutes, us = divmod(rest, _MINUTE_US)
        return cls(hours, minutes=minutes, microseconds=us)

    @property
    def duration(self) -> Duration:
        """The length, as a duration."""
        return Duration(self.hours * _HOUR_US + self.minutes * _MINUTE_US + self.microseconds)


@attrs.frozen
@checked
class WorkingDays:
    """A number of working days, 0 to 36,525. The day on which the count starts is not counted.

    Raises:
        InvalidValue: ``calendar.not_working_time`` for anything else.

    Example:
        >>> WorkingDays(2).days
        2
    """

    days: int

    def __attrs_post_init__(self) -> None:
        require_count(self.days, "days", MAX_WORKING_DAYS)


def require_count(count: int, path: str, most: int, least: int = 0) -> None:
    if type(count) is not int or not least <= count <= most:
        raise InvalidValue(
            "calendar.not_working_time", path, count, f"an integer {least} to {most}"
        )
