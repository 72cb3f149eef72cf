"""Generated rules of any shape: the forms read back, and the answers are the oracle's."""

import ast
import copy
import json
import pickle

from hypothesis import given
from hypothesis import strategies as st
from tests.rules.rule_cases import WORDS, Faulty, expressions, facts, naive

from ordercore.kernel import InvalidDefinition, InvalidValue, canonical_json
from ordercore.rules import Condition, Rule, parse

TYPES = dict(WORDS.fields)


def answer(rule, given_facts):
    try:
        return rule.holds(given_facts)
    except InvalidValue as error:
        return error.code


def expected(rule, given_facts):
    try:
        return naive(rule.expression, given_facts, TYPES)
    except Faulty as error:
        return error.code


@given(expressions())
def test_the_text_form_reads_back(expression):
    rule = Rule(expression, WORDS)
    text = rule.to_text()
    again = parse(text, vocabulary=WORDS)
    assert again == rule
    assert again.to_text() == text == str(rule)


@given(expressions())
def test_the_json_form_reads_back(expression):
    rule = Rule(expression, WORDS)
    data = json.loads(json.dumps(rule.to_json()))
    assert Rule.from_json(data, vocabulary=WORDS) == rule
    assert Rule.from_json(data, vocabulary=WORDS).to_json() == rule.to_json()


@given(expressions())
def test_no_bracket_of_the_text_can_go(expression):
    text = Rule(expression, WORDS).to_text()
    tree = ast.dump(ast.parse(text, mode="eval"))
    stack = []
    for i, character in enumerate(text):
        if character == "(" and "'" not in text:
            stack.append(i)
        elif character == ")" and "'" not in text:
            start = stack.pop()
            before = text[:start].rstrip()
            if before and (before[-1].isalnum() or before[-1] == "_") and text[start - 1] != " ":
                continue
            bare = f"{text[:start]} {text[start + 1 : i]} {text[i + 1 :]}"
            try:
                assert ast.dump(ast.parse(bare.strip(), mode="eval")) != tree
            except SyntaxError:
                continue


@given(expressions(), facts())
def test_the_answer_is_the_oracles(expression, given_facts):
    rule = Rule(expression, WORDS)
    assert answer(rule, given_facts) == expected(rule, given_facts)


@given(expressions(), facts(faults=True))
def test_faulty_facts_raise_where_the_oracle_says(expression, given_facts):
    rule = Rule(expression, WORDS)
    assert answer(rule, given_facts) == expected(rule, given_facts)


def conditions(trace):
    yield trace
    for part in trace.parts:
        yield from conditions(part)


@given(expressions(), facts(faults=True))
def test_the_trace_agrees_with_the_answer(expression, given_facts):
    rule = Rule(expression, WORDS)
    try:
        holds = rule.holds(given_facts)
    except InvalidValue as error:
        try:
            rule.evaluate(given_facts)
        except InvalidValue as same:
            assert (same.code, same.path, same.value) == (error.code, error.path, error.value)
            assert same.expected == error.expected
        else:
            raise AssertionError("holds raises, evaluate does not") from error
        return
    evaluation = rule.evaluate(given_facts)
    assert evaluation.holds is holds is evaluation.trace.result
    assert evaluation == rule.evaluate(given_facts)
    assert evaluation.trace.text == rule.to_text()
    for condition in conditions(evaluation.trace):
        assert isinstance(condition, Condition)
        assert not (condition.needed and condition.result is None)
        assert bool(condition.problem) <= (condition.result is None)
        assert condition.missing is None or condition.result is False
    assert evaluation.trace.describe().count("\n") + 1 == len(list(conditions(evaluation.trace)))


@given(expressions(), facts())
def test_pickles_and_copies_are_equal_and_answer_alike(expression, given_facts):
    rule = Rule(expression, WORDS)
    for other in (pickle.loads(pickle.dumps(rule)), copy.deepcopy(rule)):
        assert other == rule
        assert hash(other) == hash(rule)
        assert answer(other, given_facts) == answer(rule, given_facts)


@given(expressions())
def test_the_compiled_form_is_not_encoded(expression):
    rule = Rule(expression, WORDS)
    assert canonical_json(rule) == canonical_json(parse(rule.to_text(), vocabulary=WORDS))


TOKENS = ["order.total", "order.lines", "line", "for", "in", "(", ")", "[", "]", ",", "and", "or"]
TOKENS += ["not", "is", "None", "True", "CNY", "USD", "XAU", "1", "0.1", "-", "+", "*", "==", "<"]
TOKENS += [
    "'A'",
    '"b"',
    "any",
    "sum",
    "count",
    "within",
    "instant",
    "quantity",
    "if",
    "lambda",
    ".",
]
TOKENS += [
    "\n",
    "**",
    ":=",
    "\\",
    "'",
    "茶",
    "\x00",
    "paid",
    "line.units",
    "{",
    "f'x'",
    "@",
    "=",
    "0x1",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(TOKENS)).map(" ".join)))
def test_any_text_is_a_rule_or_is_refused_with_places(text):
    try:
        rule = parse(text, vocabulary=WORDS)
    except InvalidDefinition as error:
        assert error.findings
        lines = text.replace("\r\n", "\n").split("\n")
        for finding in error.findings:
            line, column = map(int, finding.path.split(":"))
            assert 1 <= line <= len(lines)
            assert 1 <= column <= len(lines[line - 1]) + 1
            assert finding.message.endswith("^")
            assert finding.code.startswith(("rule.", "money.", "quantity.", "time."))
    else:
        assert parse(rule.to_text(), vocabulary=WORDS) == rule


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["is", "value", "left", "right", "path", "conditions", "x"]),
            st.one_of(inner, st.sampled_from(["all", "not", "integer", "compare", "field", "in"])),
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_data_is_a_rule_or_is_refused(data):
    try:
        rule = Rule.from_json({"vocabulary": "order", "expression": data}, vocabulary=WORDS)
    except InvalidDefinition as error:
        assert error.findings
    else:
        assert rule.holds({}) in {True, False}
