"""Which scalars a place may hold, what bare text means there, and when a kind must be named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from typing import Any, Literal, Optional, TypeVar, Union

import pytest
from tests.kernel.told import told

from ordercore.kernel import (
    FrozenMap,
    Instant,
    NodeId,
    Sku,
    instant,
    open_kinds,
    read_exactly,
)
from ordercore.kernel.scalars import (
    Shape,
    kind_to_name,
    merged_containers,
    read_scalar,
    scalar_name,
    shape_of,
    union_options,
)

T = TypeVar("T")
NOON = instant("2026-11-11T12:00:00Z")
NOON_TEXT = "2026-11-11T12:00:00Z"
ANY = (str, int, bool, Instant, dt.date, dt.time, Decimal, Fraction, object)


class Colour(Enum):
    RED = "red"
    TWO = 2
    YES = True


class Size(StrEnum):
    BIG = "big"


class Level(IntEnum):
    HIGH = 3


class Own(Sku):
    pass


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (str, "text"),
        (int, "integer"),
        (bool, "boolean"),
        (Instant, "instant"),
        (dt.date, "date"),
        (dt.time, "time"),
        (Decimal, "decimal"),
        (Fraction, "fraction"),
        (Sku, None),
        (list, None),
        (object, None),
    ],
)
def test_a_scalar_that_is_no_class_of_a_package_has_a_short_name(kind, name):
    assert scalar_name(kind) == name


@pytest.mark.parametrize(
    ("annotation", "kinds"),
    [
        (str, ()),
        (int, ()),
        (Sku, ()),
        (Instant, ()),
        (None, ()),
        (list[int], ()),
        (FrozenMap[str, int], ()),
        (str | None, ()),
        (str | int | None, ()),
        (str | bool, ()),
        (Instant | None, ()),
        (int | bool, ()),
        (Literal["a", "b"], ()),
        (Literal["a", None], ()),
        (Literal["a", 1], ()),
        # Two that are written as text, or two as numbers.
        (str | Instant, (Instant, str)),
        (Instant | str, (Instant, str)),
        (str | int | Instant, (Instant, str, int)),
        (str | dt.date, (str, dt.date)),
        (dt.date | dt.time, (dt.date, dt.time)),
        (Decimal | Fraction | int, (Decimal, Fraction, int)),
        (Sku | NodeId, (Sku, NodeId)),
        (Sku | str, (Sku, str)),
        (Sku | Instant, (Sku, Instant)),
        (int | Level, (int, Level)),
        (Level | bool, ()),
        (int | Colour, (int, Colour)),
        (str | Colour, (str, Colour)),
        (Size | str | None, (Size, str)),
        (Literal["2026-11-11"] | dt.date, (str, dt.date)),
        (Literal[1] | Level, (int, Level)),
        (Optional[Union[str, Instant]], (Instant, str)),  # noqa: UP007, UP045
        # Anything at all.
        (object, ANY),
        (T, ANY),
        (int | T, ANY),
    ],
)
def test_a_place_is_open_where_bare_text_or_numbers_could_be_several_things(annotation, kinds):
    assert open_kinds(annotation) == kinds


def test_the_options_of_a_union_whichever_way_it_was_written():
    assert union_options(str | None) == (str, type(None))
    assert union_options(Union[str, int]) == (str, int)  # noqa: UP007
    assert union_options(tuple[int, ...]) == (tuple[int, ...],)
    assert union_options(5) == (5,)


OPEN = Shape((Instant, str))


@pytest.mark.parametrize(
    ("annotation", "shape"),
    [
        (str, None),
        (str | None, None),
        (tuple[str, ...], None),
        (tuple[int, str], None),
        (frozenset[str], None),
        (FrozenMap[str, int], None),
        (Mapping[str, tuple[int, ...]], None),
        (str | Instant, OPEN),
        (tuple[str | Instant, ...], Shape(items=OPEN)),
        (frozenset[str | Instant], Shape(items=OPEN)),
        (set[str | Instant] | None, Shape(items=OPEN)),
        (tuple[int, str | Instant], Shape(items=(None, OPEN))),
        (tuple[str | Instant], Shape(items=(OPEN,))),
        (tuple[tuple[str | Instant, ...], ...], Shape(items=Shape(items=OPEN))),
        (FrozenMap[str | Instant, int], Shape(keys=OPEN)),
        (FrozenMap[str, str | Instant], Shape(values=OPEN)),
        (dict[str, tuple[str | Instant, ...]], Shape(values=Shape(items=OPEN))),
        (str | Instant | tuple[str | Instant, ...], Shape(OPEN.kinds, OPEN)),
        (tuple[str, ...] | FrozenMap[str, str | Instant], Shape(values=OPEN)),
        (tuple[str | Instant, ...] | FrozenMap[str, int], Shape(items=OPEN)),
        # Lists that look alike are read as one of either.
        (tuple[str, ...] | tuple[Instant, ...], Shape(items=Shape((Instant, str)))),
        (FrozenMap[str, str] | FrozenMap[str, Instant], Shape(values=Shape((Instant, str)))),
        (FrozenMap[Sku, int] | FrozenMap[NodeId, int], Shape(keys=Shape((Sku, NodeId)))),
    ],
)
def test_the_shape_of_a_field_says_where_in_it_something_is_open(annotation, shape):
    assert shape_of(annotation) == shape


def test_containers_that_look_alike_are_one():
    assert merged_containers((str, None)) == ()
    assert merged_containers((tuple[int, ...], str)) == (tuple[int, ...],)
    assert merged_containers((tuple[int, str],)) == (tuple[int, str],)
    assert merged_containers((FrozenMap[str, int], frozenset[str])) == (
        frozenset[str],
        FrozenMap[str, int],
    )
    assert merged_containers((tuple[int, ...], tuple[str, ...])) == (tuple[int | str, ...],)
    assert merged_containers((frozenset[int], frozenset[str])) == (frozenset[int | str],)
    assert merged_containers((dict[str, int], dict[Sku, Decimal])) == (
        dict[str | Sku, int | Decimal],
    )


@pytest.mark.parametrize(
    "alike",
    [
        (tuple[int, ...], frozenset[int]),
        (tuple[int, str], tuple[int, ...]),
        (tuple[int, ...], tuple[int, str]),
        (dict[str, int], FrozenMap[str, int]),
        (set[str], frozenset[str]),
    ],
)
def test_containers_that_cannot_be_told_apart_are_refused(alike):
    assert told(lambda: merged_containers(alike)) == ("codec.ambiguous", "", alike)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (NOON_TEXT, Instant, NOON),
        ("2026-11-11", dt.date, dt.date(2026, 11, 11)),
        ("08:30:00", dt.time, dt.time(8, 30)),
        ("1.50", Decimal, Decimal("1.50")),
        ("-1/5", Fraction, Fraction(-1, 5)),
        ("10/2", Fraction, Fraction(5)),
    ],
)
def test_what_a_text_says(text, kind, value):
    read = read_scalar(text, kind)
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1", Fraction),
        ("1/", Fraction),
        ("/2", Fraction),
        ("1/-2", Fraction),
        ("--1/2", Fraction),
        ("1/0", Fraction),
        ("1.5/2", Fraction),
        ("NaN", Decimal),
        ("Infinity", Decimal),
        ("x", Decimal),
        ("11.11.2026", dt.date),
        ("noon", dt.time),
    ],
)
def test_what_says_nothing_is_refused(text, kind):
    with pytest.raises((ValueError, ArithmeticError)):
        read_scalar(text, kind)
    assert read_exactly(text, kind) is None


@pytest.mark.parametrize(
    ("coded", "kind", "value"),
    [
        ("x", str, "x"),
        (5, int, 5),
        (True, bool, True),
        (NOON_TEXT, Instant, NOON),
        ("2026-11-11", dt.date, dt.date(2026, 11, 11)),
        ("08:30:00", dt.time, dt.time(8, 30)),
        ("1.50", Decimal, Decimal("1.50")),
        ("1/5", Fraction, Fraction(1, 5)),
        ("red", Colour, Colour.RED),
        (2, Colour, Colour.TWO),
        (True, Colour, Colour.YES),
        ("big", Size, Size.BIG),
        (3, Level, Level.HIGH),
        ("TEA", Sku, Sku("TEA")),
    ],
)
def test_what_is_written_just_so_is_read(coded, kind, value):
    read = read_exactly(coded, kind)
    assert read == (value,)
    assert type(read[0]) is type(value)


@pytest.mark.parametrize(
    ("coded", "kind"),
    [
        # Said in another way than it is written.
        ("2026-11-11T20:00:00+08:00", Instant),
        ("20261111", dt.date),
        ("8:30", dt.time),
        ("08:30", dt.time),
        (" 1.5", Decimal),
        ("2/10", Fraction),
        ("5/1 ", Fraction),
        # Another kind.
        (5, str),
        ("5", int),
        (1, bool),
        (True, int),
        (1.5, Decimal),
        (5, dt.date),
        (5, Sku),
        ("", Sku),
        ("blue", Colour),
        (1, Colour),
        (2.0, Colour),
        (True, Level),
        ("3", Level),
        (None, str),
        ([], list),
        ("x", list),
    ],
)
def test_what_is_not_written_just_so_is_not_read(coded, kind):
    if kind is list and coded == []:
        assert read_exactly(coded, kind) == ([],)
    else:
        assert read_exactly(coded, kind) is None


@pytest.mark.parametrize(
    ("value", "coded", "kinds", "named"),
    [
        ("tea", "tea", (Instant, str), None),
        (NOON_TEXT, NOON_TEXT, (Instant, str), str),
        (NOON, NOON_TEXT, (Instant, str), None),
        # Of no use to be named: the first of the kinds reads it.
        (NOON, NOON_TEXT, (str, Instant), Instant),
        (Sku("a"), "a", (Sku, NodeId, str), None),
        (NodeId("a"), "a", (Sku, NodeId, str), NodeId),
        ("a", "a", (Sku, NodeId, str), str),
        (Own("a"), "a", (Sku, str), None),
        (Own("a"), "a", (str, Sku), None),
        (Colour.RED, "red", (Colour, str, int), None),
        ("red", "red", (Colour, str, int), str),
        ("blue", "blue", (Colour, str, int), None),
        (2, 2, (Colour, str, int), int),
        (5, 5, (Colour, str, int), None),
        # A truth value says what it is.
        (True, True, (Colour, bool), None),
        # Of none of the kinds: left to whoever reads.
        (5, 5, (Instant, str), None),
        # Anything: a kind is named where plain text would be read as text.
        ("x", "x", ANY, None),
        (NOON, NOON_TEXT, ANY, Instant),
        (NOON_TEXT, NOON_TEXT, ANY, None),
        (Decimal("1.5"), "1.5", ANY, Decimal),
        (Colour.RED, "red", ANY, Colour),
        # What equals a number comes back as that number.
        (Level.HIGH, 3, ANY, None),
        (7, 7, ANY, None),
    ],
)
def test_a_kind_is_named_where_something_else_would_come_back(value, coded, kinds, named):
    found = kind_to_name(value, coded, kinds)
    assert found is named


def test_a_moment_of_another_class_is_an_instant():
    local: Any = dt.datetime(2026, 11, 11, 12, tzinfo=dt.UTC)
    assert kind_to_name(local, NOON_TEXT, (Instant, str)) is None
    assert kind_to_name(local, NOON_TEXT, (str, Instant)) is Instant
