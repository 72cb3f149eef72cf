"""Zones: the wall clock and the moment, over gaps, folds and skipped days."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import typing
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import attrs
import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel.errors import InvalidValue, NaiveInstant
from ordercore.kernel.instants import Duration, elapsed_us, instant, shift, to_text
from ordercore.kernel.zone import LocalTime, OnFold, OnGap, Zone

NAMES = [
    "UTC",
    "Asia/Shanghai",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Africa/Monrovia",
]
zones = st.sampled_from(NAMES).map(Zone.load)
# Times near the changes of these zones, and anywhere else.
CHANGES = [
    "2026-03-29T01:00Z",
    "2026-10-25T01:00Z",
    "2026-03-08T07:00Z",
    "2026-11-01T06:00Z",
    "2026-04-04T15:00Z",
    "2026-10-03T15:30Z",
    "2011-12-30T10:00Z",
    "2018-11-04T03:00Z",
    "2018-02-18T02:00Z",
    "2006-04-02T03:31Z",
    "2006-10-29T02:31Z",
    "1972-01-07T00:44:30Z",
]
near = st.tuples(st.sampled_from(CHANGES), st.integers(-100_000, 100_000)).map(
    lambda drawn: shift(instant(drawn[0]), seconds=drawn[1])
)
anywhere = st.datetimes(datetime(1880, 1, 1), datetime(2150, 1, 1)).map(
    lambda at: instant(at.replace(tzinfo=UTC))
)
moments = near | anywhere
walls = moments.map(lambda at: datetime.fromisoformat(to_text(at)).replace(tzinfo=None))


def shown(zone, at):
    """The oracle: the standard library's own conversion."""
    return datetime.fromisoformat(to_text(at)).astimezone(ZoneInfo(zone.name))


# --- Zone -----------------------------------------------------------------------------------------


def test_a_zone_is_a_value_by_its_name():
    london = Zone.load("Europe/London")
    assert london == Zone.load("Europe/London") == Zone("Europe/London")
    assert hash(london) == hash(Zone("Europe/London"))
    assert london != Zone.load("Asia/Shanghai")
    assert (str(london), repr(london), london.name) == (
        "Europe/London",
        "Zone(name='Europe/London')",
        "Europe/London",
    )
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        london.name = "UTC"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_zone_pickles_as_its_name_and_copies_as_itself(protocol):
    zone = Zone.load("Asia/Shanghai")
    again = pickle.loads(pickle.dumps(zone, protocol))
    assert again == zone
    assert again.local("2026-01-01T00:00Z") == zone.local("2026-01-01T00:00Z")
    assert copy.copy(zone) is zone
    assert copy.deepcopy([zone])[0] is zone


def test_the_name_is_a_plain_text():
    class Name(str):
        __slots__ = ()

    assert type(Zone.load(Name("UTC")).name) is str


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Olympus",
        "Europe",
        "localtime",
        "posixrules",
        "right/UTC",
        "posix/UTC",
        "../../etc/passwd",
        "/etc/localtime",
        "Europe/../UTC",
        "leapseconds",
        "tzdata.zi",
        "UTC\n",
        "UTC\0",
        "x" * 65,
        "8",
        "Ünited",
        None,
        8,
        b"UTC",
    ],
)
def test_an_unknown_zone_is_refused(name):
    for make in (Zone.load, Zone):
        with pytest.raises(InvalidValue) as caught:
            make(name)
        assert (caught.value.code, caught.value.path) == ("zone.unknown", "name")
        assert caught.value.value is name and caught.value.expected


@pytest.mark.parametrize("name", ["Etc/GMT+5", "America/Argentina/Buenos_Aires", "EST5EDT", "UTC"])
def test_odd_names_are_names(name):
    assert Zone.load(name).name == name


def test_annotations_resolve_for_the_codec():
    assert typing.get_type_hints(LocalTime)["date"] is date
    assert typing.get_type_hints(Zone)["name"] is str
    assert [field.name for field in attrs.fields(Zone) if field.init] == ["name"]


def test_only_load_reads_files():
    code = """
import sys, pickle, copy, datetime as dt
from ordercore.kernel.zone import Zone, OnGap, OnFold
from ordercore.kernel.instants import instant
opened = []
def hook(event, args):
    if event == "open" and watching:
        frame = sys._getframe(1)
        while frame.f_globals.get("__name__", "").split(".")[0] in ("importlib", "zoneinfo", "tzdata", "_frozen_importlib", "_frozen_importlib_external"):
            frame = frame.f_back
        opened.append((frame.f_code.co_name, str(args[0])))
watching = False
sys.addaudithook(hook)
watching = True
zone = Zone.load("America/New_York")
assert {name for name, _ in opened} <= {"load"}, opened
assert opened
seen = len(opened)
for month in range(1, 13):
    at = zone.instant(dt.datetime(2026, month, 8, 2, 30), on_gap=OnGap.NEXT_VALID, on_fold=OnFold.LATER)
    assert zone.local(at).instant == at
zone.local("2150-07-01T00:00Z"), copy.deepcopy(zone), zone == zone
assert len(opened) == seen, opened
pickle.loads(pickle.dumps(zone)); Zone("Asia/Tokyo")
assert {name for name, _ in opened} == {"load"}, opened
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# --- local ----------------------------------------------------------------------------------------


@given(zones, moments)
def test_local_shows_what_the_clocks_show_and_comes_back(zone, at):
    local = zone.local(at)
    expected = shown(zone, at)
    assert local.wall == expected.replace(tzinfo=None)
    assert local.fold == expected.fold
    assert local.offset == Duration(expected.utcoffset() // timedelta(microseconds=1))
    assert local.instant == at
    assert (local.date, local.time) == (expected.date(), expected.time())
    assert local.time.fold == 0
    assert type(local.date) is date
    assert pickle.loads(pickle.dumps(local)) == local
    assert LocalTime(local.date, local.time, zone=zone, fold=local.fold) == local


def test_local_takes_any_spelling_of_a_moment_and_no_naive_time():
    zone = Zone.load("Asia/Shanghai")
    assert zone.local("2026-01-01T00:00Z") == zone.local(
        pendulum.datetime(2025, 12, 31, 19, tz="America/New_York")
    )
    with pytest.raises(NaiveInstant):
        zone.local(datetime(2026, 1, 1))


@pytest.mark.parametrize(
    "name, text",
    [("Asia/Shanghai", "9999-12-31T20:00Z"), ("America/New_York", "0001-01-01T01:00Z")],
)
def test_local_at_the_ends_of_the_calendar(name, text):
    with pytest.raises(InvalidValue) as caught:
        Zone.load(name).local(text)
    assert caught.value.code == "time.out_of_range"
    assert caught.value.value == instant(text) and caught.value.expected
    assert caught.value.path == ""


# --- instant --------------------------------------------------------------------------------------


@given(zones, walls)
def test_instant_finds_every_moment_that_shows_the_time(zone, wall):
    """Checked by search: which of the candidate moments does the standard library show as this?"""
    candidates = sorted(
        {
            instant((wall - offset).replace(tzinfo=UTC))
            for probe in (-25, 0, 25)
            for offset in [
                (wall + timedelta(hours=probe)).replace(tzinfo=ZoneInfo(zone.name)).utcoffset()
            ]
        }
    )
    showing = [at for at in candidates if shown(zone, at).replace(tzinfo=None) == wall]
    both = {"on_gap": OnGap.REFUSE, "on_fold": OnFold.REFUSE}
    if len(showing) == 1:
        assert zone.instant(wall) == zone.instant(wall, **both) == showing[0]
        for gap in OnGap:
            for fold in OnFold:
                assert zone.instant(wall, on_gap=gap, on_fold=fold) == showing[0]
    elif len(showing) == 2:
        with pytest.raises(InvalidValue) as caught:
            zone.instant(wall, on_gap=OnGap.LATER)
        assert (caught.value.code, caught.value.path) == ("zone.fold", "local")
        assert zone.instant(wall, on_fold=OnFold.EARLIER) == showing[0]
        assert zone.instant(wall, on_fold=OnFold.LATER) == showing[1]
    else:
        with pytest.raises(InvalidValue) as caught:
            zone.instant(wall, on_fold=OnFold.LATER)
        assert (caught.value.code, caught.value.path) == ("zone.gap", "local")
        earlier, change, later = (
            zone.instant(wall, on_gap=choice)
            for choice in (OnGap.EARLIER, OnGap.NEXT_VALID, OnGap.LATER)
        )
        assert earlier < change <= later
        assert zone.local(earlier).wall < wall < zone.local(later).wall
        # The change is the first moment at which the clocks are past the time.
        assert zone.local(change).wall > wall
        assert zone.local(shift(change, microseconds=-1)).wall < wall
    assert zone.instant(wall.replace(fold=1), on_gap=OnGap.LATER, on_fold=OnFold.EARLIER) == (
        zone.instant(wall, on_gap=OnGap.LATER, on_fold=OnFold.EARLIER)
    )


@given(zones, walls, walls)
def test_next_valid_and_earlier_never_turn_two_times_round(zone, a, b):
    """The law that business calendars stand on."""

    def moment(wall):
        return zone.instant(wall, on_gap=OnGap.NEXT_VALID, on_fold=OnFold.EARLIER)

    if a <= b:
        assert moment(a) <= moment(b)


@pytest.mark.parametrize(
    "name, wall, earlier, change, later",
    [
        ("Europe/London", "2026-03-29T01:30", "00:30:00", "01:00:00", "01:30:00"),
        ("Europe/London", "2026-03-29T01:00", "00:00:00", "01:00:00", "01:00:00"),
        ("Europe/London", "2026-03-29T01:59:59.999999", "00:59:59.999999", "01:00:00", "01:59:59.999999"),
        ("America/New_York", "2026-03-08T02:15", "06:15:00", "07:00:00", "07:15:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:10", "15:10:00", "15:30:00", "15:40:00"),
        ("America/Sao_Paulo", "2018-11-04T00:00", "02:00:00", "03:00:00", "03:00:00"),
        ("Pacific/Apia", "2011-12-30T12:00", "22:00:00", "10:00:00", "22:00:00"),
        ("Africa/Monrovia", "1972-01-07T00:10", "00:10:00", "00:44:30", "00:54:30"),
    ],
)  # fmt: skip
def test_gaps_by_hand(name, wall, earlier, change, later):
    zone, local = Zone.load(name), datetime.fromisoformat(wall)
    found = [
        zone.instant(local, on_gap=choice).time().isoformat()
        for choice in (OnGap.EARLIER, OnGap.NEXT_VALID, OnGap.LATER)
    ]
    assert found == [earlier, change, later]


@pytest.mark.parametrize(
    "wall, code, policy",
    [
        ("2026-10-25T01:30", "zone.fold", {}),
        ("2026-10-25T01:30", "zone.fold", {"on_gap": OnGap.LATER}),
        ("2026-10-25T01:00", "zone.fold", {}),
        ("2026-03-29T01:30", "zone.gap", {}),
        ("2026-03-29T01:00", "zone.gap", {"on_fold": OnFold.LATER}),
    ],
)
def test_what_is_not_said_is_refused(wall, code, policy):
    local = datetime.fromisoformat(wall)
    with pytest.raises(InvalidValue) as caught:
        Zone.load("Europe/London").instant(local, **policy)
    assert (caught.value.code, caught.value.path) == (code, "local")
    assert caught.value.value == local


@pytest.mark.parametrize("wall", ["2026-10-25T02:00", "2026-10-25T00:59", "2026-03-29T02:00"])
def test_times_beside_a_change_are_plain(wall):
    london, local = Zone.load("Europe/London"), datetime.fromisoformat(wall)
    assert london.wall(london.instant(local)) == local


def test_the_fold_of_a_local_time_is_not_looked_at():
    london, second = Zone.load("Europe/London"), datetime(2026, 10, 25, 1, 30, fold=1)
    assert to_text(london.instant(second, on_fold=OnFold.EARLIER)) == "2026-10-25T00:30:00Z"
    assert to_text(london.instant(second, on_fold=OnFold.LATER)) == "2026-10-25T01:30:00Z"
    assert london.offsets(second) == (timedelta(hours=1), timedelta(0))


def test_samoa_skipped_a_day():
    apia = Zone.load("Pacific/Apia")
    noon = datetime(2011, 12, 30, 12)
    days = [
        apia.local(apia.instant(noon, on_gap=choice)).wall.isoformat()
        for choice in (OnGap.EARLIER, OnGap.NEXT_VALID, OnGap.LATER)
    ]
    assert days == ["2011-12-29T12:00:00", "2011-12-31T00:00:00", "2011-12-31T12:00:00"]


def test_lord_howe_repeats_half_an_hour():
    zone = Zone.load("Australia/Lord_Howe")
    wall = datetime(2026, 4, 5, 1, 45)
    early = zone.instant(wall, on_fold=OnFold.EARLIER)
    late = zone.instant(wall, on_fold=OnFold.LATER)
    assert elapsed_us(early, late) == 30 * 60 * 1_000_000


@pytest.mark.parametrize(
    "local", [datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1), "2026-01-01T00:00", None]
)
def test_instant_takes_only_local_times(local):
    with pytest.raises(InvalidValue) as caught:
        Zone.load("UTC").instant(local)
    assert (caught.value.code, caught.value.path) == ("zone.not_local", "local")
    assert caught.value.value is local


def test_a_naive_pendulum_time_is_a_local_time():
    zone = Zone.load("Asia/Shanghai")
    assert zone.instant(pendulum.naive(2026, 11, 11, 8)) == instant("2026-11-11T00:00Z")


@pytest.mark.parametrize(
    "name, wall",
    [("Asia/Shanghai", datetime(1, 1, 1, 5)), ("America/New_York", datetime(9999, 12, 31, 20))],
)
def test_instant_at_the_ends_of_the_calendar(name, wall):
    with pytest.raises(InvalidValue) as caught:
        Zone.load(name).instant(wall)
    assert caught.value.code == "time.out_of_range"


# --- LocalTime ------------------------------------------------------------------------------------

LONDON = Zone.load("Europe/London")


def test_local_times_differ_by_their_pass():
    first = LocalTime(date(2026, 10, 25), time(1, 30), zone=LONDON)
    second = LocalTime(date(2026, 10, 25), time(1, 30), zone=LONDON, fold=1)
    assert first != second
    assert (str(first), str(second)) == (
        "2026-10-25T01:30:00+01:00[Europe/London]",
        "2026-10-25T01:30:00+00:00[Europe/London]",
    )
    assert elapsed_us(first.instant, second.instant) == 3_600_000_000
    assert (first.offset, second.offset) == (Duration.of(hours=1), Duration(0))


def test_text_of_offsets_west_and_of_half_hours():
    assert str(Zone.load("America/St_Johns").local("2026-01-01T00:00Z")) == (
        "2025-12-31T20:30:00-03:30[America/St_Johns]"
    )


@pytest.mark.parametrize(
    "day, at, fold, code, path",
    [
        (date(2026, 3, 29), time(1, 30), 0, "zone.gap", "time"),
        (date(2026, 3, 29), time(1, 30), 1, "zone.gap", "time"),
        (date(2026, 3, 29), time(2, 30), 1, "zone.not_repeated", "fold"),
        (datetime(2026, 3, 29), time(2, 30), 0, "zone.not_local", "date"),
        ("2026-03-29", time(2, 30), 0, "zone.not_local", "date"),
        (date(2026, 3, 29), "02:30", 0, "zone.not_local", "time"),
        (date(2026, 3, 29), time(2, 30, tzinfo=UTC), 0, "zone.not_local", "time"),
        (date(2026, 3, 29), time(2, 30, fold=1), 0, "zone.not_local", "time"),
        (date(2026, 10, 25), time(1, 30), 2, "zone.not_local", "fold"),
        (date(2026, 10, 25), time(1, 30), True, "zone.not_local", "fold"),
    ],
)
def test_a_local_time_that_never_was_is_refused(day, at, fold, code, path):
    with pytest.raises(InvalidValue) as caught:
        LocalTime(day, at, zone=LONDON, fold=fold)
    assert (caught.value.code, caught.value.path) == (code, path)
    assert caught.value.value is not None and caught.value.expected
