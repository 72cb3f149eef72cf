"""Nodes refuse what no vocabulary could make right; rules refuse the rest; JSON says where."""

from decimal import Decimal

import pytest
from tests.kernel.told import told
from tests.rules.rule_cases import KILOGRAM, T0, WORDS

from ordercore.kernel import InvalidDefinition, Money, Quantity, Unit
from ordercore.rules import (
    AllOf,
    AnyOf,
    Arithmetic,
    BooleanLiteral,
    Compare,
    Contains,
    Count,
    DecimalLiteral,
    Every,
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
    StartsWith,
    Sum,
    TextLiteral,
    Vocabulary,
    Within,
    parse,
)
from ordercore.rules.checker import check
from ordercore.rules.expression import children, walk
from ordercore.rules.limits import MAX_DEPTH, MAX_NODES

PAID = Field("paid")
LINES = Field("order.lines")


@pytest.mark.parametrize(
    "make, expected",
    [
        (lambda: MoneyLiteral(5), ("rule.literal", "value", 5)),
        (lambda: MoneyLiteral(Money(10**30, "CNY")), ("rule.literal", "value", Money(10**30, "CNY"))),
        (lambda: MoneyLiteral(Money(-(10**30), "CNY")), ("rule.literal", "value", Money(-(10**30), "CNY"))),
        (lambda: QuantityLiteral(5), ("rule.literal", "value", 5)),
        (lambda: QuantityLiteral(Quantity(10**30, KILOGRAM)), ("rule.literal", "value", Quantity(10**30, KILOGRAM))),
        (lambda: QuantityLiteral(Quantity(-(10**30), KILOGRAM)), ("rule.literal", "value", Quantity(-(10**30), KILOGRAM))),
        (lambda: IntegerLiteral(True), ("rule.literal", "value", True)),
        (lambda: IntegerLiteral(10**30), ("rule.literal", "value", 1000000000000000000000000000000)),
        (lambda: IntegerLiteral(-(10**30)), ("rule.literal", "value", -1000000000000000000000000000000)),
        (lambda: DecimalLiteral(1), ("rule.literal", "value", 1)),
        (lambda: DecimalLiteral(0.5), ("rule.literal", "value", 0.5)),
        (lambda: DecimalLiteral(Decimal("NaN")), ("rule.literal", "value", Decimal("NaN"))),
        (lambda: DecimalLiteral(Decimal("Infinity")), ("rule.literal", "value", Decimal("Infinity"))),
        (lambda: DecimalLiteral(Decimal("1E+999999")), ("rule.literal", "value", Decimal("1E+999999"))),
        (lambda: DecimalLiteral(Decimal("1E-999999")), ("rule.literal", "value", Decimal("1E-999999"))),
        (lambda: DecimalLiteral(Decimal("1E+29")), ("rule.literal", "value", Decimal("1E+29"))),
        (lambda: DecimalLiteral(Decimal("1E-30")), ("rule.literal", "value", Decimal("1E-30"))),
        (lambda: TextLiteral(5), ("rule.literal", "value", 5)),
        (lambda: TextLiteral("a" * 501), ("rule.literal", "value", "a" * 501)),
        (lambda: TextLiteral("\ud800"), ("rule.literal", "value", "\ud800")),
        (lambda: BooleanLiteral(1), ("rule.literal", "value", 1)),
        (lambda: InstantLiteral("2026-11-11"), ("time.not_an_instant", "value", "2026-11-11")),
        (lambda: Field("a.b.__c__"), ("rule.field_path", "path", "a.b.__c__")),
        (lambda: Membership(PAID, ()), ("membership", [("rule.too_few", "choices", ())])),
        (lambda: Membership(PAID, (PAID,)), ("membership", [("rule.choice", "choices", (PAID,))])),
        (lambda: Membership(PAID, ([],)), ("membership", [("rule.choice", "choices", ([],))])),
        (lambda: Membership(PAID, (TextLiteral("a"), TextLiteral("a"))), ("membership", [("rule.choice_twice", "choices", (TextLiteral("a"), TextLiteral("a")))])),
        (lambda: AllOf((PAID,)), ("rule.too_few", "conditions", (PAID,))),
        (lambda: AnyOf(()), ("rule.too_few", "conditions", ())),
        (lambda: Within(PAID, T0, T0), ("rule.empty_span", "end", T0)),
        (lambda: Some(condition=PAID, variable="a.b", source=LINES), ("rule.variable_name", "variable", "a.b")),
        (lambda: Sum(value=PAID, variable="", source=LINES), ("rule.variable_name", "variable", "")),
        (lambda: Count(source=LINES, variable="v"), ("rule.variable_name", "variable", "v")),
        (lambda: Count(source=LINES, condition=PAID), ("rule.variable_name", "variable", "")),
    ],
)  # fmt: skip
def test_a_node_refuses(make, expected):
    assert repr(told(make)) == repr(expected)


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
    "expression, code, path, value",
    [
        (5, "rule.not_an_expression", "", "5"),
        (AllOf((PAID, 5)), "rule.not_an_expression", "conditions[1]", "5"),
        (Not(None), "rule.not_an_expression", "condition", "None"),
        (Compare(PAID, "==", "x"), "rule.not_an_expression", "right", "'x'"),
        (IsMissing(BooleanLiteral(True)), "rule.wrong_type", "field", "boolean"),
        (IsMissing(5), "rule.not_an_expression", "field", "5"),
        (Includes(TextLiteral("a"), TextLiteral("a")), "rule.wrong_type", "collection", "text"),
        (Some(condition=PAID, variable="v", source=IntegerLiteral(1)), "rule.wrong_type", "source", "integer"),
        (Not(Compare(Arithmetic(Field("nope"), "+", PAID), ">", PAID)), "rule.unknown_field", "condition.left.left", "nope"),
        (AllOf((PAID,) * MAX_NODES), "rule.too_large", "", None),
    ],
)  # fmt: skip
def test_a_rule_built_by_hand_refuses_with_the_path(expression, code, path, value):
    with pytest.raises(InvalidDefinition) as caught:
        Rule(expression, WORDS)
    assert [(f.code, f.path, f.value) for f in caught.value.findings] == [(code, path, value)]
    assert caught.value.subject == "rule"


NOPE, UNITS, TOTAL, CHANNEL = map(Field, ("nope", "order.units", "order.total", "order.channel"))
RATING, TAGS = Field("customer.rating"), Field("customer.tags")
A, D, ONE = TextLiteral("A"), TextLiteral("D"), IntegerLiteral(1)
CRATES = QuantityLiteral(Quantity(1, Unit("XCR", scale=0, dimension="count", symbol="crate")))
UNKNOWN, WRONG = "rule.unknown_field", "rule.wrong_type"


def some(make, condition, source=LINES, variable="x"):
    return make(condition=condition, variable=variable, source=source)


def total_of(value, condition=None, source=LINES, variable="x"):
    asked = Sum(value=value, variable=variable, source=source, condition=condition)
    return Compare(asked, ">", ONE)


def count_of(condition=None, source=LINES):
    variable = "" if condition is None else "x"
    return Compare(Count(source=source, variable=variable, condition=condition), ">", ONE)


@pytest.mark.parametrize(
    "expression, expected",
    [
        (Compare(NOPE, "==", UNITS), [(UNKNOWN, "left", "nope")]),
        (Compare(UNITS, "==", NOPE), [(UNKNOWN, "right", "nope")]),
        (Compare(UNITS, "==", CHANNEL), [(WRONG, "", "integer, text")]),
        (Compare(CHANNEL, "<", A), [("rule.not_ordered", "", "<")]),
        (Compare(PAID, ">=", PAID), [("rule.not_ordered", "", ">=")]),
        (Compare(RATING, "==", D), [("rule.unknown_choice", "right", "D")]),
        (Compare(D, "!=", RATING), [("rule.unknown_choice", "left", "D")]),
        (Compare(CRATES, "==", CRATES), [("rule.unknown_unit", "left", "crate"), ("rule.unknown_unit", "right", "crate")]),
        (Compare(Arithmetic(UNITS, "+", TOTAL), ">", ONE), [(WRONG, "left", "integer, money")]),
        (Compare(Arithmetic(TOTAL, "*", TOTAL), ">", TOTAL), [(WRONG, "left", "money, money")]),
        (Compare(ONE, ">", Arithmetic(NOPE, "-", UNITS)), [(UNKNOWN, "right.left", "nope")]),
        (Compare(ONE, ">", Arithmetic(UNITS, "-", NOPE)), [(UNKNOWN, "right.right", "nope")]),
        (Membership(NOPE, [A]), [(UNKNOWN, "item", "nope")]),
        (Membership(NOPE, [A, CRATES]), [(UNKNOWN, "item", "nope"), ("rule.unknown_unit", "choices[1]", "crate")]),
        (Membership(TOTAL, [A]), [(WRONG, "item", "money")]),
        (Membership(CHANNEL, [A, ONE]), [(WRONG, "choices[1]", "integer")]),
        (Membership(CHANNEL, [CRATES, ONE]), [("rule.unknown_unit", "choices[0]", "crate"), (WRONG, "choices[1]", "integer")]),
        (Membership(RATING, [A, D]), [("rule.unknown_choice", "choices[1]", "D")]),
        (Membership(UNITS, [ONE, DecimalLiteral(Decimal("1.5"))]), [(WRONG, "choices[1]", "decimal")]),
        (Includes(CHANNEL, UNITS), [(WRONG, "collection", "text"), (WRONG, "item", "integer")]),
        (Includes(NOPE, NOPE), [(UNKNOWN, "collection", "nope"), (UNKNOWN, "item", "nope")]),
        (Contains(UNITS, TOTAL), [(WRONG, "text", "integer"), (WRONG, "part", "money")]),
        (Contains(NOPE, NOPE), [(UNKNOWN, "text", "nope"), (UNKNOWN, "part", "nope")]),
        (StartsWith(UNITS, TOTAL), [(WRONG, "text", "integer"), (WRONG, "prefix", "money")]),
        (StartsWith(NOPE, NOPE), [(UNKNOWN, "text", "nope"), (UNKNOWN, "prefix", "nope")]),
        (Within(UNITS, None, None), [(WRONG, "at", "integer")]),
        (Within(NOPE, None, None), [(UNKNOWN, "at", "nope")]),
        (IsMissing(NOPE), [(UNKNOWN, "field", "nope")]),
        (IsMissing(ONE), [(WRONG, "field", "integer")]),
        (Not(UNITS), [(WRONG, "condition", "integer")]),
        (AllOf((UNITS, PAID, NOPE)), [(WRONG, "conditions[0]", "integer"), (UNKNOWN, "conditions[2]", "nope")]),
        (AnyOf((PAID, TOTAL)), [(WRONG, "conditions[1]", "money")]),
        (some(Some, UNITS), [(WRONG, "condition", "integer")]),
        (some(Some, Field("x.nope")), [(UNKNOWN, "condition", "x.nope")]),
        (some(Some, PAID, source=TOTAL), [(WRONG, "source", "money")]),
        (some(Some, NOPE, source=NOPE), [(UNKNOWN, "source", "nope")]),
        (some(Some, PAID, variable="order"), [("rule.variable_taken", "", "order")]),
        (some(Every, TOTAL), [(WRONG, "condition", "money")]),
        (some(Every, PAID, source=PAID), [(WRONG, "source", "boolean")]),
        (some(Every, some(Some, PAID, source=Field("x.parts"))), [("rule.variable_taken", "condition", "x")]),
        (some(Every, some(Some, Field("x.units"), source=Field("x.parts"), variable="y")), [(WRONG, "condition.condition", "integer")]),
        (count_of(source=NOPE), [(UNKNOWN, "left.source", "nope")]),
        (count_of(source=PAID), [(WRONG, "left.source", "boolean")]),
        (count_of(UNITS), [(WRONG, "left.condition", "integer")]),
        (count_of(PAID, source=PAID), [(WRONG, "left.source", "boolean")]),
        (total_of(Field("x.sku")), [(WRONG, "left.value", "text")]),
        (total_of(Field("x.nope")), [(UNKNOWN, "left.value", "x.nope")]),
        (total_of(Field("x.units"), UNITS), [(WRONG, "left.condition", "integer")]),
        (total_of(Field("x.sku"), UNITS), [(WRONG, "left.condition", "integer"), (WRONG, "left.value", "text")]),
        (total_of(Field("x.units"), source=PAID), [(WRONG, "left.source", "boolean")]),
        (total_of(Field("x.units"), variable="paid"), [("rule.variable_taken", "left", "paid")]),
        (AllOf((PAID, 5)), [("rule.not_an_expression", "conditions[1]", "5")]),
    ],
)  # fmt: skip
def test_every_fault_of_a_node_is_told_with_its_place_at_any_depth(expression, expected):
    for made, before in (
        (expression, ""),
        (Not(expression), "condition"),
        (AllOf((PAID, some(Some, Not(expression), variable="z"))), "conditions[1].condition.condition"),
    ):  # fmt: skip
        with pytest.raises(InvalidDefinition) as caught:
            Rule(made, WORDS)
        found = [(f.code, f.path, f.value) for f in caught.value.findings]
        assert found == [
            (code, f"{before}.{path}".strip("."), value) for code, path, value in expected
        ]
        assert caught.value.subject == "rule"
        assert {f.severity for f in caught.value.findings} == {"error"}


def test_a_fault_holds_the_node_that_it_is_about():
    odd, unknown = object(), Field("nope")
    faults = check(AllOf((PAID, Not(odd), unknown, Contains(UNITS, CHANNEL), CRATES)), WORDS)
    assert [fault.node for fault in faults] == [odd, unknown, UNITS, CRATES]
    assert [fault.path for fault in faults] == [
        "conditions[1].condition",
        "conditions[2]",
        "conditions[3].text",
        "conditions[4]",
    ]


def test_what_a_rule_as_a_whole_breaks_has_no_path():
    tower = PAID
    for _ in range(MAX_DEPTH):
        tower = Not(tower)
    texts = tuple(Compare(CHANNEL, "==", TextLiteral("a" * 500)) for _ in range(40))
    for made, code in (
        (TOTAL, "rule.not_a_condition"),
        (AnyOf(texts), "rule.too_long"),
        (AllOf((PAID,) * MAX_NODES), "rule.too_large"),
        (tower, "rule.too_deep"),
        (5, "rule.not_an_expression"),
    ):
        (fault,) = check(made, WORDS)
        assert (fault.code, fault.path) == (code, "")
        assert fault.node is {"rule.too_deep": PAID}.get(code, PAID if "large" in code else made)


def test_something_odd_is_shown_by_its_beginning():
    class Long:
        def __repr__(self):
            return "ab" * 100

    for made, path in ((Long(), ""), (Not(Long()), "condition")):
        with pytest.raises(InvalidDefinition) as caught:
            Rule(made, WORDS)
        (finding,) = caught.value.findings
        assert (finding.code, finding.path) == ("rule.not_an_expression", path)
        assert finding.value == "ab" * 40


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
    deep = parse("any(x.deep.name == 'a' for x in order.lines)", vocabulary=WORDS)
    assert deep.fields == ("order.lines", "order.lines[].deep.name")


FIELD = {"is": "field", "path": "paid"}


@pytest.mark.parametrize(
    "data, code, path, value",
    [
        (5, "rule.unknown_node", "", "int"),
        ({}, "rule.unknown_node", "", "dict"),
        ({"is": 5}, "rule.unknown_node", "", "dict"),
        ({"is": "nott"}, "rule.unknown_node", "", "nott"),
        ({"is": "not"}, "rule.missing_key", "", "condition"),
        ({"is": "not", "condition": FIELD, "x": 1}, "rule.unknown_key", "", "x"),
        ({"is": "not", "condition": 5}, "rule.unknown_node", "condition", "int"),
        ({"is": "all", "conditions": 5}, "rule.wrong_json", "conditions", "int"),
        ({"is": "all", "conditions": "ab"}, "rule.wrong_json", "conditions", "ab"),
        ({"is": "all", "conditions": []}, "rule.too_few", "", "tuple"),
        ({"is": "all", "conditions": [FIELD, {"is": "integer", "value": True}]}, "rule.literal", "conditions[1]", "bool"),
        ({"is": "all", "conditions": [FIELD, {"is": "integer", "value": 1}]}, "rule.wrong_type", "conditions[1]", "integer"),
        ({"is": "field", "path": 5}, "rule.wrong_json", "path", "int"),
        ({"is": "field", "path": "a.__b__"}, "rule.field_path", "", "a.__b__"),
        ({"is": "field", "path": "payd"}, "rule.unknown_field", "", "payd"),
        ({"is": "missing", "field": "a.__b__"}, "rule.field_path", "field", "a.__b__"),
        ({"is": "missing", "field": FIELD}, "rule.wrong_json", "field", "dict"),
        ({"is": "money", "value": "CNY 1.001"}, "number.precision_loss", "value", "CNY 1.001"),
        ({"is": "money", "value": 1.5}, "rule.wrong_json", "value", "float"),
        ({"is": "quantity", "value": "1 stone"}, "quantity.unknown_unit", "value", "1 stone"),
        ({"is": "decimal", "value": "1e9"}, "rule.bad_number", "value", "1e9"),
        ({"is": "decimal", "value": "1_0"}, "rule.bad_number", "value", "1_0"),
        ({"is": "decimal", "value": 0.5}, "rule.wrong_json", "value", "float"),
        ({"is": "decimal", "value": "9" * 31}, "rule.literal", "", "Decimal"),
        ({"is": "boolean", "value": None}, "rule.wrong_json", "value", "NoneType"),
        ({"is": "text", "value": 5}, "rule.literal", "", "int"),
        ({"is": "instant", "value": "2026-11-11T00:00"}, "time.naive", "value", "2026-11-11T00:00"),
        ({"is": "compare", "left": FIELD, "comparison": "===", "right": FIELD}, "choice.unknown", "", "==="),
        ({"is": "in", "item": FIELD, "choices": [{"is": "text", "value": 5}, {"is": "boolean", "value": False}]}, "rule.literal", "choices[0]", "int"),
        ({"is": "in", "item": FIELD, "choices": [FIELD]}, "rule.choice", "", "tuple"),
        ({"is": "within", "at": {"is": "field", "path": "order.placed"}, "start": 5}, "rule.wrong_json", "start", "int"),
        ({"is": "some", "condition": FIELD, "variable": "X", "source": "order.lines"}, "rule.variable_name", "", "X"),
    ],
)  # fmt: skip
def test_json_is_refused_with_the_path(data, code, path, value):
    with pytest.raises(InvalidDefinition) as caught:
        Rule.from_json({"vocabulary": "order", "expression": data}, vocabulary=WORDS)
    assert [(f.code, f.path, f.value) for f in caught.value.findings] == [(code, path, value)]
    assert caught.value.subject == "rule"


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
