"""How long something may stay in a state, and when each of its limits is due.

A limit is an amount of running time. Elapsed time always runs; working time runs while the calendar
is open; and neither runs while the clock is stopped by a pause, such as a hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeAlias, assert_never

import attrs

from ordercore.kernel import (
    BusinessCalendar,
    Duration,
    Instant,
    InvalidValue,
    NotFound,
    Span,
    WorkingDays,
    WorkingHours,
    checked,
    expect,
    instant,
    problems,
    shift,
)
from ordercore.statemachine.names import check_name, exact

__all__ = ["Calendars", "Due", "NamedLimit", "TimeLimit", "due_instants", "is_positive"]

TimeLimit: TypeAlias = Duration | WorkingHours | WorkingDays
"""How long something may stay in a state: elapsed time, working hours or working days."""

Calendars: TypeAlias = BusinessCalendar | Mapping[str, BusinessCalendar] | None
"""One calendar for every state, or one for each name that states give; None where none is needed.

In a mapping, the entry ``""`` serves states that name no calendar."""


def is_positive(limit: object) -> bool:
    """Whether it is a time limit of more than nothing."""
    if isinstance(limit, Duration):
        return limit.microseconds > 0
    if isinstance(limit, WorkingHours):
        return limit.duration.microseconds > 0
    return isinstance(limit, WorkingDays) and limit.days > 0


@attrs.frozen
@checked
class NamedLimit:
    """One of several limits of a state: a reminder, a warning, an exception.

    ``after`` counts from the entry into the state, whatever the other limits say.

    Raises:
        InvalidBatch: ``machine.name``; ``state.limit`` for a length that is not positive.

    Example:
        >>> NamedLimit("reminder", Duration.of(hours=24)).name
        'reminder'
    """

    name: str = attrs.field(converter=exact)
    after: TimeLimit

    def __attrs_post_init__(self) -> None:
        faults = problems()
        check_name(self.name, "name", faults)
        if not is_positive(self.after):
            expected = "a positive Duration, WorkingHours, WorkingDays"
            faults.add("state.limit", "after", self.after, expected)
        faults.raise_if_any(f"limit {self.name}")

    @classmethod
    def before(cls, name: str, lead: TimeLimit, *, of: TimeLimit) -> NamedLimit:
        """The limit that comes ``lead`` ahead of another one: a warning before the deadline.

        Raises:
            InvalidValue: ``limit.kinds`` where one is elapsed time and the other is working time,
                or one counts hours and the other days; ``limit.lead`` where nothing is left.

        Example:
            >>> NamedLimit.before("warning", WorkingHours(4), of=WorkingHours(24)).after
            WorkingHours(hours=20, minutes=0, microseconds=0)
        """
        if type(lead) is not type(of):
            raise InvalidValue("limit.kinds", "lead", lead, f"a length of the kind of {of}")
        left_us = _size(of) - _size(lead)
        if left_us <= 0:
            raise InvalidValue("limit.lead", "lead", lead, f"less than {of}")
        match of:
            case Duration():
                return cls(name, Duration(left_us))
            case WorkingHours():
                return cls(name, WorkingHours.of(Duration(left_us)))
            case WorkingDays():
                return cls(name, WorkingDays(left_us))
            case _:  # pragma: no cover
                assert_never(of)


def _size(limit: TimeLimit) -> int:
    match limit:
        case Duration():
            return limit.microseconds
        case WorkingHours():
            return limit.duration.microseconds
        case WorkingDays():
            return limit.days
        case _:  # pragma: no cover
            assert_never(limit)


@attrs.frozen
@checked
class Due:
    """When one limit of a state is due; ``at`` is None while a pause without an end stops it.

    Example:
        >>> Due("limit", WorkingDays(2), None).stopped
        True
    """

    name: str
    limit: TimeLimit
    at: Instant | None

    @property
    def stopped(self) -> bool:
        """Whether nobody can say when, because the clock stands still until further notice."""
        return self.at is None


def due_instants(
    limits: Iterable[NamedLimit],
    since: datetime,
    *,
    calendar: str = "",
    calendars: Calendars = None,
    paused: Iterable[Span] = (),
) -> tuple[Due, ...]:
    """When each limit is due, in their order; ``Machine.due`` says the rules.

    ``calendar`` is the name of the one among ``calendars`` by which working time runs.
    """
    start = instant(since)
    stops = _merged(paused, start)
    dues = []
    for limit in limits:
        elapsed = isinstance(limit.after, Duration)
        runs_by = None if elapsed else _calendar(calendar, calendars)
        dues.append(Due(limit.name, limit.after, _due(limit.after, start, stops, runs_by)))
    return tuple(dues)


_Stop: TypeAlias = tuple[Instant, Instant | None]


def _merged(paused: Iterable[Span], start: Instant) -> list[_Stop]:
    """The stretches after ``start`` in which the clock stands still: apart, in order."""
    clipped: list[_Stop] = []
    for index, span in enumerate(paused):
        expect(span, Span, f"paused[{index}]")
        if span.end is None or span.end > start:
            clipped.append((start if span.start is None else max(span.start, start), span.end))
    merged: list[_Stop] = []
    for begin, end in sorted(clipped, key=lambda stop: stop[0]):
        if not merged:
            merged.append((begin, end))
            continue
        first, last = merged[-1]
        if last is None:
            break
        if begin > last:
            merged.append((begin, end))
        elif end is None or end > last:
            merged[-1] = (first, end)
    return merged


def _due(
    limit: TimeLimit, since: Instant, stops: list[_Stop], calendar: BusinessCalendar | None
) -> Instant | None:
    left, at = _budget(limit, since, calendar), since
    for begin, end in stops:
        ran = _ran(at, begin, calendar)
        if left <= ran:
            break
        if end is None:
            return None
        left, at = left - ran, end
    if calendar is None:
        return shift(at, microseconds=left.microseconds)
    return calendar.add(at, WorkingHours.of(left))


def _budget(limit: TimeLimit, since: Instant, calendar: BusinessCalendar | None) -> Duration:
    """The running time that a limit allows; working days as the open time that they hold."""
    match limit:
        case Duration():
            return limit
        case WorkingHours():
            return limit.duration
        case WorkingDays():
            assert calendar is not None
            return _ran(since, calendar.add(since, limit), calendar)
        case _:  # pragma: no cover
            assert_never(limit)


def _ran(start: Instant, end: Instant, calendar: BusinessCalendar | None) -> Duration:
    if calendar is None:
        return Duration.between(start, end)
    return calendar.working_time_between(start, end)


def _calendar(name: str, calendars: Calendars) -> BusinessCalendar:
    if isinstance(calendars, BusinessCalendar):
        return calendars
    if calendars is None or (isinstance(calendars, Mapping) and name not in calendars):
        raise NotFound("calendar", name)
    if not isinstance(calendars, Mapping):
        raise InvalidValue("type.wrong", "calendars", calendars, "calendars by name, or one")
    return expect(calendars[name], BusinessCalendar, f"calendars[{name}]")
