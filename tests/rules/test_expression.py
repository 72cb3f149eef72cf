"""Nodes refuse what no vocabulary could make right; rules refuse the rest; JSON says where."""

from decimal import Decimal

import pytest
from tests.rules.rule_cases import KILOGRAM, T0, WORDS

from ordercore.kernel import InvalidBatch, InvalidDefinition, InvalidValue, Money, Quantity
from ordercore.rules import (
    AllOf,
    AnyOf,
    Arithmetic,
    BooleanLiteral,
    Compare,
    Count,
    DecimalLiteral,
    Field,
    Includes,
    InstantLiteral,
    IntegerLiteral,
    IsMissing,
    Membership,
    MoneyLiteral,
    Not,
    QuantityLiteral,
    Rule,
    Some,
    Sum,
    TextLiteral,
    Vocabulary,
    Within,
    parse,
)
from ordercore.rules.expression import children, walk
from ordercore.rules.limits import MAX_DEPTH, MAX_NODES

PAID = Field("paid")
LINES = Field("order.lines")


@pytest.mark.parametrize(
    "make, code",
    [
        (lambda: MoneyLiteral(5), "rule.literal"),
        (lambda: MoneyLiteral(Money(10**30, "CNY")), "rule.literal"),
        (lambda: MoneyLiteral(Money(-(10**30), "CNY")), "rule.literal"),
        (lambda: QuantityLiteral(5), "rule.literal"),
        (lambda: QuantityLiteral(Quantity(10**30, KILOGRAM)), "rule.literal"),
        (lambda: QuantityLiteral(Quantity(-(10**30), KILOGRAM)), "rule.literal"),
        (lambda: IntegerLiteral(True), "rule.literal"),
        (lambda: IntegerLiteral(10**30), "rule.literal"),
        (lambda: IntegerLiteral(-(10**30)), "rule.literal"),
        (lambda: DecimalLiteral(1), "rule.literal"),
        (lambda: DecimalLiteral(0.5), "rule.literal"),
        (lambda: DecimalLiteral(Decimal("NaN")), "rule.literal"),
        (lambda: DecimalLiteral(Decimal("Infinity")), "rule.literal"),
        (lambda: DecimalLiteral(Decimal("1E+999999")), "rule.literal"),
        (lambda: DecimalLiteral(Decimal("1E-999999")), "rule.literal"),
        (lambda: DecimalLiteral(Decimal("1E+29")), "rule.literal"),
        (lambda: DecimalLiteral(Decimal("1E-30")), "rule.literal"),
        (lambda: TextLiteral(5), "rule.literal"),
        (lambda: TextLiteral("a" * 501), "rule.literal"),
        (lambda: TextLiteral("\ud800"), "rule.literal"),
        (lambda: BooleanLiteral(1), "rule.literal"),
        (lambda: InstantLiteral("2026-11-11"), "time.not_an_instant"),
        (lambda: Field("a.b.__c__"), "rule.field_path"),
        (lambda: Membership(PAID, ()), "rule.too_few"),
        (lambda: Membership(PAID, (PAID,)), "rule.choice"),
        (lambda: Membership(PAID, ([],)), "rule.choice"),
        (lambda: Membership(PAID, (TextLiteral("a"), TextLiteral("a"))), "rule.choice_twice"),
        (lambda: AllOf((PAID,)), "rule.too_few"),
        (lambda: AnyOf(()), "rule.too_few"),
        (lambda: Within(PAID, T0, T0), "rule.empty_span"),
        (lambda: Some(condition=PAID, variable="a.b", source=LINES), "rule.variable_name"),
        (lambda: Sum(value=PAID, variable="", source=LINES), "rule.variable_name"),
        (lambda: Count(source=LINES, variable="v"), "rule.variable_name"),
        (lambda: Count(source=LINES, condition=PAID), "rule.variable_name"),
    ],
)
def test_a_node_refuses(make, code):
    with pytest.raises((InvalidValue, InvalidBatch)) as caught:
        make()
    error = caught.value
    assert (
        [f.code for f in error.faults] == [code]
        if isinstance(error, InvalidBatch)
        else error.code == code
    )


def test_the_largest_literals_read_back():
    for literal in (
        IntegerLiteral(10**30 - 1),
        IntegerLiteral(1 - 10**30),
        DecimalLiteral(Decimal(10**29 - 1)),
        DecimalLiteral(Decimal("-1E-29")),
        DecimalLiteral(Decimal("1E+28")),
        DecimalLiteral(Decimal("0E+999")),
    ):
        rule = Rule(Compare(Field("order.rate"), ">", literal), WORDS)
        assert parse(rule.to_text(), vocabulary=WORDS) == rule
        assert Rule.from_json(rule.to_json(), vocabulary=WORDS) == rule
    for minor in (10**30 - 1, 1 - 10**30, 5, -5):
        for currency in ("CNY", "JPY", "KWD"):
            rule = Rule(
                Compare(Field("order.total"), ">", MoneyLiteral(Money(minor, currency))), WORDS
            )
            assert parse(rule.to_text(), vocabulary=WORDS) == rule
    assert type(TextLiteral(type("Sku", (str,), {})("a")).value) is str
    assert DecimalLiteral(Decimal("-0")).value.is_signed() is False


def test_children_and_walk_say_where_each_node_stands():
    rule = parse("paid and any(x.gift for x in order.lines)", vocabulary=WORDS).expression
    assert [name for name, _ in children(rule)] == ["conditions[0]", "conditions[1]"]
    assert [(level, type(node).__name__) for level, node in walk(rule)] == [
        (1, "AllOf"), (2, "Field"), (2, "Some"), (3, "Field"), (3, "Field"),
    ]  # fmt: skip
    assert children(AllOf((PAID, 5))) == (("conditions[0]", PAID),)


@pytest.mark.parametrize(
    "expression, code, path",
    [
        (5, "rule.not_an_expression", ""),
        (AllOf((PAID, 5)), "rule.not_an_expression", "conditions[1]"),
        (Not(None), "rule.not_an_expression", "condition"),
        (Compare(PAID, "==", "x"), "rule.not_an_expression", "right"),
        (IsMissing(BooleanLiteral(True)), "rule.wrong_type", "field"),
        (IsMissing(5), "rule.not_an_expression", "field"),
        (Includes(TextLiteral("a"), TextLiteral("a")), "rule.wrong_type", "collection"),
        (Some(condition=PAID, variable="v", source=IntegerLiteral(1)), "rule.wrong_type", "source"),
        (Not(Compare(Arithmetic(Field("nope"), "+", PAID), ">", PAID)), "rule.unknown_field", "condition.left.left"),
        (AllOf((PAID,) * MAX_NODES), "rule.too_large", ""),
    ],
)  # fmt: skip
def test_a_rule_built_by_hand_refuses_with_the_path(expression, code, path):
    with pytest.raises(InvalidDefinition) as caught:
        Rule(expression, WORDS)
    assert [(f.code, f.path) for f in caught.value.findings] == [(code, path)]


def test_all_findings_of_a_rule_built_by_hand():
    with pytest.raises(InvalidDefinition) as caught:
        Rule(AnyOf((Field("nope"), Not(Field("order.total")), Field("copies"))), WORDS)
    assert [(f.code, f.path) for f in caught.value.findings] == [
        ("rule.unknown_field", "conditions[0]"),
        ("rule.wrong_type", "conditions[1].condition"),
        ("rule.wrong_type", "conditions[2]"),
    ]


def test_a_tower_of_nodes_is_refused_without_recursion():
    tower = PAID
    for _ in range(MAX_DEPTH - 1):
        tower = Not(tower)
    assert Rule(tower, WORDS).holds({"paid": False})
    for _ in range(3_000):
        tower = Not(tower)
    with pytest.raises(InvalidDefinition) as caught:
        Rule(tower, WORDS)
    assert caught.value.codes == ("rule.too_deep",)


def test_a_rule_needs_a_vocabulary():
    with pytest.raises(InvalidValue) as caught:
        Rule(PAID, {"paid": "boolean"})
    assert caught.value.code == "rule.vocabulary"


def test_units_that_the_vocabulary_does_not_have_are_refused():
    words = Vocabulary("o", {"order.mass": WORDS.fields["order.mass"]}, [KILOGRAM])
    with pytest.raises(InvalidDefinition) as caught:
        Rule(parse("quantity('5 g') < order.mass", vocabulary=WORDS).expression, words)
    assert [(f.code, f.path, f.value) for f in caught.value.findings] == [
        ("rule.unknown_unit", "left", "g")
    ]
    assert Rule(parse("quantity('5 kg') < order.mass", vocabulary=words).expression, words)


def test_rules_compare_by_expression_and_vocabulary_name():
    rule = parse("paid", vocabulary=WORDS)
    fewer = Vocabulary("order", {"paid": WORDS.fields["paid"]})
    other = Vocabulary("cart", {"paid": WORDS.fields["paid"]})
    assert parse("paid", vocabulary=fewer) == rule
    assert hash(parse("paid", vocabulary=fewer)) == hash(rule)
    assert parse("paid", vocabulary=other) != rule
    assert parse("not paid", vocabulary=WORDS) != rule
    assert "_test" not in repr(rule)


def test_fields_are_every_path_that_is_read():
    text = "paid or copies is None or order.channel in ('a',) or 'a' in customer.tags or "
    text += "any(x.units > order.units and count(y for y in x.parts if y.spare) > 1 for x in order.lines) or "
    text += "count(order.items) > sum(z.units for z in order.items)"
    assert parse(text, vocabulary=WORDS).fields == (
        "copies", "customer.tags", "order.channel", "order.items", "order.items[].units", "order.lines",
        "order.lines[].parts", "order.lines[].parts[].spare", "order.lines[].units", "order.units", "paid",
    )  # fmt: skip


FIELD = {"is": "field", "path": "paid"}


@pytest.mark.parametrize(
    "data, code, path",
    [
        (5, "rule.unknown_node", ""),
        ({}, "rule.unknown_node", ""),
        ({"is": 5}, "rule.unknown_node", ""),
        ({"is": "nott"}, "rule.unknown_node", ""),
        ({"is": "not"}, "rule.missing_key", ""),
        ({"is": "not", "condition": FIELD, "x": 1}, "rule.unknown_key", ""),
        ({"is": "not", "condition": 5}, "rule.unknown_node", "condition"),
        ({"is": "all", "conditions": 5}, "rule.wrong_json", "conditions"),
        ({"is": "all", "conditions": "ab"}, "rule.wrong_json", "conditions"),
        ({"is": "all", "conditions": []}, "rule.too_few", ""),
        ({"is": "all", "conditions": [FIELD, {"is": "integer", "value": True}]}, "rule.literal", "conditions[1]"),
        ({"is": "all", "conditions": [FIELD, {"is": "integer", "value": 1}]}, "rule.wrong_type", "conditions[1]"),
        ({"is": "field", "path": 5}, "rule.wrong_json", "path"),
        ({"is": "field", "path": "a.__b__"}, "rule.field_path", ""),
        ({"is": "field", "path": "payd"}, "rule.unknown_field", ""),
        ({"is": "missing", "field": "a.__b__"}, "rule.field_path", "field"),
        ({"is": "missing", "field": FIELD}, "rule.wrong_json", "field"),
        ({"is": "money", "value": "CNY 1.001"}, "number.precision_loss", "value"),
        ({"is": "money", "value": 1.5}, "rule.wrong_json", "value"),
        ({"is": "quantity", "value": "1 stone"}, "quantity.unknown_unit", "value"),
        ({"is": "decimal", "value": "1e9"}, "rule.bad_number", "value"),
        ({"is": "decimal", "value": "1_0"}, "rule.bad_number", "value"),
        ({"is": "decimal", "value": 0.5}, "rule.wrong_json", "value"),
        ({"is": "decimal", "value": "9" * 31}, "rule.literal", ""),
        ({"is": "boolean", "value": None}, "rule.wrong_json", "value"),
        ({"is": "text", "value": 5}, "rule.literal", ""),
        ({"is": "instant", "value": "2026-11-11T00:00"}, "time.naive", "value"),
        ({"is": "compare", "left": FIELD, "comparison": "===", "right": FIELD}, "choice.unknown", ""),
        ({"is": "in", "item": FIELD, "choices": [{"is": "text", "value": 5}, {"is": "boolean", "value": False}]}, "rule.literal", "choices[0]"),
        ({"is": "in", "item": FIELD, "choices": [FIELD]}, "rule.choice", ""),
        ({"is": "within", "at": {"is": "field", "path": "order.placed"}, "start": 5}, "rule.wrong_json", "start"),
        ({"is": "some", "condition": FIELD, "variable": "X", "source": "order.lines"}, "rule.variable_name", ""),
    ],
)  # fmt: skip
def test_json_is_refused_with_the_path(data, code, path):
    with pytest.raises(InvalidDefinition) as caught:
        Rule.from_json({"vocabulary": "order", "expression": data}, vocabulary=WORDS)
    assert [(f.code, f.path) for f in caught.value.findings] == [(code, path)]


def test_all_findings_of_a_json_rule():
    data = {
        "is": "any",
        "conditions": [{"is": "field", "path": "payd"}, {"is": "x"}, {"is": "not", "y": 1}],
    }
    with pytest.raises(InvalidDefinition) as caught:
        Rule.from_json({"vocabulary": "order", "expression": data}, vocabulary=WORDS)
    assert sorted((f.code, f.path, f.value) for f in caught.value.findings) == [
        ("rule.missing_key", "conditions[2]", "condition"),
        ("rule.unknown_field", "conditions[0]", "payd"),
        ("rule.unknown_key", "conditions[2]", "y"),
        ("rule.unknown_node", "conditions[1]", "x"),
    ]


def test_deep_and_large_json_is_refused_without_recursion():
    data = FIELD
    for _ in range(50_000):
        data = {"is": "not", "condition": data}
    wide = {"is": "all", "conditions": [FIELD] * 50_000}
    for each, code in ((data, "rule.too_deep"), (wide, "rule.too_large")):
        with pytest.raises(InvalidDefinition) as caught:
            Rule.from_json({"vocabulary": "order", "expression": each}, vocabulary=WORDS)
        assert set(caught.value.codes) == {code}


@pytest.mark.parametrize(
    "data, code",
    [
        (5, "rule.shape"),
        ({"expression": FIELD}, "rule.shape"),
        ({"vocabulary": "order", "expression": FIELD, "x": 1}, "rule.shape"),
        ({"vocabulary": "cart", "expression": FIELD}, "rule.other_vocabulary"),
    ],
)
def test_the_envelope_is_checked(data, code):
    with pytest.raises(InvalidValue) as caught:
        Rule.from_json(data, vocabulary=WORDS)
    assert caught.value.code == code


def test_the_json_form_is_fixed():
    text = "order.total > CNY(0.1) and order.rate < 0.15 and order.channel == '' and order.mass > quantity('1 kg')"
    text += " and within(order.placed, None, '2026-11-11T00:00Z') and count(order.lines) > 1"
    assert parse(text, vocabulary=WORDS).to_json() == {
        "vocabulary": "order",
        "expression": {
            "is": "all",
            "conditions": [
                {"is": "compare", "left": {"is": "field", "path": "order.total"}, "comparison": ">", "right": {"is": "money", "value": "CNY 0.10"}},
                {"is": "compare", "left": {"is": "field", "path": "order.rate"}, "comparison": "<", "right": {"is": "decimal", "value": "0.15"}},
                {"is": "compare", "left": {"is": "field", "path": "order.channel"}, "comparison": "==", "right": {"is": "text", "value": ""}},
                {"is": "compare", "left": {"is": "field", "path": "order.mass"}, "comparison": ">", "right": {"is": "quantity", "value": "1.000 kg"}},
                {"is": "within", "at": {"is": "field", "path": "order.placed"}, "end": "2026-11-11T00:00:00Z"},
                {"is": "compare", "left": {"is": "count", "source": "order.lines"}, "comparison": ">", "right": {"is": "integer", "value": 1}},
            ],
        },
    }  # fmt: skip
