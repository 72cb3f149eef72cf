"""Strategies for the values of the kernel: money, units, ids, time, reasons, contexts."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TypeVar

from hypothesis import reject
from hypothesis import strategies as st

from ordercore.kernel import (
    STANDARD_UNITS,
    Accepted,
    BusinessCalendar,
    Context,
    Currency,
    DayHours,
    Duration,
    FactId,
    FrozenMap,
    Identifier,
    InclusionProof,
    Instant,
    InvalidValue,
    LocalTime,
    Money,
    Opening,
    OrderId,
    Quantity,
    Reason,
    Refusal,
    Span,
    Unit,
    WeekHours,
    WorkingHours,
    Zone,
    inclusion_proof,
    instant,
    shift,
)

__all__ = [
    "calendars",
    "codes",
    "contexts",
    "currencies",
    "day_hours",
    "durations",
    "fractions",
    "identifiers",
    "inclusion_proofs",
    "instants",
    "local_times",
    "monies",
    "openings",
    "quantities",
    "reasons",
    "refusals",
    "spans",
    "units",
    "week_hours",
    "working_hours",
    "zones",
]

Id = TypeVar("Id", bound=Identifier)

_EARLIEST = instant("2026-11-01T00:00:00Z")
_MINUTES = 90 * 24 * 60
# None, two and three digits after the point; a minor unit of its own; one that no coin is left of.
_CURRENCIES = tuple(map(Currency, ("CHF", "CNY", "EUR", "GBP", "JPY", "KWD", "USD", "ISK")))
_ZONES = ("Asia/Shanghai", "Europe/London", "America/New_York", "Australia/Lord_Howe", "UTC")
_HOURS = ("", "09:00-18:00", "08:30-12:00 13:00-17:30", "00:00-24:00", "22:00-24:00")


def codes(*, max_size: int = 8) -> st.SearchStrategy[str]:
    """Short words of lower-case letters, as codes, names and topics are."""
    return st.text("abcdefghij", min_size=1, max_size=max_size)


def fractions() -> st.SearchStrategy[Fraction]:
    """Exact rates from 0 to 1."""
    return st.fractions(0, 1, max_denominator=20)


def currencies() -> st.SearchStrategy[Currency]:
    """Currencies with none, two and three digits after the point."""
    return st.sampled_from(_CURRENCIES)


@st.composite
def monies(
    draw: st.DrawFn,
    *,
    currency: str | None = None,
    min_minor: int = 0,
    max_minor: int = 100_000,
) -> Money:
    """Amounts between two numbers of minor units, of one currency or of any."""
    chosen = draw(currencies()) if currency is None else currency
    return Money(draw(st.integers(min_minor, max_minor)), chosen)


def units() -> st.SearchStrategy[Unit]:
    """Units of several dimensions."""
    return st.sampled_from(STANDARD_UNITS)


@st.composite
def quantities(
    draw: st.DrawFn, *, unit: Unit | None = None, min_amount: int = 0, max_amount: int = 10_000
) -> Quantity:
    """Quantities whose amount lies between two numbers of the unit's smallest parts."""
    chosen = draw(units()) if unit is None else unit
    return Quantity(draw(st.integers(min_amount, max_amount)), chosen)


def identifiers(kind: type[Id], *, count: int | None = None) -> st.SearchStrategy[Id]:
    """Identifiers of one kind; with ``count``, from so many that they meet.

    The odd ones hold what stores and file formats trip over: a quote, a slash, letters beyond
    ASCII, and capitals that a store must tell from small letters.
    """
    if count is not None:
        return st.sampled_from([kind(f"{kind.__name__[:1].lower()}-{n}") for n in range(count)])
    odd = ("o'clock", "a/b", "茶-1", "A-1", "a-1", "Ω", "50%", 'q"', "back\\slash")
    return st.one_of(
        st.from_regex(r"[a-z]{1,3}-[0-9]{1,4}", fullmatch=True), st.sampled_from(odd)
    ).map(kind)


@st.composite
def instants(
    draw: st.DrawFn, *, earliest: Instant = _EARLIEST, max_minutes: int = _MINUTES
) -> Instant:
    """Instants from ``earliest`` on, at most ``max_minutes`` later; some fall within a minute."""
    minutes = draw(st.integers(0, max_minutes))
    microseconds = draw(st.sampled_from((0, 0, 0, 1, 999_999, 30_000_000)))
    return shift(earliest, minutes=minutes, microseconds=microseconds)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """Half-open spans, open at either end in some examples."""
    start = draw(st.none() | instants())
    if draw(st.booleans()):
        return Span(start, None)
    after = _EARLIEST if start is None else start
    return Span(start, shift(after, minutes=draw(st.integers(1, _MINUTES))))


def durations() -> st.SearchStrategy[Duration]:
    """Lengths of up to ten days, with parts of a second."""
    return st.integers(0, 10 * 24 * 3_600_000_000).map(Duration)


def zones() -> st.SearchStrategy[Zone]:
    """Time zones with and without summer time, and one that shifts by half an hour."""
    return st.sampled_from(_ZONES).map(Zone)


@st.composite
def local_times(draw: st.DrawFn) -> LocalTime:
    """What a clock of some zone shows."""
    day = draw(st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31)))
    minute = draw(st.integers(0, 24 * 60 - 1))
    try:
        return LocalTime(day, dt.time(minute // 60, minute % 60), zone=draw(zones()))
    except InvalidValue:
        reject()


@st.composite
def openings(draw: st.DrawFn) -> Opening:
    """One stretch of open hours, some of them up to midnight."""
    start = draw(st.integers(0, 23))
    end = draw(st.integers(start + 1, 24))
    return Opening(f"{start:02}:00", f"{end:02}:00")


def day_hours() -> st.SearchStrategy[DayHours]:
    """The hours of one day; some days are closed, some never close."""
    return st.sampled_from(_HOURS).map(DayHours.of)


def week_hours() -> st.SearchStrategy[WeekHours]:
    """Weeks with open hours on some day."""
    weeks = st.lists(day_hours(), min_size=7, max_size=7).filter(any)
    return weeks.map(WeekHours)


def working_hours() -> st.SearchStrategy[WorkingHours]:
    """Lengths of working time."""
    return durations().map(WorkingHours.of)


@st.composite
def calendars(draw: st.DrawFn) -> BusinessCalendar:
    """Business calendars with holidays, make-up days and cut-offs."""
    days = st.dates(dt.date(2026, 11, 1), dt.date(2027, 1, 31))
    free = draw(st.frozensets(days, max_size=3))
    worked = draw(st.frozensets(days, max_size=2)) - free
    return BusinessCalendar(
        draw(zones()),
        week=draw(week_hours()),
        holidays=free,
        working_days=dict.fromkeys(sorted(worked), DayHours.of("10:00-16:00")),
        cut_off=draw(st.none() | st.just(dt.time(16))),
    )


@st.composite
def reasons(draw: st.DrawFn) -> Reason:
    """Reasons with facts of every kind."""
    fact = st.one_of(
        codes(), st.integers(0, 99), st.booleans(), monies(), instants(), st.none(),
        st.lists(codes(), max_size=2).map(tuple),
    )  # fmt: skip
    final = draw(st.booleans())
    return Reason(
        f"{draw(codes())}.{draw(codes())}",
        facts=draw(st.dictionaries(codes(), fact, max_size=3).map(FrozenMap)),
        # What is final cannot be helped by obtaining anything.
        obtain=None if final else draw(st.none() | codes()),
        final=final,
    )


def refusals() -> st.SearchStrategy[Refusal]:
    """Refusals with one to three reasons."""
    return st.lists(reasons(), min_size=1, max_size=3).map(Refusal)


@st.composite
def contexts(draw: st.DrawFn) -> Context:
    """What a decision may read of the outside."""
    return Context(
        now=draw(instants()),
        actor=draw(codes()),
        role=draw(st.sampled_from(("system", "customer", "clerk"))),
        reason=draw(st.just("") | codes()),
        ids={str(draw(identifiers(OrderId))): str(draw(identifiers(FactId)))},
        rates=draw(st.dictionaries(codes(), fractions(), max_size=2)),
        seen=draw(
            st.dictionaries(codes(), st.builds(Accepted, codes(), st.integers(1, 99)), max_size=1)
        ),
    )


@st.composite
def inclusion_proofs(draw: st.DrawFn) -> InclusionProof:
    """Proofs that hold, of an entry among a few."""
    entries = draw(st.lists(st.text(max_size=3), min_size=1, max_size=9))
    return inclusion_proof(entries, draw(st.integers(0, len(entries) - 1)))
