"""Moments of the world: UTC instants, exact arithmetic on them, and durations.

An instant is a ``pendulum.DateTime`` in UTC. It is made by :func:`instant` and by nothing else, so
that two instants compare, hash and encode alike whatever zone they came from. Arithmetic goes
through this module and not through pendulum's operators: those are some 300 times slower, and they
mean wall-clock time in one spelling and elapsed time in another.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TypeAlias

import attrs
from pendulum import UTC, DateTime

from ordercore.kernel.errors import InvalidValue, NaiveInstant

__all__ = ["Duration", "Instant", "elapsed_us", "instant", "shift", "to_text"]

Instant: TypeAlias = DateTime
"""A moment of the world: ``pendulum.DateTime`` in UTC, to the microsecond, made by ``instant``."""

_SECOND_US = 1_000_000
_MINUTE_US = 60 * _SECOND_US
_HOUR_US = 60 * _MINUTE_US
_DAY_US = 24 * _HOUR_US

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,6})0*)?)?"
    r"(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?",
    re.ASCII,
)
_EXPECTED = "an instant: ISO 8601 text with an offset, or a datetime with a zone"
_IN_RANGE = "an instant from year 1 to year 9999 in UTC"


def instant(value: datetime | str) -> Instant:
    """The moment that a zoned time means, in UTC.

    A ``datetime`` keeps its microseconds; in a repeated hour its ``fold`` says which of the two it
    is. Text is ISO 8601 with ``Z`` or an offset: ``2026-11-11T08:00+08:00``; seconds and up to six
    decimals are optional, further decimals must be zero. Not accepted, because they do not say
    when: dates alone, week and ordinal dates, second 60, and zone names in brackets.

    Raises:
        NaiveInstant: ``time.naive``, a time without zone or offset.
        InvalidValue: ``time.not_an_instant`` for anything else that is no time;
            ``time.out_of_range`` when the moment lies outside the years 1 to 9999 in UTC.

    Example:
        >>> to_text(instant("2026-11-11T08:00:00+08:00"))
        '2026-11-11T00:00:00Z'
        >>> instant("2026-11-11T00:00Z") == instant("2026-11-10 19:00-05:00")
        True
        >>> instant("2026-11-11 08:00")
        Traceback (most recent call last):
        ordercore.kernel.errors.NaiveInstant: time.naive: ...
    """
    if isinstance(value, datetime):
        if type(value) is DateTime and value.tzinfo is UTC and value.fold == 0:
            return value
        return _from_datetime(value)
    if isinstance(value, str):
        return _from_text(value)
    raise InvalidValue("time.not_an_instant", "", value, _EXPECTED)


def _from_datetime(value: datetime) -> Instant:
    offset = value.utcoffset()
    if offset is None:
        raise NaiveInstant(value)
    return at_offset(value, offset)


def at_offset(local: datetime, offset: timedelta) -> Instant:
    """The moment at which a clock that runs ``offset`` ahead of UTC shows ``local``.

    For the modules of the kernel; everyone else has :func:`instant` or a zone.

    Raises:
        InvalidValue: ``time.out_of_range``.

    Example:
        >>> to_text(at_offset(datetime(2026, 11, 11, 8), timedelta(hours=8)))
        '2026-11-11T00:00:00Z'
    """
    shown = local
    if type(local) is not datetime or local.tzinfo is not None:
        # Rebuilt, so that no subclass's arithmetic is used, pendulum's least.
        shown = datetime(  # noqa: DTZ001 - a wall-clock reading
            local.year,
            local.month,
            local.day,
            local.hour,
            local.minute,
            local.second,
            local.microsecond,
        )
    try:
        utc = shown - offset
    except OverflowError:
        raise InvalidValue("time.out_of_range", "", local, _IN_RANGE) from None
    return DateTime(
        utc.year,
        utc.month,
        utc.day,
        utc.hour,
        utc.minute,
        utc.second,
        utc.microsecond,
        tzinfo=UTC,
    )


def _from_text(text: str) -> Instant:
    match = _ISO.fullmatch(text)
    if match is None:
        raise InvalidValue("time.not_an_instant", "", text, _EXPECTED)
    year, month, day, hour, minute, second, fraction, zulu, sign, hours, minutes = match.groups()
    try:
        local = datetime(  # noqa: DTZ001 - its offset is read below
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second or 0),
            int((fraction or "").ljust(6, "0")),
        )
    except ValueError:
        raise InvalidValue("time.not_an_instant", "", text, _EXPECTED) from None
    if zulu:
        return at_offset(local, timedelta(0))
    if sign is None:
        raise NaiveInstant(text)
    if int(hours) > 23 or int(minutes or 0) > 59:
        raise InvalidValue("time.not_an_instant", "", text, _EXPECTED)
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return at_offset(local, -offset if sign == "-" else offset)


def shift(
    at: datetime,
    *,
    days: int = 0,
    hours: int = 0,
    minutes: int = 0,
    seconds: int = 0,
    microseconds: int = 0,
) -> Instant:
    """The moment that lies so much elapsed time after ``at``, or before it where negative.

    A day is 24 hours here. Days of the wall clock, which may have 23 or 25 hours, are the business
    of :class:`~ordercore.kernel.Zone` and :class:`~ordercore.kernel.BusinessCalendar`.

    Raises:
        InvalidValue: ``time.not_a_count`` naming the argument that is no integer;
            ``time.out_of_range`` when the result lies outside the years 1 to 9999.
        NaiveInstant: ``at`` has no zone.

    Example:
        >>> to_text(shift(instant("2024-02-28T12:00:00Z"), days=1, hours=-1))
        '2024-02-29T11:00:00Z'
    """
    us = _total_us(
        days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds
    )
    start = instant(at)
    try:
        return datetime.__add__(start, timedelta(microseconds=us))
    except OverflowError:
        raise InvalidValue("time.out_of_range", "", us, _IN_RANGE) from None


def _total_us(*, days: int, hours: int, minutes: int, seconds: int, microseconds: int) -> int:
    parts = {
        "days": days,
        "hours": hours,
        "minutes": minutes,
        "seconds": seconds,
        "microseconds": microseconds,
    }
    for name, count in parts.items():
        if type(count) is not int:
            raise InvalidValue("time.not_a_count", name, count, "an integer")
    return (
        days * _DAY_US
        + hours * _HOUR_US
        + minutes * _MINUTE_US
        + seconds * _SECOND_US
        + microseconds
    )


def elapsed_us(start: datetime, end: datetime) -> int:
    """Microseconds from ``start`` to ``end``, exact; negative where ``end`` is the earlier.

    Raises:
        NaiveInstant: one of the two has no zone.

    Example:
        >>> elapsed_us(instant("2026-01-01T00:00:00Z"), instant("2026-01-01T00:00:01Z"))
        1000000
    """
    delta: timedelta = datetime.__sub__(instant(end), instant(start))
    return delta.days * _DAY_US + delta.seconds * _SECOND_US + delta.microseconds


def to_text(at: datetime) -> str:
    """ISO 8601 in UTC, read back by :func:`instant`: decimals only where they are not zero.

    Raises:
        NaiveInstant: ``at`` has no zone.

    Example:
        >>> to_text(instant("2026-11-11T08:00:00.25+08:00"))
        '2026-11-11T00:00:00.250000Z'
    """
    # `isoformat` would ask the zone for its offset, which is known here and costs the most; and
    # six numbers are formatted one by one in twice the time.
    at = instant(at)
    numbers = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    text = "%04d-%02d-%02dT%02d:%02d:%02d" % numbers  # noqa: UP031
    return f"{text}.{at.microsecond:06d}Z" if at.microsecond else f"{text}Z"


@attrs.frozen(order=True)
class Duration:
    """A length of time in whole microseconds; negative where it looks back.

    It is elapsed time: no months, no business days, no float. A difference of instants and a sum of
    working time are durations.

    Raises:
        InvalidValue: ``time.not_a_count`` for anything but an integer.

    Example:
        >>> shift_length = Duration.of(hours=8) - Duration.of(minutes=45)
        >>> str(shift_length), shift_length.whole_hours, bool(shift_length - shift_length)
        ('PT7H15M', 7, False)
        >>> Duration.between(instant("2026-01-01T00:00Z"), instant("2026-01-02T00:00Z"))
        Duration(microseconds=86400000000)
    """

    microseconds: int

    def __attrs_post_init__(self) -> None:
        if type(self.microseconds) is not int:
            raise InvalidValue("time.not_a_count", "microseconds", self.microseconds, "an integer")

    @classmethod
    def of(
        cls,
        *,
        days: int = 0,
        hours: int = 0,
        minutes: int = 0,
        seconds: int = 0,
        microseconds: int = 0,
    ) -> Duration:
        """The sum of the parts; a day is 24 hours.

        Raises:
            InvalidValue: ``time.not_a_count`` naming the argument that is no integer.

        Example:
            >>> Duration.of(days=1, hours=-1) == Duration.of(hours=23)
            True
        """
        return cls(
            _total_us(
                days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds
            )
        )

    @classmethod
    def between(cls, start: datetime, end: datetime) -> Duration:
        """The elapsed time from ``start`` to ``end``.

        Raises:
            NaiveInstant: one of the two has no zone.

        Example:
            >>> str(Duration.between(instant("2026-01-01T01:00Z"), instant("2026-01-01T00:30Z")))
            '-PT30M'
        """
        return cls(elapsed_us(start, end))

    @property
    def whole_hours(self) -> int:
        """Complete hours, rounded toward zero."""
        return _whole(self.microseconds, _HOUR_US)

    @property
    def whole_minutes(self) -> int:
        """Complete minutes, rounded toward zero."""
        return _whole(self.microseconds, _MINUTE_US)

    @property
    def whole_seconds(self) -> int:
        """Complete seconds, rounded toward zero."""
        return _whole(self.microseconds, _SECOND_US)

    def __add__(self, other: Duration) -> Duration:
        if not isinstance(other, Duration):
            return NotImplemented
        return Duration(self.microseconds + other.microseconds)

    def __sub__(self, other: Duration) -> Duration:
        if not isinstance(other, Duration):
            return NotImplemented
        return Duration(self.microseconds - other.microseconds)

    def __mul__(self, times: int) -> Duration:
        if type(times) is not int:
            return NotImplemented
        return Duration(self.microseconds * times)

    __rmul__ = __mul__

    def __neg__(self) -> Duration:
        return Duration(-self.microseconds)

    def __abs__(self) -> Duration:
        return Duration(abs(self.microseconds))

    def __bool__(self) -> bool:
        return self.microseconds != 0

    def __str__(self) -> str:
        hours, rest = divmod(abs(self.microseconds), _HOUR_US)
        minutes, rest = divmod(rest, _MINUTE_US)
        seconds, us = divmod(rest, _SECOND_US)
        decimals = f".{us:06d}".rstrip("0") if us else ""
        text = f"{hours}H" if hours else ""
        text += f"{minutes}M" if minutes else ""
        text += f"{seconds}{decimals}S" if seconds or us or not text else ""
        return f"{'-' if self.microseconds < 0 else ''}PT{text}"


def _whole(us: int, unit: int) -> int:
    count = abs(us) // unit
    return -count if us < 0 else count
