"""One value, one text, one digest, in every process."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from hashlib import blake2b
from typing import NamedTuple

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import (
    FrozenMap,
    Instant,
    InvalidValue,
    Money,
    OrderId,
    Rounding,
    canonical_json,
    digest,
    encode,
    instant,
    keyed_digest,
    names_kinds,
    partition,
    type_name,
)


@attrs.frozen
class Point:
    x: int
    _y: int = 0
    cached: int = attrs.field(init=False, default=7, eq=False)


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Pair(NamedTuple):
    a: int
    b: Money


SECRET = b"0123456789abcdef"


def test_names_of_types_do_not_follow_the_module_they_lie_in():
    assert type_name(Money) == "kernel.Money"
    assert type_name(Point).endswith("test_encoding.Point")
    assert type_name(int) == "builtins.int"
    for module, name in (
        ("ordercore", "ordercore.X"),
        ("ordercore.kernel", "kernel.X"),
        ("ordercore.kernel.money", "kernel.X"),
        ("ordercored.kernel", "ordercored.kernel.X"),
        ("other.ordercore", "other.ordercore.X"),
    ):
        assert type_name(type("X", (), {"__module__": module})) == name


@pytest.mark.parametrize(
    ("value", "coded"),
    [
        (None, None),
        (True, True),
        (3, 3),
        ("é", "é"),
        (OrderId("o"), "o"),
        (Rounding.HALF_UP, Rounding.HALF_UP.value),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        ((1, (2,)), [1, [2]]),
        ([1], [1]),
        (Pair(1, Money(2, "EUR")), [1, {"$": "kernel.Money", "minor": 2, "currency": "EUR"}]),
        (frozenset({3, 1}), [1, 3]),
        ({2, 1}, [1, 2]),
        (Decimal("1.50"), "1.50"),
        (Fraction(3, 6), "1/2"),
        (Fraction(2), "2/1"),
        (instant("2026-11-11T08:00:00+08:00"), "2026-11-11T00:00:00Z"),
        (dt.date(2026, 11, 11), "2026-11-11"),
        (dt.time(8, 30), "08:30:00"),
        (FrozenMap({"b": 1, "a": (2,)}), {"a": [2], "b": 1}),
        ({1: "x", 0: "y"}, {"$map": [[0, "y"], [1, "x"]]}),
        ({"$": 1}, {"$map": [["$", 1]]}),
        ({}, {}),
    ],
    # Without backslashes, so that pytest finds a case by its id again.
    ids=lambda value: ascii(value).replace("\\", "/"),
)
def test_each_kind_of_value_has_its_form(value, coded):
    assert encode(value) == coded
    json.dumps(encode(value))


def test_a_value_is_tagged_and_shows_what_its_constructor_takes():
    coded = encode(Point(1, 2))
    assert coded == {"$": type_name(Point), "x": 1, "y": 2}


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (1.5, ""),
        (b"x", ""),
        (object(), ""),
        (Point(1.5), "x"),
        ((1, {"a": [0.5]}), "[1][a][0]"),
        (dt.timedelta(1), ""),
        (Pair(1, 0.5), "[1]"),
    ],
)
def test_what_is_no_exact_value_is_refused_with_its_path(value, path):
    with pytest.raises(InvalidValue) as caught:
        encode(value)
    assert caught.value.code == "encoding.unsupported"
    assert caught.value.path == path


def test_an_integer_that_python_does_not_write_has_no_canonical_text():
    with pytest.raises(InvalidValue, match="encoding.unsupported"):
        canonical_json(10**5000)


def test_a_decimal_that_is_no_number_has_no_encoding():
    for text in ("NaN", "Infinity"):
        with pytest.raises(InvalidValue, match="encoding.unsupported"):
            encode(Decimal(text))


def test_a_naive_time_has_no_encoding():
    with pytest.raises(InvalidValue, match="time.naive"):
        encode(dt.datetime(2026, 11, 11))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_the_canonical_text_is_json_and_says_the_value(value):
    text = canonical_json(value)
    assert json.loads(text.decode("utf-8", "surrogatepass")) == encode(value)
    assert digest(value) == blake2b(text, digest_size=32).hexdigest()


@given(st.dictionaries(st.text(), st.integers()), st.randoms())
def test_the_order_of_a_mapping_is_not_in_its_digest(data, random):
    pairs = list(data.items())
    random.shuffle(pairs)
    assert digest(dict(pairs)) == digest(data)


@given(st.integers(), st.integers())
def test_different_values_differ_in_their_digest(one, other):
    assert (digest(Point(one)) == digest(Point(other))) == (one == other)


def test_the_text_has_no_blanks_and_keeps_letters():
    assert canonical_json({"é": [1, 2]}) == '{"é":[1,2]}'.encode()


@attrs.frozen
class Late:
    """Its fields are not in the order of their names."""

    z: int
    a: int


def test_a_set_is_written_in_one_order_whatever_is_in_it():
    assert encode(frozenset({"é", "z", "a"})) == ["a", "z", "é"]
    coded = encode(frozenset({Late(1, 3), Late(2, 2), Late(3, 1)}))
    assert [each["a"] for each in coded] == [1, 2, 3]
    keys = {"é": 1, "$": 2, "z": 3}
    assert encode(keys) == {"$map": [["$", 2], ["z", 3], ["é", 1]]}
    assert encode({1: "x", "1": "z"}) == {"$map": [["1", "z"], [1, "x"]]}


def test_half_a_surrogate_pair_has_a_digest_like_any_text():
    half = "\ud800"
    raw = half.encode("utf-8", "surrogatepass")
    framed = len(raw).to_bytes(8, "big") + raw
    assert keyed_digest(SECRET, half) == blake2b(framed, key=SECRET, digest_size=32).hexdigest()
    shard = int.from_bytes(blake2b(raw, digest_size=8).digest(), "big") % 97
    assert partition(half, 97) == shard
    assert canonical_json(half) == b'"' + raw + b'"'


def test_known_digests_pin_the_format():
    assert digest(Money(12800, "CNY")) == (
        blake2b(b'{"$":"kernel.Money","currency":"CNY","minor":12800}', digest_size=32).hexdigest()
    )


def test_a_keyed_digest_needs_its_secret_and_keeps_parts_apart():
    one = keyed_digest(SECRET, "ab", "c")
    assert len(one) == 64
    assert one == keyed_digest(SECRET, "ab", "c")
    assert one != keyed_digest(SECRET, "a", "bc")
    assert one != keyed_digest(SECRET, "abc")
    assert one != keyed_digest(SECRET[::-1], "ab", "c")
    framed = (2).to_bytes(8, "big") + b"ab" + (1).to_bytes(8, "big") + b"c"
    assert one == blake2b(framed, key=SECRET, digest_size=32).hexdigest()


@pytest.mark.parametrize("length", [0, 15, 65])
def test_a_secret_that_is_too_short_or_too_long_is_refused_and_not_shown(length):
    with pytest.raises(InvalidValue) as caught:
        keyed_digest(b"s" * length, "x")
    assert caught.value.code == "digest.secret"
    assert caught.value.value == f"{length} bytes"
    keyed_digest(b"s" * 16, "x")
    keyed_digest(b"s" * 64, "x")


@given(st.text(), st.integers(1, 1000))
def test_a_partition_is_the_specified_function_of_the_key(key, count):
    raw = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    assert partition(key, count) == int.from_bytes(raw, "big") % count


def test_partitions_are_used_evenly_and_must_exist():
    filled = [0] * 8
    for number in range(8000):
        filled[partition(f"order-{number}", 8)] += 1
    assert min(filled) > 850
    assert partition("x", 1) == 0
    with pytest.raises(InvalidValue, match="partition.count"):
        partition("x", 0)


def test_what_holds_itself_has_no_encoding():
    endless = []
    endless.append(endless)
    with pytest.raises(InvalidValue) as caught:
        encode(endless)
    assert (caught.value.code, caught.value.path) == ("encoding.too_deep", "")
    assert caught.value.value == "list"
    with pytest.raises(InvalidValue, match="type.wrong"):
        partition(None, 3)


# --- where a scalar may have to say its kind ---

AT_TEXT = "2026-11-11T00:00:00Z"
AT = instant(AT_TEXT)
SAID = {"$": "text", "value": AT_TEXT}
COUNTED = {"$": "decimal", "value": "2"}


@attrs.frozen
class Open:
    one: str | Instant | Money | None = None
    number: int | Level = 0
    many: tuple[str | Instant, ...] = ()
    place: tuple[int, str | Decimal] = (0, "")
    rows: tuple[tuple[str | Instant, ...], ...] = ()
    some: frozenset[str | Instant] = frozenset()
    closed: frozenset[str] | FrozenMap[str, str | Instant] = frozenset()
    by_key: FrozenMap[str, str | Instant] = attrs.field(factory=FrozenMap)
    keyed: FrozenMap[str | Instant, str] = attrs.field(factory=FrozenMap)
    anything: object = None
    unclear: tuple[str, ...] | frozenset[Decimal] = ()


@pytest.mark.parametrize(
    ("field", "value", "coded"),
    [
        ("one", AT, AT_TEXT),
        ("one", AT_TEXT, SAID),
        ("one", "tea", "tea"),
        ("one", None, None),
        ("one", Money(5, "EUR"), {"$": "kernel.Money", "minor": 5, "currency": "EUR"}),
        ("number", 3, 3),
        ("number", Level.HIGH, {"$": type_name(Level), "value": 3}),
        ("many", (AT, AT_TEXT, "tea"), [AT_TEXT, SAID, "tea"]),
        ("many", [AT_TEXT], [SAID]),
        ("place", (1, Decimal(2)), [1, COUNTED]),
        ("place", (1, "2"), [1, "2"]),
        # No value of this annotation: written as it is, and refused where it is read.
        ("place", (1, Decimal(2), AT), [1, "2", AT_TEXT]),
        ("rows", ((AT_TEXT,), ()), [[SAID], []]),
        ("some", frozenset({AT_TEXT, "tea"}), ["tea", SAID]),
        ("some", frozenset({"é", "z", "a", AT_TEXT}), ["a", "z", "é", SAID]),
        ("some", {AT_TEXT, "tea"}, ["tea", SAID]),
        ("closed", frozenset({AT_TEXT}), [AT_TEXT]),
        ("closed", FrozenMap({"at": AT_TEXT}), {"at": SAID}),
        ("by_key", FrozenMap({AT_TEXT: AT_TEXT, "b": "tea"}), {AT_TEXT: SAID, "b": "tea"}),
        ("keyed", FrozenMap({AT_TEXT: "x"}), {"$map": [[SAID, "x"]]}),
        ("keyed", FrozenMap({AT: "x"}), {AT_TEXT: "x"}),
        ("anything", AT, {"$": "instant", "value": AT_TEXT}),
        ("anything", Decimal(2), COUNTED),
        ("anything", Colour.RED, {"$": type_name(Colour), "value": "red"}),
        ("anything", True, True),
        ("unclear", frozenset({Decimal(2)}), ["2"]),
    ],
)
def test_a_scalar_says_its_kind_only_where_it_would_come_back_as_another(field, value, coded):
    made = Open(**{field: value})
    assert encode(made)[field] == coded
    assert json.loads(canonical_json(made))[field] == coded


def test_a_class_knows_whether_its_scalars_may_have_to_say_their_kind():
    assert [names_kinds(kind) for kind in (Open, Point, Late, Money)] == [True, False, False, False]


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (Open(one=0.5), "one"),
        (Open(many=("a", 0.5)), "many[1]"),
        (Open(place=(1, 0.5)), "place[1]"),
        (Open(place=(1, "", 0.5)), "place[2]"),
        (Open(rows=(("a",), (0.5,))), "rows[1][0]"),
        (Open(some=frozenset({0.5})), "some"),
        (Open(by_key=FrozenMap({"a": 0.5})), "by_key[a]"),
        (Open(keyed=FrozenMap({0.5: "a"})), "keyed"),
        ((Open(anything=0.5),), "[0].anything"),
    ],
)
def test_what_cannot_be_written_is_named_with_its_place_there_too(value, path):
    with pytest.raises(InvalidValue) as caught:
        encode(value)
    assert (caught.value.code, caught.value.path) == ("encoding.unsupported", path)
