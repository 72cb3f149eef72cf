"""The writer of canonical bytes says what the encoder says, of values and of what is none."""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from typing import NamedTuple

import attrs
import pendulum
import pytest
from tests.kernel.told import told

from ordercore.kernel import (
    Choice,
    FactValue,
    FrozenMap,
    Instant,
    InvalidValue,
    Money,
    OrderId,
    canonical_json,
    canonical_text,
    encode,
    instant,
    json_bytes,
)


class Level(IntEnum):
    HIGH = 3


class Colour(Enum):
    RED = "red"


class Word(Choice):
    ONE = "one"


class Pair(NamedTuple):
    a: int
    b: Money


@attrs.frozen
class Nothing:
    pass


@attrs.frozen
class Single:
    one: object


@attrs.frozen
class Open:
    told: FrozenMap[str, FactValue]
    note: str = "ä\n\ud800"


VALUES = [
    None, True, False, 7, -(10**30), '茶"\\', OrderId("o-1"), Word.ONE, Colour.RED, Level.HIGH, Fraction(1, 3),
    (), [1, "a"], (1, (2, None)), {"b": 1, "a": 2}, {"$": 1}, {1: "a"}, FrozenMap({"b": 1, "a": (True,)}),
    FrozenMap({"$x": 1}), FrozenMap({1: "a", 2: "b"}), FrozenMap({OrderId("o"): Money(1, "CNY")}),
    FrozenMap({Word.ONE: 1}), frozenset({"b", "a"}), Pair(1, Money(2, "EUR")), Money(12800, "CNY"), Nothing(),
    Single(Single(None)), Open(FrozenMap({"a": "12", "b": 12, "c": "2026-11-11T00:00:00Z"})),
    instant("2026-11-11T00:00:00.25Z"), instant("0001-01-01T00:00:00Z"),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_the_bytes_are_those_of_the_encoded_form(value):
    assert canonical_json(value) == json_bytes(encode(value))
    assert canonical_json((value,)) == json_bytes(encode((value,)))
    assert canonical_json(Single(value)) == json_bytes(encode(Single(value)))


@pytest.mark.parametrize("usual", VALUES)
def test_the_writer_of_a_class_that_is_met_often_says_the_same(usual):
    @attrs.frozen
    class Often:
        held: object
        kind: str = "{x}'\\"
        other: FactValue = 1

    for value in [Often(usual)] * 20 + [Often(usual, kind=None)] + [Often(one) for one in VALUES]:
        assert canonical_json(value) == json_bytes(encode(value))
    one = canonical_text(Often(usual), leaving_out="other")
    assert all(canonical_text(Often(usual), leaving_out="other") == one for _ in range(20))


def test_a_field_that_is_named_oddly_is_written_as_it_is():
    @attrs.frozen
    class Odd:
        size: int = attrs.field(default=1, alias="größe")
        write: str = "\\n'{"
        value: tuple[int, ...] = ()

    assert {canonical_json(Odd()) for _ in range(20)} == {json_bytes(encode(Odd()))}


def test_what_is_no_value_is_refused_of_a_class_that_is_met_often():
    @attrs.frozen
    class Worse:
        held: object

    for _ in range(20):
        canonical_json(Worse(1))
    with pytest.raises(InvalidValue) as caught:
        canonical_json(Worse(1.5))
    assert (caught.value.code, caught.value.path) == ("encoding.unsupported", "held")


def test_a_field_can_be_left_out():
    assert canonical_text(Money(5, "CNY"), leaving_out="minor") == (
        '{"$":"kernel.Money","currency":"CNY"}'
    )
    assert canonical_text(Single(1), leaving_out="one").endswith('Single"}')


def test_each_class_is_written_in_its_own_way_when_met_for_the_first_time():
    """Classes made here, so that nothing has chosen their writers before."""

    class Tag(str):
        __slots__ = ()

    class Said(Choice):
        YES = "yes"

    class Swapped(StrEnum):
        def __str__(self):
            return "not the value"

        A = "a"

    class Lying(Tag, Enum):
        A = "a"

        def __new__(cls, value):
            made = Tag.__new__(cls, f"<{value}>")
            made._value_ = value
            return made

    class Counted(Tag, Enum):
        def __new__(cls, value):
            made = Tag.__new__(cls, value)
            made._value_ = len(value)
            return made

        A = "a"

    @attrs.frozen
    class Told:
        said: FrozenMap[str, FactValue]
        many: tuple[str | Instant, ...] = ()
        note: str = ""

    told = Told(FrozenMap({"at": "2026-11-11T00:00:00Z"}), ("2026-11-11T00:00:00Z", "tea"), "x")
    for value in (Said.YES, Swapped.A, Lying.A, Counted.A, Tag("a"), told, Single(told)):
        assert canonical_json(value) == json_bytes(encode(value))
    assert canonical_json((Said.YES, Swapped.A, Tag("a"))) == b'["yes","a","a"]'
    assert canonical_json((Lying.A, Counted.A)) == b'["a",1]'
    assert canonical_text(told, leaving_out="many").endswith(
        '"note":"x","said":{"at":{"$":"text","value":"2026-11-11T00:00:00Z"}}}'
    )


def test_a_moment_of_another_zone_is_written_in_utc():
    class Local(pendulum.DateTime):
        pass

    local = Local(2026, 11, 11, 20, tzinfo=pendulum.timezone("Asia/Shanghai"))
    assert canonical_json((local,)) == b'["2026-11-11T12:00:00Z"]'


@pytest.mark.parametrize("wrong, path", [(1.5, "one[0]"), (b"x", "one[0]"), (object(), "one[0]")])
def test_what_is_no_value_is_refused_with_its_place(wrong, path):
    for refuse in (canonical_json, encode):
        with pytest.raises(InvalidValue) as caught:
            refuse(Single((wrong,)))
        assert (caught.value.code, caught.value.path) == ("encoding.unsupported", path)


def test_what_nests_without_end_and_what_is_too_long_are_refused():
    deep: object = ()
    for _ in range(100_000):
        deep = (deep,)
    with pytest.raises(InvalidValue) as caught:
        canonical_json(deep)
    assert caught.value.code == "encoding.too_deep"
    for refuse in (canonical_json, json_bytes):
        assert told(lambda refuse=refuse: refuse(10**5000)) == ("encoding.unsupported", "", "JSON")
