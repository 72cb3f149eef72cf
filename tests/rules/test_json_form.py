"""The JSON form of each node, fixed; and what each key refuses."""

import pytest
from tests.rules.rule_cases import WORDS

from ordercore.kernel import InvalidDefinition, InvalidValue, Quantity, Unit
from ordercore.rules import QUANTITY, Rule, Vocabulary, parse
from ordercore.rules.limits import MAX_DEPTH, MAX_NODES


def field(path):
    return {"is": "field", "path": path}


def integer(value):
    return {"is": "integer", "value": value}


def text(value):
    return {"is": "text", "value": value}


def compare(left, comparison, right):
    return {"is": "compare", "left": left, "comparison": comparison, "right": right}


def arithmetic(left, operator, right):
    return {"is": "arithmetic", "left": left, "operator": operator, "right": right}


UNITS, CHANNEL, TOTAL = map(field, ("order.units", "order.channel", "order.total"))
PLACED, PAID = field("order.placed"), field("paid")


@pytest.mark.parametrize(
    "written, data",
    [
        ("paid", PAID),
        ("True", {"is": "boolean", "value": True}),
        ("order.total != CNY(-1.50)", compare(TOTAL, "!=", {"is": "money", "value": "CNY -1.50"})),
        ("order.mass <= quantity('250 g')", compare(field("order.mass"), "<=", {"is": "quantity", "value": "250 g"})),
        ("order.rate >= -0.5", compare(field("order.rate"), ">=", {"is": "decimal", "value": "-0.5"})),
        ("order.units == 0", compare(UNITS, "==", integer(0))),
        ("order.channel == ''", compare(CHANNEL, "==", text(""))),
        ("order.placed < instant('2026-11-11T00:00:00Z')", compare(PLACED, "<", {"is": "instant", "value": "2026-11-11T00:00:00Z"})),
        ("order.units + 1 * 2 > copies - 3", compare(arithmetic(UNITS, "+", arithmetic(integer(1), "*", integer(2))), ">", arithmetic(field("copies"), "-", integer(3)))),
        ("order.channel in ('a', 'b')", {"is": "in", "item": CHANNEL, "choices": [text("a"), text("b")]}),
        ("'a' in customer.tags", {"is": "includes", "collection": "customer.tags", "item": text("a")}),
        ("contains(order.channel, 'a')", {"is": "contains", "text": CHANNEL, "part": text("a")}),
        ("starts_with(order.channel, 'a')", {"is": "starts_with", "text": CHANNEL, "prefix": text("a")}),
        ("within(order.placed, None, None)", {"is": "within", "at": PLACED}),
        ("within(order.placed, '2026-11-11T00:00:00Z', None)", {"is": "within", "at": PLACED, "start": "2026-11-11T00:00:00Z"}),
        ("within(order.placed, None, '2026-11-11T00:00:00Z')", {"is": "within", "at": PLACED, "end": "2026-11-11T00:00:00Z"}),
        ("paid is None", {"is": "missing", "field": "paid"}),
        ("not paid", {"is": "not", "condition": PAID}),
        ("paid and paid and not paid", {"is": "all", "conditions": [PAID, PAID, {"is": "not", "condition": PAID}]}),
        ("paid or True", {"is": "any", "conditions": [PAID, {"is": "boolean", "value": True}]}),
        ("any(x.gift for x in order.lines)", {"is": "some", "condition": field("x.gift"), "variable": "x", "source": "order.lines"}),
        ("all(x.gift for x in order.lines)", {"is": "every", "condition": field("x.gift"), "variable": "x", "source": "order.lines"}),
        ("count(order.lines) > 1", compare({"is": "count", "source": "order.lines"}, ">", integer(1))),
        ("count(x for x in order.lines if x.gift) > 1", compare({"is": "count", "source": "order.lines", "variable": "x", "condition": field("x.gift")}, ">", integer(1))),
        ("sum(x.units for x in order.lines) > 1", compare({"is": "sum", "value": field("x.units"), "variable": "x", "source": "order.lines"}, ">", integer(1))),
        ("sum(x.units for x in order.lines if x.gift) > 1", compare({"is": "sum", "value": field("x.units"), "variable": "x", "source": "order.lines", "condition": field("x.gift")}, ">", integer(1))),
    ],
)  # fmt: skip
def test_each_node_has_its_form(written, data):
    rule = parse(written, vocabulary=WORDS)
    assert rule.to_json() == {"vocabulary": "order", "expression": data}
    assert list(rule.to_json()["expression"]) == list(data)
    again = Rule.from_json({"vocabulary": "order", "expression": data}, vocabulary=WORDS)
    assert again == rule
    assert again.to_text() == written


def refused(data):
    with pytest.raises(InvalidDefinition) as caught:
        Rule.from_json({"vocabulary": "order", "expression": data}, vocabulary=WORDS)
    assert caught.value.subject == "rule"
    assert {f.severity for f in caught.value.findings} == {"error"}
    return [(f.code, f.path, f.value) for f in caught.value.findings]


@pytest.mark.parametrize(
    "data, findings",
    [
        ({"is": []}, [("rule.unknown_node", "", "dict")]),
        ({"is": None}, [("rule.unknown_node", "", "dict")]),
        ("not", [("rule.unknown_node", "", "not")]),
        ({"is": "x" * 100}, [("rule.unknown_node", "", "x" * 80)]),
        ({"is": "not", "condition": PAID, "z": 1, "a": 2}, [("rule.unknown_key", "", "a"), ("rule.unknown_key", "", "z")]),
        ({"is": "contains"}, [("rule.missing_key", "", "text"), ("rule.missing_key", "", "part")]),
        ({"is": "contains", "text": 5, "part": CHANNEL}, [("rule.unknown_node", "text", "int")]),
        ({"is": "contains", "text": CHANNEL, "part": {"is": "y"}}, [("rule.unknown_node", "part", "y")]),
        # What could not be read is not judged again: neither its type nor what it stands in.
        (compare({"is": "x"}, ">", integer(1)), [("rule.unknown_node", "left", "x")]),
        (compare(integer(1), ">", {"is": "money", "value": "CNY 0.001"}), [("number.precision_loss", "right.value", "CNY 0.001")]),
        (compare(arithmetic({"is": "x"}, "+", integer(1)), ">", TOTAL), [("rule.unknown_node", "left.left", "x")]),
        (compare(arithmetic(TOTAL, "/", integer(1)), ">", integer(1)), [("choice.unknown", "left", "/")]),
        ({"is": "in", "item": CHANNEL, "choices": [5, text("a"), {"is": "x"}]}, [("rule.unknown_node", "choices[0]", "int"), ("rule.unknown_node", "choices[2]", "x")]),
        ({"is": "in", "item": {"is": "x"}, "choices": [text("a"), text("a")]}, [("rule.unknown_node", "item", "x"), ("rule.choice_twice", "", "tuple")]),
        ({"is": "in", "item": CHANNEL, "choices": {}}, [("rule.wrong_json", "choices", "dict")]),
        ({"is": "all", "conditions": [PAID, 5, PAID, {"is": "x"}]}, [("rule.unknown_node", "conditions[1]", "int"), ("rule.unknown_node", "conditions[3]", "x")]),
        ({"is": "includes", "collection": 5, "item": text("a")}, [("rule.wrong_json", "collection", "int")]),
        ({"is": "within", "at": PLACED, "end": "x"}, [("time.not_an_instant", "end", "x")]),
        ({"is": "within", "at": PLACED, "start": None}, [("rule.wrong_json", "start", "NoneType")]),
        ({"is": "within", "at": PLACED, "start": "2026-11-11T00:00Z", "end": "2026-11-11T00:00Z"}, [("rule.empty_span", "", "DateTime")]),
        ({"is": "some", "condition": PAID, "variable": 5, "source": "order.lines"}, [("rule.wrong_json", "variable", "int")]),
        ({"is": "count", "source": "order.lines", "variable": "x"}, [("rule.variable_name", "", "x")]),
        (compare({"is": "count", "source": "a b"}, ">", integer(1)), [("rule.field_path", "left.source", "a b")]),
        (compare({"is": "decimal", "value": "1." + "0" * 61}, ">", integer(1)), [("rule.bad_number", "left.value", "1." + "0" * 61)]),
        (compare({"is": "quantity", "value": "5"}, ">", field("order.mass")), [("quantity.text", "left.value", "5")]),
        ({"is": "not", "condition": compare(UNITS, ">", CHANNEL)}, [("rule.wrong_type", "condition", "integer, text")]),
    ],
)  # fmt: skip
def test_each_key_refuses_with_its_place(data, findings):
    assert refused(data) == findings
    under = {"is": "all", "conditions": [PAID, {"is": "not", "condition": data}]}
    before = "conditions[1].condition"
    assert refused(under) == [
        (code, f"{before}.{path}".strip("."), value) for code, path, value in findings
    ]


def test_json_ends_where_a_rule_does():
    deep, wide = PAID, {"is": "all", "conditions": [PAID] * (MAX_NODES - 1)}
    for _ in range(MAX_DEPTH - 1):
        deep = {"is": "not", "condition": deep}
    for data in (deep, wide):
        assert Rule.from_json({"vocabulary": "order", "expression": data}, vocabulary=WORDS)
    many = PAID
    for _ in range(MAX_DEPTH - 1):
        many = {"is": "any", "conditions": [many, PAID]}
    assert Rule.from_json({"vocabulary": "order", "expression": many}, vocabulary=WORDS)
    place = ".".join(["conditions[0]"] * MAX_DEPTH)
    assert refused({"is": "any", "conditions": [many, PAID]})[0] == ("rule.too_deep", place, "dict")
    place = ".".join(["condition"] * MAX_DEPTH)
    assert refused({"is": "not", "condition": deep}) == [("rule.too_deep", place, "dict")]
    wide["conditions"] += [PAID, PAID]
    assert refused(wide) == [
        ("rule.too_large", f"conditions[{MAX_NODES - 1}]", "dict"),
        ("rule.too_large", "", None),
    ]


def test_quantities_are_read_in_the_units_of_the_vocabulary():
    crate = Unit("XCR", scale=0, dimension="count", symbol="crate")
    words = Vocabulary("order", {"order.load": QUANTITY}, [crate])
    data = compare(field("order.load"), ">", {"is": "quantity", "value": "2 crate"})
    rule = Rule.from_json({"vocabulary": "order", "expression": data}, vocabulary=words)
    assert rule == parse("order.load > quantity('2 crate')", vocabulary=words)
    assert rule.holds({"order": {"load": Quantity(3, crate)}})
    data["right"]["value"] = "2 kg"
    with pytest.raises(InvalidDefinition) as caught:
        Rule.from_json({"vocabulary": "order", "expression": data}, vocabulary=words)
    assert [(f.code, f.value) for f in caught.value.findings] == [("quantity.unknown_unit", "2 kg")]
    with pytest.raises(InvalidDefinition) as caught:
        parse("order.load > quantity('2 kg')", vocabulary=words)
    assert [(f.code, f.value) for f in caught.value.findings] == [("rule.unknown_unit", "kg")]


@pytest.mark.parametrize(
    "data, code, path, value",
    [
        (5, "rule.shape", "", 5),
        ({"expression": PAID}, "rule.shape", "", {"expression": PAID}),
        ({"vocabulary": "order", "expression": PAID, "x": 1}, "rule.shape", "", {"vocabulary": "order", "expression": PAID, "x": 1}),
        ({"vocabulary": "cart", "expression": PAID}, "rule.other_vocabulary", "vocabulary", "cart"),
    ],
)  # fmt: skip
def test_the_envelope_is_checked(data, code, path, value):
    with pytest.raises(InvalidValue) as caught:
        Rule.from_json(data, vocabulary=WORDS)
    error = caught.value
    assert (error.code, error.path, error.value) == (code, path, value)
    if code == "rule.other_vocabulary":
        assert error.expected == "order"


@pytest.mark.parametrize("vocabulary", [{"paid": "boolean"}, None])
def test_a_rule_names_what_is_no_vocabulary(vocabulary):
    with pytest.raises(InvalidValue) as caught:
        Rule(parse("paid", vocabulary=WORDS).expression, vocabulary)
    error = caught.value
    assert (error.code, error.path, error.value) == ("rule.vocabulary", "vocabulary", vocabulary)
