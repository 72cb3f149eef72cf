"""Time zones and local times: from the wall clock to the moment and back.

Zone rules are data that governments change, so they are read in one place, ``Zone.load``, and
handed on as a value. Nothing else in the library looks a zone up by its name.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Callable
from typing import assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from ordercore.kernel.checked import checked
from ordercore.kernel.errors import Choice, InvalidValue
from ordercore.kernel.instants import Duration, Instant, at_offset, instant, shift

__all__ = ["LocalTime", "OnFold", "OnGap", "Zone"]

# `localtime` and `posixrules` mean something else on each machine; `right/` counts leap seconds.
_NAME = re.compile(r"(?!localtime$|posixrules$|right/|posix/)[A-Za-z][A-Za-z0-9_+/-]{0,63}")
_IN_RANGE = "a local time from year 1 to year 9999"


class OnGap(Choice):
    """What a local time means that the clocks skip, as 02:30 on the day they go forward.

    ``EARLIER`` counts with the offset after the change (01:30), ``LATER`` with the offset before
    it (03:30), ``NEXT_VALID`` takes the moment of the change (03:00).

    Example:
        >>> spring = dt.datetime(2026, 3, 29, 1, 30)
        >>> [
        ...     str(Zone.load("Europe/London").instant(spring, on_gap=choice).time())
        ...     for choice in (OnGap.EARLIER, OnGap.LATER, OnGap.NEXT_VALID)
        ... ]
        ['00:30:00', '01:30:00', '01:00:00']
    """

    REFUSE = "refuse"
    EARLIER = "earlier"
    LATER = "later"
    NEXT_VALID = "next_valid"


class OnFold(Choice):
    """What a local time means that happens twice, as 01:30 on the day the clocks go back.

    Example:
        >>> autumn = dt.datetime(2026, 10, 25, 1, 30)
        >>> [
        ...     str(Zone.load("Europe/London").instant(autumn, on_fold=choice).time())
        ...     for choice in (OnFold.EARLIER, OnFold.LATER)
        ... ]
        ['00:30:00', '01:30:00']
    """

    REFUSE = "refuse"
    EARLIER = "earlier"
    LATER = "later"


@attrs.frozen
@checked
class Zone:
    """A time zone with its rules, equal to and hashed as its name.

    ``Zone("Europe/London")``, a copy and a pickle all go through :meth:`load`, and conversions
    never read anything: the rules are complete when the zone is.

    Raises:
        InvalidValue: ``zone.unknown``, as :meth:`load`.

    Example:
        >>> shanghai = Zone.load("Asia/Shanghai")
        >>> shanghai == Zone("Asia/Shanghai"), str(shanghai)
        (True, 'Asia/Shanghai')
        >>> str(shanghai.local("2026-11-10T16:00Z"))
        '2026-11-11T00:00:00+08:00[Asia/Shanghai]'
    """

    name: str
    _rules: ZoneInfo = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_rules", Zone.load(self.name)._rules)  # noqa: SLF001 - its own

    @classmethod
    def load(cls, name: str) -> Zone:
        """The zone of this IANA name, read from the system's zone data or the tzdata package.

        The only function of the library that reads zone data. Names whose meaning depends on the
        machine (``localtime``) are refused.

        Raises:
            InvalidValue: ``zone.unknown``.

        Example:
            >>> Zone.load("Mars/Olympus")
            Traceback (most recent call last):
            ordercore.kernel.errors.InvalidValue: zone.unknown at name: ...
        """
        given: object = name
        if not isinstance(given, str) or _NAME.fullmatch(given) is None:
            raise InvalidValue("zone.unknown", "name", name, "an IANA time zone name")
        try:
            rules = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InvalidValue("zone.unknown", "name", name, "an IANA time zone name") from None
        zone = cls.__new__(cls)
        object.__setattr__(zone, "name", str(name))
        object.__setattr__(zone, "_rules", rules)
        return zone

    def __copy__(self) -> Zone:
        return self

    def __deepcopy__(self, memo: object) -> Zone:
        return self

    def __reduce__(self) -> tuple[Callable[[str], Zone], tuple[str]]:
        return Zone.load, (self.name,)

    def __str__(self) -> str:
        return self.name

    def local(self, at: dt.datetime | str) -> LocalTime:
        """What the clocks of the zone show at a moment.

        Raises:
            NaiveInstant: ``at`` has no zone.
            InvalidValue: ``time.out_of_range`` within a day of the ends of the calendar.

        Example:
            >>> local = Zone.load("America/New_York").local("2026-11-01T06:30Z")
            >>> local.date.isoformat(), local.time.isoformat(), local.fold
            ('2026-11-01', '01:30:00', 1)
        """
        wall = self.wall(at)
        return LocalTime(wall.date(), wall.time().replace(fold=0), zone=self, fold=wall.fold)

    def wall(self, at: dt.datetime | str) -> dt.datetime:
        """What the clocks show at a moment, without zone; its ``fold`` tells which pass it is.

        Cheaper than :meth:`local`, and says less.

        Raises:
            NaiveInstant: ``at`` has no zone.
            InvalidValue: ``time.out_of_range`` within a day of the ends of the calendar.

        Example:
            >>> Zone.load("Asia/Shanghai").wall("2026-11-10T16:00Z").isoformat()
            '2026-11-11T00:00:00'
        """
        return self._shown(instant(at)).replace(tzinfo=None)

    def _shown(self, at: Instant) -> dt.datetime:
        utc = dt.datetime(
            at.year,
            at.month,
            at.day,
            at.hour,
            at.minute,
            at.second,
            at.microsecond,
            tzinfo=self._rules,
        )
        try:
            return self._rules.fromutc(utc)
        except OverflowError:
            raise InvalidValue("time.out_of_range", "", at, _IN_RANGE) from None

    def instant(
        self, local: dt.datetime, *, on_gap: OnGap = OnGap.REFUSE, on_fold: OnFold = OnFold.REFUSE
    ) -> Instant:
        """The moment at which the clocks of the zone show ``local``.

        Args:
            local: A time without zone. Its ``fold`` is not looked at: the policy decides.
            on_gap: What to do where the clocks skip it.
            on_fold: What to do where the clocks show it twice.

        Raises:
            InvalidValue: ``zone.gap`` and ``zone.fold`` where the policy refuses;
                ``zone.not_local`` for a time that has a zone already; ``time.out_of_range``.

        Example:
            >>> str(Zone.load("Asia/Shanghai").instant(dt.datetime(2026, 11, 11)))
            '2026-11-10 16:00:00+00:00'
        """
        given: object = local
        if not isinstance(given, dt.datetime) or given.tzinfo is not None:
            raise InvalidValue("zone.not_local", "local", local, "a datetime without zone")
        first, second = self.offsets(local)
        if first == second:
            return at_offset(local, first)
        if first > second:
            if on_fold is OnFold.REFUSE:
                raise InvalidValue("zone.fold", "local", local, f"a time shown once in {self.name}")
            return at_offset(local, first if on_fold is OnFold.EARLIER else second)
        if on_gap is OnGap.REFUSE:
            raise InvalidValue("zone.gap", "local", local, f"a time shown in {self.name}")
        if on_gap is OnGap.EARLIER:
            return at_offset(local, second)
        if on_gap is OnGap.LATER:
            return at_offset(local, first)
        if on_gap is OnGap.NEXT_VALID:
            return self._change(local, first, second)
        assert_never(on_gap)

    def offsets(self, local: dt.datetime) -> tuple[dt.timedelta, dt.timedelta]:
        """How far ahead of UTC the clocks run at ``local``, read as its first and second pass.

        Equal where the time is shown once; the first is the greater where it is shown twice, the
        lesser where it is skipped.

        Example:
            >>> first, second = Zone.load("Europe/London").offsets(dt.datetime(2026, 10, 25, 1, 30))
            >>> str(first), str(second)
            ('1:00:00', '0:00:00')
        """
        first = self._rules.utcoffset(local.replace(fold=0) if local.fold else local)
        second = self._rules.utcoffset(local.replace(fold=1))
        assert first is not None and second is not None  # noqa: PT018 - zone rules always know
        return first, second

    def _change(self, local: dt.datetime, before: dt.timedelta, after: dt.timedelta) -> Instant:
        """The moment at which the clocks skip ``local``."""
        # Offsets change at whole seconds, so the change is found by halving the skipped seconds.
        start = at_offset(local.replace(microsecond=0), after)
        skipped_s = (after - before) // dt.timedelta(seconds=1)
        return shift(
            start,
            seconds=bisect_left(
                range(skipped_s),
                True,
                key=lambda s: self._shown(shift(start, seconds=s)).utcoffset() != before,
            ),
        )


@attrs.frozen
@checked
class LocalTime:
    """What the clocks of a zone show at one moment; it stands for exactly that moment.

    ``fold`` is 1 in the second pass of a time that the clocks show twice, else 0. A local time that
    exists as a value exists on the wall: neither a skipped time nor a second pass that never was.

    Raises:
        InvalidValue: ``zone.gap`` for a time that the clocks skip, ``zone.not_repeated`` for
            ``fold=1`` at a time shown once, ``zone.not_local`` for parts of another type.

    Example:
        >>> london = Zone.load("Europe/London")
        >>> late = LocalTime(dt.date(2026, 10, 25), dt.time(1, 30), zone=london, fold=1)
        >>> str(late), str(late.instant)
        ('2026-10-25T01:30:00+00:00[Europe/London]', '2026-10-25 01:30:00+00:00')
        >>> london.local(late.instant) == late
        True
    """

    date: dt.date
    time: dt.time
    zone: Zone = attrs.field(kw_only=True)
    fold: int = attrs.field(default=0, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if type(self.date) is not dt.date:
            raise InvalidValue("zone.not_local", "date", self.date, "a date")
        if type(self.time) is not dt.time or self.time.tzinfo is not None or self.time.fold:
            raise InvalidValue(
                "zone.not_local", "time", self.time, "a time of day, no zone, no fold"
            )
        if type(self.fold) is not int or self.fold not in {0, 1}:
            raise InvalidValue("zone.not_local", "fold", self.fold, "0 or 1")
        first, second = self.zone.offsets(self.wall)
        if first < second:
            raise InvalidValue("zone.gap", "time", self.wall, f"a time shown in {self.zone}")
        if self.fold and first == second:
            raise InvalidValue("zone.not_repeated", "fold", self.fold, f"0 at {self.wall}")

    @property
    def wall(self) -> dt.datetime:
        """Date and time in one, without zone."""
        return dt.datetime.combine(self.date, self.time)

    @property
    def offset(self) -> Duration:
        """How far the clocks run ahead of UTC.

        Example:
            >>> str(Zone.load("America/New_York").local("2026-07-01T00:00Z").offset)
            '-PT4H'
        """
        ahead = self.zone.offsets(self.wall)[self.fold]
        return Duration(ahead // dt.timedelta(microseconds=1))

    @property
    def instant(self) -> Instant:
        """The one moment that it stands for."""
        return at_offset(self.wall, self.zone.offsets(self.wall)[self.fold])

    def __str__(self) -> str:
        minutes = abs(self.offset.whole_minutes)
        sign = "-" if self.offset.microseconds < 0 else "+"
        return f"{self.wall.isoformat()}{sign}{minutes // 60:02d}:{minutes % 60:02d}[{self.zone}]"
