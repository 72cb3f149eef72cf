"""Stretches of time: half-open, possibly without a beginning or an end."""

from __future__ import annotations

from datetime import date, datetime, time

import attrs

from ordercore.kernel.conversion import instant_at
from ordercore.kernel.errors import InvalidValue, problems
from ordercore.kernel.instants import Duration, Instant, instant
from ordercore.kernel.zone import OnFold, OnGap, Zone

__all__ = ["Span"]


def _start(value: datetime | str | None) -> Instant | None:
    return None if value is None else instant_at(value, "start")


def _end(value: datetime | str | None) -> Instant | None:
    return None if value is None else instant_at(value, "end")


@attrs.frozen
class Span:
    """Every moment from ``start`` up to, not including, ``end``; ``None`` is an open end.

    Half-open, so that a price valid until midnight and the next one valid from midnight leave no
    moment without a price and none with two. A span is never empty.

    Raises:
        InvalidValue: ``span.empty`` where ``end`` is not after ``start``; what ``instant`` raises.

    Example:
        >>> singles_day = Span("2026-11-11T00:00+08:00", "2026-11-12T00:00+08:00")
        >>> instant("2026-11-10T16:00Z") in singles_day, instant("2026-11-11T16:00Z") in singles_day
        (True, False)
        >>> str(singles_day.duration), Span().duration
        ('PT24H', None)
    """

    start: Instant | None = attrs.field(default=None, converter=_start)
    end: Instant | None = attrs.field(default=None, converter=_end)

    def __attrs_post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise InvalidValue("span.empty", "end", self.end, f"a moment after {self.start}")

    @classmethod
    def in_zone(
        cls,
        zone: Zone,
        start: datetime | date | str | None = None,
        end: datetime | date | str | None = None,
        *,
        on_gap: OnGap = OnGap.REFUSE,
        on_fold: OnFold = OnFold.REFUSE,
    ) -> Span:
        """The span between two readings of a zone's clocks, turned into moments once, here.

        A date means its midnight; text is ISO 8601 without offset (``2026-11-11``,
        ``2026-11-11T10:00``). Later changes of the zone's rules do not move the span.

        Raises:
            InvalidValue: ``zone.gap`` for a time that the clocks skip and ``zone.fold`` for one
                that they show twice, unless the choices say what is meant; ``zone.not_local`` for
                what is no time without offset; ``span.empty``.
            InvalidBatch: the same for both ends.

        Example:
            >>> shanghai = Zone.load("Asia/Shanghai")
            >>> singles_day = Span.in_zone(shanghai, "2026-11-11", "2026-11-12")
            >>> singles_day == Span("2026-11-10T16:00Z", "2026-11-11T16:00Z")
            True
        """
        faults = problems()
        ends: list[Instant | None] = []
        for path, given in (("start", start), ("end", end)):
            try:
                local = None if given is None else _local(given)
                ends.append(
                    None if local is None else zone.instant(local, on_gap=on_gap, on_fold=on_fold)
                )
            except InvalidValue as error:
                faults.take(InvalidValue(error.code, path, given, error.expected))
        if len(faults) == 1:
            raise faults.faults[0]
        faults.raise_if_any("span")
        return cls(*ends)

    def __contains__(self, at: datetime) -> bool:
        moment = instant(at)
        return (self.start is None or self.start <= moment) and (
            self.end is None or moment < self.end
        )

    def covers(self, other: Span) -> bool:
        """Whether every moment of ``other`` is in this span.

        Example:
            >>> Span().covers(Span(None, "2026-01-01T00:00Z"))
            True
        """
        return self.intersection(other) == other

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a moment.

        Example:
            >>> Span(None, "2026-01-01T00:00Z").overlaps(Span("2026-01-01T00:00Z", None))
            False
        """
        return _before(self.start, other.end) and _before(other.start, self.end)

    def intersection(self, other: Span) -> Span | None:
        """The moments that both have, or None where they share none.

        Example:
            >>> year = Span("2026-01-01T00:00Z", "2027-01-01T00:00Z")
            >>> year.intersection(Span("2026-07-01T00:00Z")) == Span(
            ...     "2026-07-01T00:00Z", "2027-01-01T00:00Z"
            ... )
            True
        """
        if not self.overlaps(other):
            return None
        starts = [at for at in (self.start, other.start) if at is not None]
        ends = [at for at in (self.end, other.end) if at is not None]
        return Span(max(starts, default=None), min(ends, default=None))

    def abuts(self, other: Span) -> bool:
        """Whether one ends at the very moment at which the other begins.

        Example:
            >>> Span(None, "2026-01-01T00:00Z").abuts(Span("2026-01-01T00:00Z", None))
            True
        """
        return (self.end is not None and self.end == other.start) or (
            self.start is not None and self.start == other.end
        )

    @property
    def duration(self) -> Duration | None:
        """The length, or None where an end is open."""
        if self.start is None or self.end is None:
            return None
        return Duration.between(self.start, self.end)


def _before(start: Instant | None, end: Instant | None) -> bool:
    return start is None or end is None or start < end


def _local(given: datetime | date | str) -> datetime:
    if isinstance(given, str):
        try:
            return datetime.fromisoformat(given)
        except ValueError:
            raise InvalidValue("zone.not_local", "", given, "ISO 8601 without offset") from None
    if isinstance(given, date) and not isinstance(given, datetime):
        return datetime.combine(given, time())
    return given
