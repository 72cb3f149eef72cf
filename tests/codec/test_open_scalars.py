"""Where several kinds are written as text, a value still comes back as the kind it was."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from typing import Generic, Literal, TypeVar

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.codec import Codec, Decoder, json_schema
from ordercore.kernel import (
    FrozenMap,
    Instant,
    InvalidBatch,
    InvalidValue,
    Money,
    NodeId,
    Reason,
    Sku,
    canonical_json,
    encode,
    instant,
    open_kinds,
    read_exactly,
    type_name,
)
from ordercore.rules import Operand

T = TypeVar("T")


class Colour(Enum):
    RED = "red"
    TWO = 2


class Void(Enum):
    NOTHING = None


class Size(StrEnum):
    BIG = "big"


class Level(IntEnum):
    HIGH = 3


@attrs.frozen
class Open(Generic[T]):
    """Every union that text or numbers alone would leave open."""

    instant: str | Instant | None = None
    amount: str | Decimal | Fraction = ""
    day: dt.date | dt.time | str = ""
    sku: Sku | NodeId | str = ""
    colour: Colour | str | int = ""
    size: Size | str = ""
    level: int | Level = 0
    fixed: Literal["2026-11-11"] | dt.date = "2026-11-11"
    many: tuple[str | Instant, ...] = ()
    place: tuple[int, str | Decimal] = (0, "")
    either: tuple[str, ...] | tuple[Decimal, ...] = ()
    some: frozenset[str | Instant] = frozenset()
    by_key: FrozenMap[str, str | Instant] = attrs.field(factory=FrozenMap)
    maps: FrozenMap[Sku, str] | FrozenMap[Sku, Decimal] = attrs.field(factory=FrozenMap)
    keyed: FrozenMap[str | Decimal, int] = attrs.field(factory=FrozenMap)
    mixed: Money | Instant | str | tuple[str, ...] = ""
    anything: object = None
    bound: T | None = None


CODEC = Codec(hosts=[Open, Colour, Void])
AT = instant("2026-11-11T00:00:00Z")
AT_TEXT = "2026-11-11T00:00:00Z"


def both(value):
    """What is read back, with its type, and the form it was written in."""
    read = CODEC.loads(CODEC.dumps(value), type(value))
    assert read == value
    assert CODEC.dumps(read) == CODEC.dumps(value)
    return read, encode(value)


@pytest.mark.parametrize(
    ("field", "value", "coded"),
    [
        ("instant", AT, AT_TEXT),
        ("instant", AT_TEXT, {"$": "text", "value": AT_TEXT}),
        ("instant", "2026-11-11T08:00:00+08:00", "2026-11-11T08:00:00+08:00"),
        ("instant", Sku(AT_TEXT), {"$": "text", "value": AT_TEXT}),
        ("instant", None, None),
        ("amount", "12", "12"),
        ("amount", Decimal(12), {"$": "decimal", "value": "12"}),
        ("amount", Fraction(1, 2), {"$": "fraction", "value": "1/2"}),
        ("day", dt.date(2026, 11, 11), "2026-11-11"),
        ("day", "2026-11-11", {"$": "text", "value": "2026-11-11"}),
        ("day", dt.time(8, 30), "08:30:00"),
        ("day", "08:30:00", {"$": "text", "value": "08:30:00"}),
        ("day", "8:30", "8:30"),
        ("sku", Sku("a"), "a"),
        ("sku", NodeId("a"), {"$": "kernel.NodeId", "value": "a"}),
        ("sku", "a", {"$": "text", "value": "a"}),
        ("sku", " a", " a"),
        ("colour", Colour.RED, "red"),
        ("colour", "red", {"$": "text", "value": "red"}),
        ("colour", "blue", "blue"),
        ("colour", Colour.TWO, 2),
        ("colour", 2, {"$": "integer", "value": 2}),
        ("colour", 3, 3),
        ("size", "big", {"$": "text", "value": "big"}),
        ("level", 3, 3),
        ("level", Level.HIGH, {"$": type_name(Level), "value": 3}),
        ("fixed", dt.date(2026, 11, 11), {"$": "date", "value": "2026-11-11"}),
        ("fixed", "2026-11-11", "2026-11-11"),
        ("many", (AT, AT_TEXT), [AT_TEXT, {"$": "text", "value": AT_TEXT}]),
        ("place", (1, Decimal(2)), [1, {"$": "decimal", "value": "2"}]),
        ("either", (Decimal(2),), [{"$": "decimal", "value": "2"}]),
        ("either", ("2",), ["2"]),
        ("some", frozenset({AT, AT_TEXT}), [AT_TEXT, {"$": "text", "value": AT_TEXT}]),
        ("by_key", FrozenMap({AT_TEXT: AT_TEXT}), {AT_TEXT: {"$": "text", "value": AT_TEXT}}),
        ("maps", FrozenMap({Sku("a"): Decimal(1)}), {"a": {"$": "decimal", "value": "1"}}),
        ("keyed", FrozenMap({Decimal(1): 2}), {"$map": [[{"$": "decimal", "value": "1"}, 2]]}),
        ("mixed", ("x",), ["x"]),
        ("mixed", Money(1, "CNY"), {"$": "kernel.Money", "minor": 1, "currency": "CNY"}),
        ("anything", AT, {"$": "instant", "value": AT_TEXT}),
        ("anything", AT_TEXT, AT_TEXT),
        ("anything", Decimal("1.50"), {"$": "decimal", "value": "1.50"}),
        ("anything", Colour.RED, {"$": type_name(Colour), "value": "red"}),
        ("anything", Void.NOTHING, {"$": type_name(Void), "value": None}),
        ("anything", True, True),
        ("bound", dt.date(2026, 11, 11), {"$": "date", "value": "2026-11-11"}),
    ],
    ids=lambda it: it if isinstance(it, str) else type(it).__name__,
)
def test_only_what_bare_text_would_get_wrong_says_its_kind(field, value, coded):
    read, form = both(Open(**{field: value}))
    assert form[field] == coded
    kind = str if type(value) is Sku and field == "instant" else type(value)
    assert type(getattr(read, field)) is kind


def test_what_earlier_versions_wrote_is_read_as_it_was():
    operand = {"$": "rules.Operand", "text": "x"}
    decoder = Decoder()
    for text, value in (("12", Decimal(12)), ("1/2", Fraction(1, 2)), (AT_TEXT, AT), ("a", "a")):
        assert decoder.decode(operand | {"value": text}, Operand) == Operand("x", value)
    reason = {"$": "kernel.Reason", "code": "a", "facts": {"at": AT_TEXT, "n": 1}}
    assert decoder.decode(reason, Reason) == Reason("a", facts={"at": AT, "n": 1})


def test_unequal_values_have_unequal_bytes():
    assert canonical_json(Reason("a", facts={"x": AT})) != canonical_json(
        Reason("a", facts={"x": AT_TEXT})
    )


@pytest.mark.parametrize(
    ("coded", "codes"),
    [
        ({"$": "text"}, [("codec.missing", "$.facts[x].value")]),
        ({"$": "text", "value": 1}, [("codec.value", "$.facts[x].value")]),
        ({"$": "instant", "value": "2026"}, [("codec.value", "$.facts[x].value")]),
        ({"$": "text", "value": "a", "b": 1}, [("codec.unknown_field", "$.facts[x].b")]),
        ({"$": "decimal", "value": "1"}, [("codec.type", "$.facts[x]")]),
        ({"$": ["text"], "value": "1"}, [("codec.type", "$.facts[x]")]),
        (1.5, [("codec.type", "$.facts[x]")]),
    ],
    ids=str,
)
def test_a_scalar_that_says_a_wrong_kind_is_refused(coded, codes):
    with pytest.raises(InvalidBatch) as caught:
        Decoder().decode({"$": "kernel.Reason", "code": "a", "facts": {"x": coded}}, Reason)
    assert [(fault.code, fault.path) for fault in caught.value.faults] == codes


@pytest.mark.parametrize(
    "annotation",
    [
        tuple[int, ...] | frozenset[int],
        tuple[int, str] | tuple[int, ...],
        FrozenMap[str, int] | dict[str, int],
    ],
    ids=str,
)
def test_containers_that_look_alike_cannot_be_read(annotation):
    with pytest.raises(InvalidValue) as caught:
        Decoder().decode([], annotation)
    assert caught.value.code == "codec.ambiguous"


@attrs.frozen
class Alike:
    held: tuple[int, ...] | frozenset[int]


def test_what_cannot_be_read_back_can_still_be_digested():
    assert encode(Alike((1,)))["held"] == [1]
    # No value of its annotation, and written whole all the same.
    assert encode(Open(place=(1, Decimal(2), "x")))["place"] == [1, "2", "x"]
    assert encode(Open(instant=dt.date(2026, 11, 11)))["instant"] == "2026-11-11"
    assert encode(Open(anything=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)))["anything"] == {
        "$": "instant",
        "value": "2026-01-01T00:00:00Z",
    }


@given(
    st.text() | st.sampled_from(["12", AT_TEXT, "1/2", "1.5", "08:30:00"]),
    st.sampled_from([str, Instant, dt.date, dt.time, Decimal, Fraction, Sku, Size]),
)
def test_what_is_read_exactly_is_written_just_so(text, kind):
    found = read_exactly(text, kind)
    if found is not None:
        assert encode(found[0]) == text
        assert isinstance(found[0], kind)


def test_bare_text_is_tried_in_one_order():
    assert open_kinds(str | Decimal | Instant) == (Instant, str, Decimal)
    assert open_kinds(bool | int | str | None) == ()
    assert read_exactly(True, int) is None
    assert read_exactly(1, bool) is None


def test_a_map_that_says_a_key_twice_is_refused():
    for data in ({"$map": [[1, "a"], [1, "b"]]},):
        with pytest.raises(InvalidBatch) as caught:
            Decoder().decode(data, FrozenMap[int, str])
        assert [fault.code for fault in caught.value.faults] == ["codec.key_twice"]
    with pytest.raises(InvalidBatch) as caught:
        Decoder().decode({"$map": [[1, 1], ["a", 1]]}, FrozenMap[int | str, int])
    assert [fault.code for fault in caught.value.faults] == ["codec.value"]


def test_the_schema_allows_a_scalar_that_says_its_kind():
    facts = json_schema(Reason)["$defs"]["kernel.Reason"]["properties"]["facts"]
    named = [
        option["properties"]["$"]["const"]
        for option in facts["additionalProperties"]["anyOf"]
        if "value" in option.get("properties", {})
    ]
    assert named == ["instant", "text", "integer", "boolean"]
