"""Instants: one moment, one value, whatever clock it was read from."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel.errors import InvalidValue, NaiveInstant
from ordercore.kernel.instants import Duration, at_offset, elapsed_us, instant, shift, to_text

NAMES = ["Asia/Shanghai", "Europe/London", "America/New_York", "Australia/Lord_Howe"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
naive = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29))
moments = naive.map(lambda at: instant(at.replace(tzinfo=UTC)))
modern = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(
    lambda at: instant(at.replace(tzinfo=UTC))
)
offsets = st.integers(-24 * 60 + 1, 24 * 60 - 1).map(lambda m: timezone(timedelta(minutes=m)))


def us_since_epoch(at: datetime) -> int:
    """An oracle: exact, by the standard library alone, from a plain datetime."""
    plain = datetime(
        at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, tzinfo=UTC
    )
    return (plain - EPOCH) // timedelta(microseconds=1)


class NowhereZone(tzinfo):
    """A zone that does not know its offset: Python calls such a time naive."""

    def utcoffset(self, _):
        return None

    def dst(self, _):
        return None


# --- instant --------------------------------------------------------------------------------------


def test_an_instant_is_a_pendulum_datetime_in_utc():
    at = instant(datetime(2026, 11, 11, 8, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert type(at) is pendulum.DateTime
    assert at.tzinfo is pendulum.UTC
    assert at.fold == 0
    assert (at.year, at.month, at.day, at.hour) == (2026, 11, 11, 0)


def test_an_instant_is_returned_as_it_is():
    at = instant("2026-11-11T00:00Z")
    assert instant(at) is at


@given(naive, offsets)
def test_every_spelling_of_a_moment_is_one_value(local, zone):
    expected = instant(local.replace(tzinfo=zone))
    text = local.replace(tzinfo=zone).isoformat()
    assert instant(text) == expected
    assert instant(pendulum.instance(local.replace(tzinfo=zone))) == expected
    assert hash(instant(text)) == hash(expected)
    assert us_since_epoch(expected) == us_since_epoch(local) - zone.utcoffset(None) // timedelta(
        microseconds=1
    )


@given(moments)
def test_text_goes_there_and_back(at):
    assert instant(to_text(at)) == at
    assert type(to_text(at)) is str


@given(moments)
def test_pickles_and_copies_are_the_same_instant(at):
    for other in (pickle.loads(pickle.dumps(at)), copy.copy(at), copy.deepcopy(at)):
        assert other == at and type(other) is type(at) and other.tzinfo == pendulum.UTC


@pytest.mark.parametrize("name", NAMES)
@given(at=modern)
def test_any_zone_comes_back_to_the_moment_it_was_made_from(name, at):
    plain = datetime.fromisoformat(to_text(at))
    assert instant(plain.astimezone(ZoneInfo(name))) == at
    assert instant(at.in_timezone(name)) == at


def test_the_fold_says_which_of_two():
    first = datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/London"))
    assert to_text(instant(first)) == "2026-10-25T00:30:00Z"
    assert to_text(instant(first.replace(fold=1))) == "2026-10-25T01:30:00Z"
    london = pendulum.timezone("Europe/London")
    early = pendulum.DateTime(2026, 10, 25, 1, 30, tzinfo=london)
    late = pendulum.DateTime(2026, 10, 25, 1, 30, tzinfo=london, fold=1)
    assert elapsed_us(early, late) == 3_600_000_000


def test_a_fold_of_utc_means_nothing_and_is_dropped():
    odd = pendulum.DateTime(2026, 1, 1, tzinfo=pendulum.UTC, fold=1)
    assert instant(odd).fold == 0
    assert pickle.dumps(instant(odd)) == pickle.dumps(instant("2026-01-01T00:00Z"))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2026-11-11T08:00:00+08:00", "2026-11-11T00:00:00Z"),
        ("2026-11-11t08:00+0800", "2026-11-11T00:00:00Z"),
        ("2026-11-11 08:00+08", "2026-11-11T00:00:00Z"),
        ("2026-11-10T18:30:00-05:30", "2026-11-11T00:00:00Z"),
        ("2026-11-11T00:00:00z", "2026-11-11T00:00:00Z"),
        ("2026-11-11T00:00:00-00:00", "2026-11-11T00:00:00Z"),
        ("2026-11-11T00:00:01.5Z", "2026-11-11T00:00:01.500000Z"),
        ("2026-11-11T00:00:01,000001Z", "2026-11-11T00:00:01.000001Z"),
        ("2026-11-11T00:00:01.1234560000Z", "2026-11-11T00:00:01.123456Z"),
        ("2024-02-29T23:59:59.999999Z", "2024-02-29T23:59:59.999999Z"),
        ("2026-11-11T23:59:00+23:59", "2026-11-11T00:00:00Z"),
        ("0001-01-01T00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_text_forms(text, expected):
    assert to_text(instant(text)) == expected


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "now",
        "12:00",
        "2026-11-11",
        "2026-11-11Z",
        "2026-W46-3T00:00Z",
        "2026-315T00:00Z",
        "20261111T000000Z",
        "2026-13-01T00:00Z",
        "2025-02-29T00:00Z",
        "2026-11-11T24:00Z",
        "2026-11-11T23:60Z",
        "2026-11-11T23:59:60Z",
        "2026-11-11T00:00:00.1234567Z",
        "2026-11-11T00:00+24:00",
        "2026-11-11T00:00+08:60",
        "2026-11-11T00:00+08:00[Asia/Shanghai]",
        "2026-11-11T00:00Z\n",
        " 2026-11-11T00:00Z",
        "2026-11-11T00:00.5Z",
        "２026-11-11T00:00Z",
        "2026-11-11X00:00Z",
        0,
        1762819200.0,
        None,
        b"2026-11-11T00:00Z",
        datetime(2026, 1, 1).date(),
    ],
)
def test_junk_is_refused_with_its_value(junk):
    with pytest.raises(InvalidValue) as caught:
        instant(junk)
    assert caught.value.code == "time.not_an_instant"
    assert caught.value.value is junk and caught.value.expected
    assert caught.value.path == ""


@pytest.mark.parametrize(
    "local",
    [
        datetime(2026, 11, 11, 8),
        pendulum.naive(2026, 11, 11, 8),
        datetime(2026, 11, 11, tzinfo=NowhereZone()),
        "2026-11-11T08:00",
        "2026-11-11 08:00:00.5",
    ],
)
def test_a_naive_time_is_no_instant(local):
    for ask in (
        instant,
        to_text,
        shift,
        lambda at: elapsed_us(at, EPOCH),
        lambda at: elapsed_us(EPOCH, at),
    ):
        with pytest.raises(NaiveInstant) as caught:
            ask(local)
        assert caught.value.code == "time.naive"
        assert caught.value.value is local


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00+00:01", "9999-12-31T23:59:59-00:01", "0001-01-01T05:00+08:00"]
)
def test_a_moment_outside_the_years_is_refused(text):
    for spelling in (text, datetime.fromisoformat(text)):
        with pytest.raises(InvalidValue) as caught:
            instant(spelling)
        assert caught.value.code == "time.out_of_range"
        assert "1" in str(caught.value.value)


def test_at_offset_keeps_microseconds():
    at = at_offset(datetime(2026, 1, 1, 1, 2, 3, 4), timedelta(hours=-1, seconds=30))
    assert to_text(at) == "2026-01-01T02:01:33.000004Z"


# --- shift and elapsed_us -------------------------------------------------------------------------


@given(moments, st.integers(-(10**17), 10**17))
def test_shift_and_elapsed_are_inverse(at, us):
    if not -62135596800 * 10**6 <= us_since_epoch(at) + us < 253402300800 * 10**6:
        with pytest.raises(InvalidValue) as caught:
            shift(at, microseconds=us)
        assert (caught.value.code, caught.value.value) == ("time.out_of_range", us)
        return
    later = shift(at, microseconds=us)
    assert type(later) is pendulum.DateTime and later.tzinfo is pendulum.UTC
    assert elapsed_us(at, later) == us == -elapsed_us(later, at)
    assert us_since_epoch(later) == us_since_epoch(at) + us
    assert (later > at) == (us > 0)


@given(moments, *[st.integers(-500, 500)] * 5)
def test_shift_adds_its_parts(at, days, hours, minutes, seconds, microseconds):
    at = max(instant("0010-01-01T00:00Z"), min(at, instant("9990-01-01T00:00Z")))
    by = shift(
        at, days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds
    )
    seconds_in_all = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    assert elapsed_us(at, by) == seconds_in_all * 1_000_000 + microseconds


def test_shift_takes_any_zone_and_counts_real_time():
    before = datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/London"))
    assert to_text(shift(before, days=1)) == "2026-03-29T12:00:00Z"
    summer = pendulum.datetime(2026, 3, 29, 12, tz="Europe/London")
    assert to_text(shift(summer, days=1)) == "2026-03-30T11:00:00Z"
    assert elapsed_us(before, summer) == 23 * 3_600_000_000


def test_shift_by_nothing_is_the_moment_itself():
    assert shift(instant("2026-01-01T00:00Z")) == instant("2026-01-01T00:00Z")


@pytest.mark.parametrize("name", ["days", "hours", "minutes", "seconds", "microseconds"])
@pytest.mark.parametrize("count", [0.5, 1.0, "1", None, True])
def test_counts_are_integers(name, count):
    for call in (lambda **part: shift(EPOCH, **part), Duration.of):
        with pytest.raises(InvalidValue) as caught:
            call(**{name: count})
        assert (caught.value.code, caught.value.path) == ("time.not_a_count", name)
        assert caught.value.value is count


@pytest.mark.parametrize("days", [10**7, -(10**7), 10**12])
def test_a_shift_out_of_the_calendar_is_refused(days):
    with pytest.raises(InvalidValue) as caught:
        shift(EPOCH, days=days)
    assert (caught.value.code, caught.value.path) == ("time.out_of_range", "")
    assert caught.value.value == days * 86_400_000_000 and caught.value.expected


# --- Duration -------------------------------------------------------------------------------------

durations = st.integers(-(10**15), 10**15).map(Duration)


@given(durations, durations, st.integers(-1000, 1000))
def test_durations_are_integers_with_a_unit(a, b, times):
    assert (a + b).microseconds == a.microseconds + b.microseconds
    assert (a - b).microseconds == a.microseconds - b.microseconds
    assert (a * times).microseconds == (times * a).microseconds == a.microseconds * times
    assert -a == Duration(0) - a
    assert abs(a).microseconds == abs(a.microseconds)
    assert (a < b) == (a.microseconds < b.microseconds)
    assert bool(a) == (a.microseconds != 0)
    assert hash(a) == hash(Duration(a.microseconds))
    assert pickle.loads(pickle.dumps(a)) == a


@given(durations)
def test_whole_units_round_toward_zero(a):
    for whole, unit in [
        (a.whole_hours, 3_600_000_000),
        (a.whole_minutes, 60_000_000),
        (a.whole_seconds, 1_000_000),
    ]:
        assert whole == int(timedelta(microseconds=a.microseconds) / timedelta(microseconds=unit))


@given(moments, moments)
def test_between_is_elapsed(a, b):
    assert Duration.between(a, b).microseconds == elapsed_us(a, b)


def test_whole_units_by_hand():
    for sign in (1, -1):
        length = Duration.of(minutes=90, microseconds=1) * sign
        units = (length.whole_hours, length.whole_minutes, length.whole_seconds)
        assert units == (sign, 90 * sign, 5400 * sign)


def test_parts_of_a_duration():
    whole = Duration.of(days=1, hours=2, minutes=3, seconds=4, microseconds=5)
    assert whole.microseconds == 93_784_000_005


@pytest.mark.parametrize(
    "us, text",
    [
        (0, "PT0S"),
        (1, "PT0.000001S"),
        (1_500_000, "PT1.5S"),
        (60_000_000, "PT1M"),
        (3_600_000_000, "PT1H"),
        (3_601_000_000, "PT1H1S"),
        (90_061_000_010, "PT25H1M1.00001S"),
        (-27_000_000_000, "-PT7H30M"),
        (10_000_000, "PT10S"),
    ],
)
def test_duration_text(us, text):
    assert str(Duration(us)) == text


@pytest.mark.parametrize("us", [1.0, "1", None, True])
def test_a_duration_is_no_float(us):
    with pytest.raises(InvalidValue) as caught:
        Duration(us)
    assert (caught.value.code, caught.value.path) == ("time.not_a_count", "microseconds")
    assert caught.value.value is us and caught.value.expected


@pytest.mark.parametrize("other", [1, 1.5, timedelta(1), "PT1S"])
def test_durations_add_only_to_durations(other):
    one = Duration(1)
    for operation in (lambda: one + other, lambda: one - other, lambda: other + one):
        with pytest.raises(TypeError):
            operation()
    assert one != other


@pytest.mark.parametrize("times", [1.5, "2", True, Duration(2)])
def test_durations_multiply_by_integers(times):
    with pytest.raises(TypeError):
        Duration(1) * times
