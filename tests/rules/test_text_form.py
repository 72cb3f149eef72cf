"""What a text may say, what it may not, and where the finding points."""

import sys

import pytest
from tests.rules.rule_cases import WORDS

from ordercore.kernel import InvalidDefinition, InvalidValue
from ordercore.rules import TEXT, Rule, Vocabulary, enum, parse
from ordercore.rules.limits import MAX_DEPTH, MAX_DIGITS, MAX_NESTING, MAX_NODES, MAX_RULE_TEXT

REFUSED = [
    ("", "rule.empty", "1:1", [""]),
    (" \n ", "rule.empty", "1:1", [""]),
    ("().__class__", "rule.unsupported", "1:1", ["Attribute"]),
    ("paid.__class__", "rule.field_path", "1:1", [None]),
    ("paid.__class__.__mro__", "rule.field_path", "1:1", [None]),
    ("_paid", "rule.field_path", "1:1", [None]),
    ("9**9**9", "rule.unsupported", "1:2 1:5", ["**", "**"]),
    ("lambda: 1", "rule.unsupported", "1:1 1:7", ["lambda", ":"]),
    ("(x:=1)", "rule.unsupported", "1:3", [":="]),
    ("f'x' == 'a'", "rule.unsupported", "1:2", ["'x'"]),
    ("b'x' == 'a'", "rule.unsupported", "1:2", ["'x'"]),
    ("'a' 'b' == order.channel", "rule.unsupported", "1:5", ["'b'"]),
    ("'a''b' == order.channel", "rule.unsupported", "1:4", ["'b'"]),
    ("[x for x in order.lines]", "rule.unsupported", "1:1", ["ListComp"]),
    ("order.lines[0].units > 1", "rule.unsupported", "1:1", ["Attribute"]),
    ("{'a'}", "rule.unsupported", "1:1 1:5", ["{", "}"]),
    ("paid; paid", "rule.unsupported", "1:5", [";"]),
    ("paid # x", "rule.unsupported", "1:6", ["#"]),
    ("paid \\\n", "rule.unsupported", "1:6", ["\\"]),
    ("a if b else c", "rule.unsupported", "1:8", ["else"]),
    ("await paid", "rule.unsupported", "1:1", ["await"]),
    ("order.units / 2 > 1", "rule.unsupported", "1:13", ["/"]),
    ("order.units % 2 > 1", "rule.unsupported", "1:13", ["%"]),
    ("order.units // 2 > 1", "rule.unsupported", "1:13", ["//"]),
    ("order.units << 2 > 1", "rule.unsupported", "1:13", ["<<"]),
    ("order.units >> 2 > 1", "rule.unsupported", "1:13", [">>"]),
    ("order.units <> 2", "rule.unsupported", "1:13", ["<>"]),
    ("paid -> paid", "rule.unsupported", "1:6", ["->"]),
    ("...", "rule.unsupported", "1:1", ["..."]),
    ("~paid", "rule.unsupported", "1:1", ["~"]),
    ("paid = True", "rule.unsupported", "1:6", ["="]),
    ("paid == None", "rule.unsupported", "1:9", ["Constant"]),
    ("paid is True", "rule.unsupported", "1:9", ["Constant"]),
    ("paid is 'None'", "rule.unsupported", "1:9", ["Constant"]),
    ("1 is None", "rule.unsupported", "1:1", ["Constant"]),
    ("order.units > -order.units", "rule.unsupported", "1:15", ["UnaryOp"]),
    ("order.units > - -1", "rule.unsupported", "1:15", ["UnaryOp"]),
    ("order.units > +1", "rule.unsupported", "1:15", ["UnaryOp"]),
    ("order.total > -CNY(5)", "rule.unsupported", "1:15", ["UnaryOp"]),
    ("order.total > CNY('1')", "rule.unsupported", "1:19", ["Constant"]),
    ("order.total > CNY(True)", "rule.unsupported", "1:19", ["Constant"]),
    ("order.total > CNY(-True)", "rule.unsupported", "1:20", ["Constant"]),
    ("order.total > CNY(order.units)", "rule.unsupported", "1:19", ["Attribute"]),
    ("instant(5) > order.placed", "rule.unsupported", "1:9", ["Constant"]),
    ("instant(paid) > order.placed", "rule.unsupported", "1:9", ["Name"]),
    ("quantity(5) > order.mass", "rule.unsupported", "1:10", ["Constant"]),
    ("order.channel in ('A')", "rule.unsupported", "1:19", ["Constant"]),
    ("order.channel in (order.channel,)", "rule.unsupported", "1:19", ["Attribute"]),
    ("order.channel in (order.chanel, 'a', None)", "rule.unsupported", "1:19 1:38", ["Attribute", "Constant"]),
    ("all([paid])", "rule.unsupported", "1:1", ["Call"]),
    ("any(*order.lines)", "rule.unsupported", "1:1", ["Call"]),
    ("sum(order.lines) > 1", "rule.unsupported", "1:1", ["Call"]),
    ("count(1) > 1", "rule.unsupported", "1:1", ["Call"]),
    ("any(x.gift for x, y in order.lines)", "rule.unsupported", "1:16", ["Tuple"]),
    ("any(x.gift for x in order.lines for y in order.items)", "rule.unsupported", "1:1", ["Call"]),
    ("any(x.gift for x in (1, 2))", "rule.unsupported", "1:21", ["Tuple"]),
    ("any(x.gift for x in order.lines if x.gift)", "rule.unsupported", "1:36", ["Attribute"]),
    ("count(x for x in order.lines if x.gift if paid) > 1", "rule.unsupported", "1:43", ["Name"]),
    ("count(x for x in order.lines) > 1", "rule.unsupported", "1:7", ["Name"]),
    ("count(x.sku for x in order.lines if x.gift) > 1", "rule.unsupported", "1:7", ["Attribute"]),
    ("count(y for x in order.lines if x.gift) > 1", "rule.unsupported", "1:7", ["Name"]),
    ("a.b().c", "rule.unsupported", "1:1", ["Attribute"]),
    ("order.lines.count()", "rule.unknown_function", "1:1", [""]),
    ("True()", "rule.unknown_function", "1:1", [""]),
    ("print('x')", "rule.unknown_function", "1:1", ["print"]),
    ("contain('a', 'b')", "rule.unknown_function", "1:1", ["contain"]),
    ("cny(5) > order.total", "rule.unknown_function", "1:1", ["cny"]),
    ("CNYX(5) > order.total", "rule.unknown_function", "1:1", ["CNYX"]),
    ("contains('a')", "rule.arguments", "1:1", ["1"]),
    ("starts_with('a', 'b', 'c')", "rule.arguments", "1:1", ["3"]),
    ("within(order.placed, None)", "rule.arguments", "1:1", ["2"]),
    ("count() > 1", "rule.arguments", "1:1", ["0"]),
    ("order.total > CNY(1, 2)", "rule.arguments", "1:15", ["2"]),
    ("order.total > ABC(1)", "rule.unknown_currency", "1:15", ["ABC"]),
    ("order.total > XAU(1)", "rule.unknown_currency", "1:15", ["XAU"]),
    ("order.total > CNY(0.001)", "rule.precision_loss", "1:15", ["0.001"]),
    ("order.total > JPY(0.1)", "rule.precision_loss", "1:15", ["0.1"]),
    ("1 < order.units < 3", "rule.chained_comparison", "1:1", [None]),
    ("ｏrder.units > 1", "rule.bad_character", "1:1", ["U+FF4F"]),
    ("paid\u200b", "rule.bad_character", "1:5", ["U+200B"]),
    ("order.channel == '\u202e'", "rule.bad_text", "1:18", ["'"]),
    ("order.channel == '\ud800'", "rule.bad_text", "1:18", ["'"]),
    ("order.channel == '\\ud800'", "rule.literal", "1:18", [None]),
    ("order.channel == '\\d'", "rule.bad_text", "1:18", ["'"]),
    ("order.channel == '\\N{DASH}'", "rule.bad_text", "1:18", ["'"]),
    ("order.channel == '\\U00110000'", "rule.bad_text", "1:18", ["'"]),
    ("order.channel == 'a", "rule.bad_text", "1:18", ["'"]),
    ('order.channel == "a', "rule.bad_text", "1:18", ['"']),
    ("order.channel == 'a\nb'", "rule.bad_text", "1:18", ["'"]),
    ("order.channel == '" + "a" * 501 + "'", "rule.literal", "1:18", [None]),
    ("paid\x00", "rule.bad_character", "1:5", ["U+0000"]),
    ("paid\x0c", "rule.bad_character", "1:5", ["U+000C"]),
    ("\rpaid", "rule.bad_character", "1:1", ["U+000D"]),
    ("order.units > 0x10", "rule.bad_number", "1:15", ["0x10"]),
    ("order.units > 1e5", "rule.bad_number", "1:15", ["1e5"]),
    ("order.units > 1j", "rule.bad_number", "1:15", ["1j"]),
    ("order.units > 007", "rule.bad_number", "1:15", ["007"]),
    ("order.units > 1.", "rule.bad_number", "1:15", ["1."]),
    ("order.units > .5", "rule.bad_number", "1:15", [".5"]),
    ("order.units > 1__0", "rule.bad_number", "1:15", ["1__0"]),
    ("order.units > 1_", "rule.bad_number", "1:15", ["1_"]),
    ("CNY(1.5.2) > order.total", "rule.bad_number", "1:5", ["1.5.2"]),
    ("order.units > " + "9" * (MAX_DIGITS + 1), "rule.number_too_long", "1:15", ["9999999999999999999999999999999"]),
    ("order.rate > 0." + "9" * MAX_DIGITS, "rule.number_too_long", "1:14", ["0.999999999999999999999999999999"]),
    ("(paid", "rule.bracket", "1:1", ["("]),
    ("((paid)", "rule.bracket", "1:1", ["("]),
    ("paid)", "rule.bracket", "1:5", [")"]),
    ("paid) or (paid", "rule.bracket", "1:5", [")"]),
    ("(paid]", "rule.bracket", "1:6", ["]"]),
    ("paid and", "rule.syntax", "1:1", [""]),
    ("paid paid", "rule.syntax", "1:1", [""]),
    ("not in", "rule.syntax", "1:5", [""]),
    ("for if", "rule.syntax", "1:1", [""]),
    ("order.totl > CNY(1)", "rule.unknown_field", "1:1", ["order.totl"]),
    ("order > CNY(1)", "rule.unknown_field", "1:1", ["order"]),
    ("order.gift.x", "rule.unknown_field", "1:1", ["order.gift.x"]),
    ("order.chanel in ('a', 'b')", "rule.unknown_field", "1:1", ["order.chanel"]),
    ("order.nope + 1 > order.nope2", "rule.unknown_field", "1:1 1:18", ["order.nope", "order.nope2"]),
    ("x.units > 1", "rule.unknown_field", "1:1", ["x.units"]),
    ("any(x.unit > 1 for x in order.lines)", "rule.unknown_field", "1:5", ["x.unit"]),
    ("any(x > 1 for x in order.lines)", "rule.unknown_field", "1:5", ["x"]),
    ("order.unit is None", "rule.unknown_field", "1:1", ["order.unit"]),
    ("order.total", "rule.not_a_condition", "1:1", [None]),
    ("1", "rule.not_a_condition", "1:1", [None]),
    ("count(order.lines)", "rule.not_a_condition", "1:1", [None]),
    ("'a' in order.channel", "rule.wrong_type", "1:8", ["text"]),
    ("1 in customer.tags", "rule.wrong_type", "1:1", ["integer"]),
    ("order.total in (CNY(1),)", "rule.wrong_type", "1:1", ["money"]),
    ("order.channel in (1, 'a', CNY(1))", "rule.wrong_type", "1:19 1:27", ["integer", "money"]),
    ("order.units in ('a',)", "rule.wrong_type", "1:17", ["text"]),
    ("order.units in (1.5,)", "rule.wrong_type", "1:17", ["decimal"]),
    ("order.total > 1", "rule.wrong_type", "1:1", ["money, integer"]),
    ("order.channel == 1", "rule.wrong_type", "1:1", ["text, integer"]),
    ("paid == 1", "rule.wrong_type", "1:1", ["boolean, integer"]),
    ("order.placed > '2026'", "rule.wrong_type", "1:1", ["instant, text"]),
    ("order.lines == order.lines", "rule.wrong_type", "1:1", ["list of records, list of records"]),
    ("customer.tags == customer.tags", "rule.wrong_type", "1:1", ["set of text, set of text"]),
    ("order.total == order.mass", "rule.wrong_type", "1:1", ["money, quantity of mass"]),
    ("quantity('1.5 L') > order.mass", "rule.wrong_type", "1:1", ["quantity of volume, quantity of mass"]),
    ("order.total + 1 > CNY(1)", "rule.wrong_type", "1:1", ["money, integer"]),
    ("order.total + order.mass > CNY(1)", "rule.wrong_type", "1:1", ["money, quantity of mass"]),
    ("order.total * order.total > CNY(1)", "rule.wrong_type", "1:1", ["money, money"]),
    ("order.channel * 2 == 'a'", "rule.wrong_type", "1:1", ["text, integer"]),
    ("2 * order.channel == 'a'", "rule.wrong_type", "1:1", ["integer, text"]),
    ("order.channel + 'a' == 'a'", "rule.wrong_type", "1:1", ["text, text"]),
    ("not order.units", "rule.wrong_type", "1:5", ["integer"]),
    ("paid and order.units", "rule.wrong_type", "1:10", ["integer"]),
    ("order.units or order.total", "rule.wrong_type", "1:1 1:16", ["integer", "money"]),
    ("contains(order.units, paid)", "rule.wrong_type", "1:10 1:23", ["integer", "boolean"]),
    ("starts_with(order.units, paid)", "rule.wrong_type", "1:13 1:26", ["integer", "boolean"]),
    ("within(order.units, None, None)", "rule.wrong_type", "1:8", ["integer"]),
    ("any(x.units > 1 for x in order.total)", "rule.wrong_type", "1:26", ["money"]),
    ("any(x.units for x in order.lines)", "rule.wrong_type", "1:5", ["integer"]),
    ("all(x.units for x in order.lines)", "rule.wrong_type", "1:5", ["integer"]),
    ("sum(x.sku for x in order.lines) > 1", "rule.wrong_type", "1:5", ["text"]),
    ("sum(x.units for x in order.lines if x.units) > 1", "rule.wrong_type", "1:37", ["integer"]),
    ("count(order.total) > 1", "rule.wrong_type", "1:7", ["money"]),
    ("count(x for x in order.lines if x.units) > 1", "rule.wrong_type", "1:33", ["integer"]),
    ("customer.rating < 'A'", "rule.not_ordered", "1:1", ["<"]),
    ("order.channel >= 'A'", "rule.not_ordered", "1:1", [">="]),
    ("paid > True", "rule.not_ordered", "1:1", [">"]),
    ("customer.rating == 'D'", "rule.unknown_choice", "1:20", ["D"]),
    ("'a' != customer.rating", "rule.unknown_choice", "1:1", ["a"]),
    ("customer.rating in ('A', 'D', 'E')", "rule.unknown_choice", "1:26 1:31", ["D", "E"]),
    ("order.channel in ()", "rule.too_few", "1:1", [None]),
    ("order.channel in ('A', 'A')", "rule.choice_twice", "1:1", [None]),
    ("within(order.placed, '2026-11-11', None)", "time.not_an_instant", "1:1", [None]),
    ("within(order.placed, '2026-11-11T00:00', None)", "time.naive", "1:1", [None]),
    ("instant('x') < order.placed", "time.not_an_instant", "1:1", [None]),
    (
        "within(order.placed, '2026-11-11T00:00Z', '2026-11-11T00:00Z')",
        "rule.empty_span",
        "1:1",
        [None],
    ),
    ("quantity('1 stone') > order.mass", "rule.unknown_unit", "1:1", ["stone"]),
    ("quantity('kg') > order.mass", "quantity.text", "1:1", [None]),
    ("any(order.units > 1 for order in order.lines)", "rule.variable_taken", "1:1", ["order"]),
    ("any(any(v.spare for v in v.parts) for v in order.lines)", "rule.variable_taken", "1:5", ["v"]),
    ("any(True for X in order.lines)", "rule.variable_name", "1:1", [None]),
    ("sum(1 for X in order.lines) > 1", "rule.variable_name", "1:1", [None]),
    ("\tpaid and\r\n  paidd", "rule.unknown_field", "2:3", ["paidd"]),
    ("'茶' == order.channel and paidd", "rule.unknown_field", "1:26", ["paidd"]),
    ("'茶' == order.channel and\n'茶茶' != order.chanel", "rule.unknown_field", "2:9", ["order.chanel"]),
    ("a" * (MAX_RULE_TEXT + 1), "rule.too_long", f"1:{MAX_RULE_TEXT + 1}", [""]),
    ("(" * 100_000, "rule.too_long", f"1:{MAX_RULE_TEXT + 1}", [""]),
    ("(" * 20_000, "rule.too_deep", f"1:{MAX_NESTING // 2 + 1}", [""]),
    ("[" * 20_000, "rule.too_deep", f"1:{MAX_NESTING // 2 + 1}", [""]),
    ("not " * 5_000, "rule.too_deep", f"1:{MAX_NESTING * 4 + 1}", [""]),
    ("-" * 19_999 + "1", "rule.too_deep", f"1:{MAX_NESTING + 1}", [""]),
    ("a" + ".a" * 9_000, "rule.too_deep", f"1:{MAX_NESTING * 2 + 2}", [""]),
    ("f" + "()" * 9_000, "rule.too_deep", f"1:{MAX_NESTING * 2}", [""]),
    ("1" + "*1" * 9_000, "rule.too_deep", f"1:{MAX_NESTING * 2 + 2}", [""]),
    ("not " * MAX_DEPTH + "paid", "rule.too_deep", f"1:{MAX_DEPTH * 4 + 1}", [None]),
    (" and ".join(["paid"] * MAX_NODES), "rule.too_large", f"1:{(MAX_NODES - 1) * 9 + 1}", [None]),
    ("paid and paid and " + " and ".join(["paid is not None"] * 333), "rule.too_large", "1:6991", [None]),
    ("order.units * 0.5 in (1,)", "rule.wrong_type", "1:1", ["decimal"]),
    ("order.size + order.mass > quantity('1 L')", "rule.wrong_type", "1:1", ["quantity of mass, quantity of volume"]),
    ("order.mass - order.size > quantity('1 L')", "rule.wrong_type", "1:1", ["quantity of mass, quantity of volume"]),
    ("paid and paid == True and paid and " + "(" * 80, "rule.too_deep", "1:100", [""]),
    ("paid == True and " + "-" * 200 + "1", "rule.too_deep", "1:146", [""]),
    ("-1 == " + "-" * 200 + "1", "rule.too_deep", "1:135", [""]),
    ("f(-1, " + "-" * 200 + "1", "rule.too_deep", "1:134", [""]),
    ("éé paid \u200b", "rule.bad_character", "1:1 1:2 1:9", ["U+00E9", "U+00E9", "U+200B"]),
    ("'a' '" + "b" * 50 + "'", "rule.unsupported", "1:5", ["'" + "b" * 19]),
    ("order.units > 1e" + "5" * 50, "rule.bad_number", "1:15", ["1e" + "5" * 38]),
    ("order.units > " + "9" * 50, "rule.number_too_long", "1:15", ["9" * 40]),
    ("((paid", "rule.bracket", "1:2", ["("]),
    ("paid\nand and paid", "rule.syntax", "2:5", [""]),
    ("paid and\n\n   for", "rule.syntax", "3:4", [""]),
]  # fmt: skip


def name_of_case(value):
    """Without backslashes, so that pytest finds a case by its id again."""
    return ascii(str(value)[:40])[1:-1].replace("\\", "/")


@pytest.mark.parametrize("text, code, places, values", REFUSED, ids=name_of_case)
def test_refused_with_code_and_place(text, code, places, values):
    with pytest.raises(InvalidDefinition) as caught:
        parse(text, vocabulary=WORDS)
    findings = caught.value.findings
    assert {finding.code for finding in findings} == {code}
    assert [finding.path for finding in findings] == places.split()
    assert [finding.value for finding in findings] == values
    assert {finding.severity for finding in findings} == {"error"}
    assert caught.value.subject == "rule"


def test_what_lies_just_above_the_limit_is_still_judged_beside_what_is_too_deep():
    text = "not " * MAX_DEPTH + "paid and " + "not " * (MAX_DEPTH - 2) + "f(1)"
    with pytest.raises(InvalidDefinition) as caught:
        parse(text, vocabulary=WORDS)
    assert caught.value.codes == ("rule.too_deep", "rule.unknown_function")


def test_two_enums_compare_where_they_share_a_choice():
    words = Vocabulary(
        "order", {"a.p": enum("A", "B"), "a.q": enum("B", "C"), "a.r": enum("X"), "a.t": TEXT}
    )
    assert parse("a.p == a.q", vocabulary=words).holds({"a": {"p": "B", "q": "B"}})
    assert parse("a.p != a.t", vocabulary=words).holds({"a": {"p": "B", "t": "b"}})
    with pytest.raises(InvalidDefinition) as caught:
        parse("a.p == a.r", vocabulary=words)
    assert [(f.code, f.value) for f in caught.value.findings] == [
        ("rule.wrong_type", "one of 'A', 'B', one of 'X'")
    ]


def test_too_deep_is_said_once_however_many_parts_are():
    with pytest.raises(InvalidDefinition) as caught:
        parse("order.units" + " + order.units" * 40 + " > 1", vocabulary=WORDS)
    assert caught.value.codes.count("rule.too_deep") == 1


def test_all_findings_come_at_once_in_the_order_of_the_text():
    text = "order.totl > CNY(1) and\n  XYZ(1) < order.total or customer.rating == 'D'\nor f(1)"
    with pytest.raises(InvalidDefinition) as caught:
        parse(text, vocabulary=WORDS)
    assert [(f.path, f.code, f.value) for f in caught.value.findings] == [
        ("1:1", "rule.unknown_field", "order.totl"),
        ("2:3", "rule.unknown_currency", "XYZ"),
        ("2:46", "rule.unknown_choice", "D"),
        ("3:4", "rule.unknown_function", "f"),
    ]


def test_the_message_ends_with_the_line_and_a_caret():
    with pytest.raises(InvalidDefinition) as caught:
        parse("paid and\n\tpaidd or paid", vocabulary=WORDS)
    (finding,) = caught.value.findings
    assert finding.message.split("\n")[1:] == [" paidd or paid", " ^"]
    assert "'paid'" in finding.message


def test_a_long_line_is_cut_around_its_place():
    with pytest.raises(InvalidDefinition) as caught:
        parse("paid or " * 30 + "paidd" + " or paid" * 30, vocabulary=WORDS)
    _, excerpt, caret = caught.value.findings[0].message.split("\n")
    assert len(excerpt) == 100
    assert excerpt[len(caret) - 1 :].startswith("paidd")
    assert len(caret) == 51


def test_several_bad_tokens_are_all_named():
    with pytest.raises(InvalidDefinition) as caught:
        parse("paid ? paid @ 1e5 é", vocabulary=WORDS)
    found = [(f.code, f.value) for f in caught.value.findings]
    assert found == [
        ("rule.unsupported", "?"),
        ("rule.unsupported", "@"),
        ("rule.bad_number", "1e5"),
        ("rule.bad_character", "U+00E9"),
    ]


READ = [
    ("order.total>CNY( 500_000 )", "order.total > CNY(500000)"),
    ("order.total > CNY(0.1)", "order.total > CNY(0.10)"),
    ("order.total > CNY(0.10)", "order.total > CNY(0.10)"),
    ("order.total > CNY(-5.00)", "order.total > CNY(-5)"),
    ("order.total > JPY(100)", "order.total > JPY(100)"),
    ("order.total > JPY(0)", "order.total > JPY(0)"),
    ("order.total > KWD(0.100)", "order.total > KWD(0.100)"),
    ("order.total > KWD(120)", "order.total > KWD(120)"),
    ("order.rate > 0.10", "order.rate > 0.1"),
    ("order.rate > -2.0", "order.rate > -2.0"),
    ("order.rate > -0.0", "order.rate > 0.0"),
    ("order.units > -0", "order.units > 0"),
    ("order.rate > 1.0000000000000000000000000001", "order.rate > 1.0000000000000000000000000001"),
    ("order.units > 9007199254740993", "order.units > 9007199254740993"),
    ("(paid)", "paid"),
    ("(((paid and (paid)) or paid))", "paid and paid or paid"),
    ("paid and (paid or paid)", "paid and (paid or paid)"),
    ("(paid and paid) and paid", "(paid and paid) and paid"),
    ("(paid or paid) or paid", "(paid or paid) or paid"),
    ("not (paid and paid)", "not (paid and paid)"),
    ("not (not paid)", "not not paid"),
    ("(not paid) and paid", "not paid and paid"),
    ("not (1 > order.units)", "not 1 > order.units"),
    ("paid == (not paid)", "paid == (not paid)"),
    ("(paid == paid) != paid", "(paid == paid) != paid"),
    ("order.units+(1*2) > 1-(2-3)", "order.units + 1 * 2 > 1 - (2 - 3)"),
    ("(1+2)*3 > (1*2)*3 ", "(1 + 2) * 3 > 1 * 2 * 3"),
    ("(1+2)+3 > 1*(2*3)", "1 + 2 + 3 > 1 * (2 * 3)"),
    ("1 - -1 > 0", "1 - -1 > 0"),
    ("order.channel in ['a', \"it's\"]", "order.channel in ('a', 'it\\'s')"),
    ("order.channel not in ('a',)", "order.channel not in ('a',)"),
    ("not order.channel in ('a',)", "order.channel not in ('a',)"),
    ("not order.channel not in ('a',)", "not order.channel not in ('a',)"),
    ("'vip' in customer.tags", "'vip' in customer.tags"),
    ("not 'vip' in customer.tags", "'vip' not in customer.tags"),
    ("paid is None or paid is not None", "paid is None or paid is not None"),
    ("not paid is None", "paid is not None"),
    ("contains(order.channel,'a')", "contains(order.channel, 'a')"),
    ("starts_with('a',order.channel)", "starts_with('a', order.channel)"),
    (
        "order.channel == '\\x41\\u8336\\n\\t\\r\\\\\\'\\\"'",
        "order.channel == 'A茶\\n\\t\\r\\\\\\'\"'",
    ),
    ("order.channel == '\\u202e\\x00\\U000e0041'", "order.channel == '\\u202e\\x00\\U000e0041'"),
    ("order.channel == '\\U0010ffff'", "order.channel == '\U0010ffff'"),
    (
        "order.placed < instant('2026-11-11T08:00+08:00')",
        "order.placed < instant('2026-11-11T00:00:00Z')",
    ),
    (
        "within(order.placed, None, '2026-11-11T00:00Z')",
        "within(order.placed, None, '2026-11-11T00:00:00Z')",
    ),
    ("quantity('1.5 kg') < order.mass", "quantity('1.500 kg') < order.mass"),
    ("any( x.gift for x in order.lines )", "any(x.gift for x in order.lines)"),
    ("all((x.gift or paid) for x in order.lines)", "all(x.gift or paid for x in order.lines)"),
    ("count(order.lines) > 1", "count(order.lines) > 1"),
    ("count(x for x in order.lines if x.gift) > 1", "count(x for x in order.lines if x.gift) > 1"),
    (
        "sum(x.units * 2 for x in order.lines if x.gift) > 1",
        "sum(x.units * 2 for x in order.lines if x.gift) > 1",
    ),
    (
        "any(any(y.spare and x.gift for y in x.parts) for x in order.lines)",
        "any(any(y.spare and x.gift for y in x.parts) for x in order.lines)",
    ),
    ("order . total > CNY (1)", "order.total > CNY(1)"),
    ("paid\r\nand\n\tpaid", "paid and paid"),
    ("True or False", "True or False"),
    ("customer.rating == order.channel", "customer.rating == order.channel"),
    ("order.size > quantity('1 L') + order.size", "order.size > quantity('1.000 L') + order.size"),
]


@pytest.mark.parametrize("text, written", READ)
def test_written_in_one_way(text, written):
    rule = parse(text, vocabulary=WORDS)
    assert rule.to_text() == written
    assert parse(written, vocabulary=WORDS) == rule


def test_what_is_at_the_limits_is_a_rule():
    for text in (
        "not " * (MAX_DEPTH - 1) + "paid",
        "order.units > " + "9" * MAX_DIGITS,
        "order.rate > 0." + "9" * (MAX_DIGITS - 1),
        "order.rate > " + "9" * (MAX_DIGITS - 1) + ".5",
        " and ".join(["paid"] * (MAX_NODES - 1)),
        "(" * (MAX_NESTING // 2 - 1) + "paid" + ")" * (MAX_NESTING // 2 - 1),
        "order.channel == '" + "a" * 500 + "'",
        "paid".ljust(MAX_RULE_TEXT),
        " and ".join(["order.units + 1 > -1"] * 140),
    ):
        rule = parse(text, vocabulary=WORDS)
        assert parse(rule.to_text(), vocabulary=WORDS) == rule


def test_the_deepest_rule_of_each_shape_reads_back():
    for start, around in (
        ("1", "1 - ({})"),
        ("1", "-1 * ({})"),
        ("1", "sum({} for v{} in order.lines)"),
    ):
        text = start
        for i in range(MAX_DEPTH - 3):
            text = around.format(text, i)
        rule = parse(
            f"order.deep.a.b.c.d > {text}",
            vocabulary=Vocabulary(
                "o",
                {
                    "order.deep.a.b.c.d": WORDS.fields["order.units"],
                    "order.lines": WORDS.fields["order.lines"],
                },
            ),
        )
        assert parse(rule.to_text(), vocabulary=rule.vocabulary) == rule
    text = "paid"
    for _ in range((MAX_DEPTH - 1) // 2):
        text = f"paid and not (paid or {text})" if len(text) % 2 else f"not (paid and {text})"
        try:
            rule = parse(text, vocabulary=WORDS)
        except InvalidDefinition as error:
            assert set(error.codes) == {"rule.too_deep"}
            break
        assert parse(rule.to_text(), vocabulary=WORDS) == rule


def test_a_near_stack_end_does_not_matter_to_a_rule_of_ordinary_depth():
    def down(levels):
        if levels:
            return down(levels - 1)
        return parse("(" * 20 + "paid" + ")" * 20, vocabulary=WORDS).holds({"paid": True})

    assert down(sys.getrecursionlimit() // 2)


@pytest.mark.parametrize("text", [None, b"paid", 5])
def test_only_text_is_parsed(text):
    with pytest.raises(InvalidValue) as caught:
        parse(text, vocabulary=WORDS)
    error = caught.value
    assert (error.code, error.path, error.value) == ("rule.not_text", "text", text)


def test_a_rule_whose_text_would_be_too_long_is_refused():
    longest = "'" + "a" * 500 + "'"
    rule = parse(f"order.channel == {longest}", vocabulary=WORDS).expression
    from ordercore.rules import AnyOf

    with pytest.raises(InvalidDefinition) as caught:
        Rule(AnyOf([rule] * 40), WORDS)
    assert caught.value.codes == ("rule.too_long",)
    assert Rule(AnyOf([rule] * 37), WORDS).to_text().count("==") == 37
