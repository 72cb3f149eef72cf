"""What is written is read back; what is wrong is reported whole, with its path."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Generic, Literal, TypeVar

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.codec import Decoder, json_schema
from ordercore.inventory import Receive, Reserve, StockItem
from ordercore.kernel import (
    Command,
    Decision,
    FrozenMap,
    InvalidBatch,
    InvalidValue,
    Money,
    NodeId,
    Reason,
    Refusal,
    Sku,
    encode,
    instant,
)
from ordercore.kernel import Instant as InstantType

T = TypeVar("T")


class Colour(Enum):
    RED = "red"
    BLUE = 2


@attrs.frozen
class Leaf:
    name: str
    size: int = 0


@attrs.frozen
class Twig:
    leaf: Leaf
    next: Twig | None = None


@attrs.frozen
class Box(Generic[T]):
    held: T


FIVE = Money(5, "EUR")
SINGLES_DAY = instant("2026-11-11T00:00:00Z")


@attrs.frozen(kw_only=True)
class Everything:
    text: str = "é"
    flag: bool = True
    count: int = 3
    nothing: None = None
    sku: Sku = attrs.field(default="T", converter=Sku)
    money: Money = FIVE
    colour: Colour = Colour.RED
    when: InstantType = SINGLES_DAY
    day: dt.date = dt.date(2026, 11, 11)
    hour: dt.time = dt.time(8, 30)
    rate: Fraction = Fraction(-1, 5)
    price: Decimal = Decimal("4.375")
    many: tuple[int, ...] = (1, 2)
    pair: tuple[int, str] = (1, "x")
    names: frozenset[str] = frozenset({"a", "b"})
    by_sku: FrozenMap[Sku, FrozenMap[NodeId, int]] = attrs.field(
        factory=lambda: FrozenMap({Sku("A"): FrozenMap({NodeId("x"): 1})})
    )
    by_number: FrozenMap[int, str] = attrs.field(factory=lambda: FrozenMap({2: "b", 1: "a"}))
    either: int | str | None = "z"
    kind: Literal["a", 1] = 1
    shape: Leaf | Money = Leaf("oak")
    maybe: Leaf | None = None
    command: Command | None = None
    mixed: Leaf | int | tuple[int, ...] = (1, 2)
    marked: Command | int = 3
    listed: tuple[frozenset[int], ...] = ()
    open: object = 7
    box: Box[Leaf] = Box(Leaf("in a box"))
    _private: int = 4
    derived: int = attrs.field(init=False, default=9)


DECODER = Decoder(hosts=[Leaf, Twig, Everything, Box])


def roundtrip(value, kind=None):
    wire = json.loads(json.dumps(encode(value)))
    return DECODER.decode(wire, kind or type(value))


def faults_of(data, kind):
    with pytest.raises(InvalidBatch) as caught:
        DECODER.decode(data, kind)
    return [(fault.code, fault.path) for fault in caught.value.faults]


@pytest.mark.parametrize(
    "value",
    [
        Everything(),
        Everything(
            colour=Colour.BLUE,
            either=None,
            kind="a",
            shape=Money(1, "CNY"),
            maybe=Leaf("x"),
            command=Receive(sku="T", node="n", quantity=1, command_id="c"),
            mixed=Leaf("y"),
            marked=Receive(sku="T", node="n", quantity=2, command_id="d"),
            listed=(frozenset({1, 2}), frozenset()),
            open="text",
            private=5,
        ),
        Everything(either=4, mixed=3, open=None, names=frozenset(), many=()),
        Twig(Leaf("a"), Twig(Leaf("b", 2))),
        Refusal([Reason("stock.short", facts={"have": 1, "sku": "T", "due": Money(1, "EUR")})]),
        Decision((Leaf("a"),)),
        StockItem(sku="T", node="n", received=3, version=2),
        Reserve(
            sku="T",
            node="n",
            quantity=1,
            command_id="c",
            reservation_id="r",
            order_id="o",
            expires_at=instant("2026-11-11T00:00:00.000001Z"),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_written_is_read_back(value):
    assert roundtrip(value) == value


def test_a_type_is_found_by_its_tag_where_the_field_leaves_it_open():
    command = Receive(sku="T", node="n", quantity=1, command_id="c")
    assert roundtrip(command, Command) == command
    assert roundtrip(Leaf("x"), object) == Leaf("x")
    assert Decoder().decode(encode(Money(1, "EUR")), object) == Money(1, "EUR")


def test_every_fault_is_reported_with_its_path():
    data = encode(Everything())
    data |= {
        "text": 1,
        "flag": 1,
        "count": True,
        "nothing": 0,
        "sku": " bad",
        "colour": "green",
        "when": "2026-11-11T00:00:00",
        "day": "2026-13-01",
        "hour": 8,
        "rate": "1/0",
        "price": "NaN",
        "many": [1, "x", 2.5],
        "pair": [1],
        "names": "ab",
        "by_sku": {"A": {"x": "1"}, " ": {}},
        "by_number": [1],
        "either": [],
        "kind": "b",
        "shape": {"$": "kernel.Refusal"},
        "maybe": {"name": "no tag"},
        "command": {"$": "kernel.Money", "minor": 1, "currency": "EUR"},
        "money": {"$": "kernel.Money", "minor": 1, "currency": "EURO"},
        "marked": {"$": "kernel.Money"},
        "listed": [[1], 2, ["x"]],
        "surprise": 1,
        "open": 1.5,
    }
    assert faults_of(data, Everything) == [
        ("codec.type", "$.text"),
        ("codec.type", "$.flag"),
        ("codec.type", "$.count"),
        ("codec.type", "$.nothing"),
        ("identifier.invalid", "$.sku.Sku"),
        ("money.unknown_currency", "$.money.currency.currency"),
        ("codec.value", "$.colour"),
        ("time.naive", "$.when"),
        ("codec.value", "$.day"),
        ("codec.type", "$.hour"),
        ("codec.value", "$.rate"),
        ("codec.value", "$.price"),
        ("codec.type", "$.many[1]"),
        ("codec.type", "$.many[2]"),
        ("codec.type", "$.pair"),
        ("codec.type", "$.names"),
        ("codec.type", "$.by_sku[A][x]"),
        ("identifier.invalid", "$.by_sku[ ].Sku"),
        ("codec.type", "$.by_number"),
        ("codec.type", "$.either"),
        ("codec.value", "$.kind"),
        ("codec.type", "$.shape"),
        ("codec.type", "$.maybe"),
        ("codec.unknown_type", "$.command.$"),
        ("codec.type", "$.marked"),
        ("codec.type", "$.listed[1]"),
        ("codec.type", "$.listed[2][0]"),
        ("codec.type", "$.open"),
        ("codec.unknown_field", "$.surprise"),
    ]


@pytest.mark.parametrize(
    ("data", "kind", "expected"),
    [
        ({"$": "kernel.Money", "minor": 1}, Money, [("codec.missing", "$.currency")]),
        (
            {"$": "kernel.Money", "minor": 1.0, "currency": "EUR"},
            Money,
            [("codec.type", "$.minor")],
        ),
        ({"minor": 1, "currency": "EUR"}, Money, [("codec.type", "$")]),
        ([], Money, [("codec.type", "$")]),
        ({"$": 3}, Money, [("codec.unknown_type", "$.$")]),
        ({"$": "kernel.Reason", "code": "x"}, Money, [("codec.unknown_type", "$.$")]),
        (
            {"$": "inventory.Receive", "sku": "", "node": "n", "command_id": "c", "quantity": 0},
            Receive,
            [("identifier.invalid", "$.sku.Sku")],
        ),
        (
            {"$": "inventory.Receive", "sku": "T", "node": "n", "command_id": "c", "quantity": 0},
            Receive,
            [("quantity.not_positive", "$.quantity")],
        ),
        ({"$map": [[1]]}, FrozenMap[int, str], [("codec.type", "$")]),
        ({"$map": 1}, FrozenMap[int, str], [("codec.type", "$")]),
        ("x/3", Fraction, [("codec.value", "$")]),
        ("3", Fraction, [("codec.value", "$")]),
        ("1/x", Fraction, [("codec.value", "$")]),
        ("many", Decimal, [("codec.value", "$")]),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(data, kind, expected):
    assert faults_of(data, kind) == expected


@pytest.mark.parametrize(
    "tag",
    [
        "os.system",
        "kernel",
        "kernel.",
        "kernel._encode",
        "kernel.fold",
        "kernel.errors",
        "testing.x",
        "inventory.Money",
        "kernel.Command",
        "..kernel.Money",
    ],
)
def test_a_tag_names_public_values_only(tag):
    assert faults_of({"$": tag}, object) == [("codec.unknown_type", "$.$")]


@attrs.frozen
class Picky:
    number: int

    def __attrs_post_init__(self):
        raise TypeError("picky")


def test_what_a_host_constructor_raises_is_a_fault_too():
    decoder = Decoder(hosts=[Picky])
    with pytest.raises(InvalidBatch) as caught:
        decoder.decode({"$": encode_tag(Picky), "number": 1}, Picky)
    assert [(f.code, f.path, f.value) for f in caught.value.faults] == [
        ("codec.value", "$", "picky")
    ]


def encode_tag(kind):
    return f"{kind.__module__}.{kind.__qualname__}"


def test_an_annotation_without_a_json_form_is_a_fault_of_the_program():
    with pytest.raises(InvalidValue) as caught:
        Decoder().decode(1, 5)
    assert caught.value.code == "codec.unsupported"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=4) | st.sampled_from(["$", "$map", "name", "leaf"]), inner, max_size=4
        )
    ),
    max_leaves=15,
)


@given(JSON)
def test_no_json_does_anything_but_decode_or_be_refused(data):
    for kind in (Twig, Everything, Money, Decision, FrozenMap[str, int], object):
        try:
            value = DECODER.decode(data, kind)
        except InvalidBatch as batch:
            assert batch.faults
        else:
            assert roundtrip(value, kind) == value


def test_a_schema_names_every_part_and_allows_no_more():
    schema = json_schema(Twig)
    name = encode_tag(Twig)
    assert schema["$ref"] == f"#/$defs/{name}"
    twig = schema["$defs"][name]
    assert twig["required"] == ["$", "leaf"]
    assert twig["additionalProperties"] is False
    assert twig["properties"]["next"] == {"anyOf": [{"$ref": f"#/$defs/{name}"}, {"type": "null"}]}
    assert list(schema["$defs"]) == sorted(schema["$defs"])


def test_a_schema_has_a_form_for_every_annotation():
    parts = json_schema(Everything)["$defs"][encode_tag(Everything)]["properties"]
    assert parts["$"] == {"const": encode_tag(Everything)}
    assert "private" in parts
    assert "derived" not in parts
    assert parts["text"] == {"type": "string"}
    assert parts["count"] == {"type": "integer"}
    assert parts["sku"] == {"type": "string", "minLength": 1}
    assert parts["colour"] == {"enum": ["red", 2]}
    assert parts["when"] == {"type": "string", "format": "date-time"}
    assert parts["many"] == {"type": "array", "items": {"type": "integer"}}
    assert parts["pair"]["prefixItems"] == [{"type": "integer"}, {"type": "string"}]
    assert parts["pair"]["items"] is False
    assert parts["names"] == {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    assert parts["by_sku"]["additionalProperties"]["additionalProperties"] == {"type": "integer"}
    assert parts["kind"] == {"enum": ["a", 1]}
    assert parts["open"] == {}
    assert parts["box"] == {"$ref": f"#/$defs/{encode_tag(Box)}"}
    assert parts["command"]["anyOf"][0]["required"] == ["$"]
