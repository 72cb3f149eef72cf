"""Vocabularies and fact types: what they accept, how they compare, describe and travel."""

import json
import pickle

import pytest
from tests.kernel.told import told
from tests.rules.rule_cases import WORDS

from ordercore.kernel import STANDARD_UNITS, InvalidBatch, InvalidValue, Unit, canonical_json
from ordercore.rules import (
    INTEGER,
    MONEY,
    QUANTITY,
    TEXT,
    FactKind,
    FactType,
    Vocabulary,
    enum,
    list_of,
    quantity_of,
)
from ordercore.rules.facttype import is_name, is_path
from ordercore.rules.vocabulary import nearest

CRATE = Unit("XCR", scale=0, dimension="count", ratio="12", symbol="crate")


def codes(error):
    return (
        [fault.code for fault in error.faults] if isinstance(error, InvalidBatch) else [error.code]
    )


@pytest.mark.parametrize(
    "path, good",
    [
        ("order", True), ("order.total", True), ("o1.Total_2", True), ("a" * 60, True), ("a.b.c.d.e.f.g.h.i.j", True),
        ("a" * 61, False), ("a.b.c.d.e.f.g.h.i.j.k", False), ("Order", False), ("_o", False), ("o._t", False), ("o.__class__", False), ("o.1", False),
        ("o..t", False), ("o.", False), ("", False), ("if", False), ("o.in", False), ("o.None", False), ("ö", False), ("o t", False), ("o\n", False), (5, False), (None, False),
    ],
)  # fmt: skip
def test_paths(path, good):
    assert is_path(path) is good
    assert is_name(path) is (good and "." not in path)


def test_near_words_are_suggested():
    assert nearest("paidd", ("paid",)) == "; did you mean 'paid'?"
    assert nearest("zzz", ("paid",)) == ""
    assert nearest("x" * 10_000, ("paid",)) == ""


def inside(data):
    return {"type": "list", "fields": {"a": data}}


@pytest.mark.parametrize(
    "make, expected",
    [
        (lambda: FactType(kind="money", dimension="mass"), ("fact type", [("fact_type.dimension", "dimension", "mass")])),
        (lambda: FactType(kind="quantity", dimension=5), ("fact type", [("fact_type.dimension", "dimension", 5)])),
        (lambda: FactType(kind="enum"), ("fact type", [("fact_type.choices", "choices", ())])),
        (lambda: FactType(kind="text", choices=("a",)), ("fact type", [("fact_type.choices", "choices", ("a",))])),
        (lambda: enum(1, 2), ("fact type", [("fact_type.choice", "choices", (1, 2))])),
        (lambda: enum("a", "b", "a"), ("fact type", [("fact_type.choice_twice", "choices", ("a", "b", "a"))])),
        (lambda: list_of({}), ("fact type", [("fact_type.fields", "fields", ())])),
        (lambda: FactType(kind="text", fields={"a": TEXT}), ("fact type", [("fact_type.fields", "fields", ("a",))])),
        (lambda: list_of({"_a": TEXT}), ("fact type", [("fact_type.field_name", "fields", "_a")])),
        (lambda: list_of({"a": "text"}), ("fact type", [("fact_type.field_type", "fields.a", "text")])),
        (lambda: Vocabulary("", {"a": TEXT}), ("vocabulary", [("vocabulary.name", "name", "")])),
        (lambda: Vocabulary("o", {"A": TEXT}), ("vocabulary", [("vocabulary.field_name", "fields", "A")])),
        (lambda: Vocabulary("o", {"a": "text"}), ("vocabulary", [("vocabulary.field_type", "fields.a", "text")])),
        (lambda: Vocabulary("o", {"a": TEXT, "a.b": TEXT}), ("vocabulary", [("vocabulary.path_clash", "fields", "a.b")])),
        (lambda: Vocabulary("o", {"a.b": TEXT, "a.b.c.d": TEXT}), ("vocabulary", [("vocabulary.path_clash", "fields", "a.b.c.d")])),
        (lambda: Vocabulary("o", {"a": TEXT}, ["kg"]), ("vocabulary", [("vocabulary.unit", "units[0]", "kg")])),
        (lambda: Vocabulary("o", {"a": TEXT}, [CRATE, CRATE]), ("vocabulary", [("vocabulary.unit_twice", "units[1]", "crate")])),
        (lambda: FactType.from_json("money"), ("fact_type.not_an_object", "", "money")),
        (lambda: FactType.from_json({"type": "money", "x": 1}), ("fact_type.unknown_key", "", "x")),
        (lambda: FactType.from_json({"type": "cash"}), ("fact_type.unknown_type", "", "cash")),
        (lambda: FactType.from_json({}), ("fact_type.unknown_type", "", None)),
        (lambda: FactType.from_json({"type": "enum", "choices": "ab"}), ("fact_type.choices", "", "ab")),
        (lambda: FactType.from_json({"type": "list", "fields": [1]}), ("fact_type.fields", "", [1])),
        (lambda: FactType.from_json({"z": 1, "a": 2, "type": "money"}), ("fact_type.unknown_key", "", "a")),
        (lambda: FactType.from_json(inside("text")), ("fact_type.not_an_object", "[].a", "text")),
        (lambda: FactType.from_json(inside({"type": "x"})), ("fact_type.unknown_type", "[].a", "x")),
        (lambda: FactType.from_json(inside({"type": "text", "y": 1})), ("fact_type.unknown_key", "[].a", "y")),
        (lambda: FactType.from_json(inside({"type": "enum", "choices": 5})), ("fact_type.choices", "[].a", 5)),
        (lambda: FactType.from_json(inside(inside({"type": "list", "fields": 5}))), ("fact_type.fields", "[].a[].a", 5)),
        (lambda: FactType.from_json(nested(5).to_json()), ("fact_type.too_deep", "[].a" * 5, "list")),
        (lambda: FactType(kind="cash"), ("choice.unknown", "kind", "cash")),
        (
            lambda: FactType(kind="money", dimension="d", choices=(1, 1), fields={"_a": 5}),
            (
                "fact type",
                [
                    ("fact_type.dimension", "dimension", "d"),
                    ("fact_type.choices", "choices", (1, 1)),
                    ("fact_type.choice", "choices", (1, 1)),
                    ("fact_type.fields", "fields", ("_a",)),
                    ("fact_type.field_name", "fields", "_a"),
                    ("fact_type.field_type", "fields._a", 5),
                ],
            ),
        ),
        (
            lambda: Vocabulary("A", {"_a": 5, "b": TEXT, "b.c": nested(5)}, [CRATE, 5, CRATE]),
            (
                "vocabulary",
                [
                    ("vocabulary.name", "name", "A"),
                    ("vocabulary.field_name", "fields", "_a"),
                    ("vocabulary.field_type", "fields._a", 5),
                    ("vocabulary.too_deep", "fields.b.c", "list of records"),
                    ("vocabulary.path_clash", "fields", "b.c"),
                    ("vocabulary.unit", "units[1]", 5),
                    ("vocabulary.unit_twice", "units[2]", "crate"),
                ],
            ),
        ),
        (lambda: Vocabulary("o", {"": TEXT, "a": TEXT}), ("vocabulary", [("vocabulary.field_name", "fields", "")])),
        (lambda: Vocabulary("o", {"a": TEXT}, [CRATE, *STANDARD_UNITS, CRATE]), ("vocabulary", [("vocabulary.unit_twice", f"units[{len(STANDARD_UNITS) + 1}]", "crate")])),
        (
            lambda: Vocabulary("o", {"a": TEXT}, [CRATE, Unit("OTHER", scale=0, dimension="d", symbol="XCR")]),
            ("vocabulary", [("vocabulary.unit_twice", "units[1]", "XCR")]),
        ),
        (lambda: Vocabulary.from_json({"name": "o", "fields": {}, "z": 1, "a": 2}), ("vocabulary.unknown_key", "", "a")),
        (
            lambda: Vocabulary.from_json({"name": "o", "fields": {}, "units": [5, {"code": "", "scale": -1, "dimension": "d", "ratio": "1", "symbol": "x"}]}),
            ("vocabulary", [("vocabulary.unit", "units[0]", 5), ("unit.code", "units[1].code", ""), ("unit.scale", "units[1].scale", -1)]),
        ),
        (
            lambda: Vocabulary.from_json({"name": "o", "fields": {"a": 5, "b": {"type": "x"}}}),
            ("vocabulary", [("fact_type.not_an_object", "fields.a", 5), ("fact_type.unknown_type", "fields.b", "x")]),
        ),
        (lambda: Vocabulary.from_json([]), ("vocabulary.shape", "", [])),
        (lambda: Vocabulary.from_json({"name": "o"}), ("vocabulary.shape", "", {"name": "o"})),
        (lambda: Vocabulary.from_json({"name": "o", "fields": {}, "x": 1}), ("vocabulary.unknown_key", "", "x")),
        (lambda: Vocabulary.from_json({"name": "o", "fields": []}), ("vocabulary.fields", "fields", [])),
        (lambda: Vocabulary.from_json({"name": "o", "fields": {}, "units": 5}), ("vocabulary.units", "units", 5)),
        (lambda: Vocabulary.from_json({"name": "o", "fields": {}, "units": [5]}), ("vocabulary", [("vocabulary.unit", "units[0]", 5)])),
        (lambda: Vocabulary.from_json({"name": "o", "fields": {}, "units": [{"code": 5}]}), ("vocabulary", [("vocabulary.unit", "units[0]", {"code": 5})])),
        (
            lambda: Vocabulary.from_json({"name": "o", "fields": {}, "units": [{"code": "X", "scale": -1, "dimension": "d", "ratio": "1", "symbol": "x"}]}),
            ("vocabulary", [("unit.scale", "units[0].scale", -1)]),
        ),
    ],
)  # fmt: skip
def test_refused(make, expected):
    assert told(make) == expected


def test_a_batch_names_every_fault_with_its_path():
    with pytest.raises(InvalidBatch) as caught:
        Vocabulary.from_json(
            {"name": "o", "fields": {"a": {"type": "x"}, "b": 5, "c": {"type": "enum"}}}
        )
    assert [(f.path, f.code) for f in caught.value.faults] == [
        ("fields.a", "fact_type.unknown_type"),
        ("fields.b", "fact_type.not_an_object"),
        ("fields.c.choices", "fact_type.choices"),
    ]


def nested(levels):
    type_ = TEXT
    for _ in range(levels):
        type_ = list_of({"a": type_})
    return type_


def test_lists_are_four_deep_at_most():
    assert Vocabulary("o", {"a": nested(4)}).fields["a"] == nested(4)
    with pytest.raises(InvalidBatch) as caught:
        Vocabulary("o", {"a": nested(5)})
    assert codes(caught.value) == ["vocabulary.too_deep"]
    assert FactType.from_json(nested(3).to_json()) == nested(3)
    data = {"type": "text"}
    for _ in range(50_000):
        data = {"type": "list", "fields": {"a": data}}
    with pytest.raises(InvalidValue) as deep:
        FactType.from_json(data)
    assert deep.value.code == "fact_type.too_deep"


def test_json_reads_back():
    own = Vocabulary("o", {"a.b": quantity_of("count"), "c": QUANTITY}, [CRATE])
    for words in (WORDS, own, Vocabulary("deep", {"a": nested(4)})):
        data = json.loads(json.dumps(words.to_json()))
        assert Vocabulary.from_json(data) == words
        assert Vocabulary.from_json(data).to_json() == data
        assert pickle.loads(pickle.dumps(words)) == words
    assert "units" not in WORDS.to_json()
    assert own.to_json()["units"] == [
        {"code": "XCR", "scale": 0, "dimension": "count", "ratio": "12", "symbol": "crate"}
    ]


def test_a_vocabulary_is_a_value():
    first = Vocabulary("o", {"a": TEXT, "b": MONEY})
    second = Vocabulary("o", {"b": MONEY, "a": TEXT})
    assert first == second
    assert hash(first) == hash(second)
    assert canonical_json(first) == canonical_json(second)
    assert first != Vocabulary("o", {"a": TEXT, "b": INTEGER})
    assert first.units == STANDARD_UNITS
    assert WORDS.roots == ("copies", "customer", "order", "paid")


def test_describe_lists_every_fact_and_the_fields_of_lists():
    words = Vocabulary(
        "o",
        {
            "a.lines": list_of({"sku": TEXT, "kind": enum("x", "a|b")}),
            "b": QUANTITY,
            "c": quantity_of("mass"),
        },
    )
    assert words.describe().split("\n")[1:] == [
        "|---|---|",
        "| `a.lines` | list of records |",
        "| `a.lines[].kind` | one of 'x', 'a\\|b' |",
        "| `a.lines[].sku` | text |",
        "| `b` | quantity |",
        "| `c` | quantity of mass |",
    ]
    assert str(FactType(kind=FactKind.TEXTS)) == "set of text"
