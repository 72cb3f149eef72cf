"""The laws of rules hold for whatever is drawn, and each of them can be broken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from tests.rules.rule_cases import WORDS, Faulty, expressions, facts, naive

from ordercore.kernel import InvalidValue
from ordercore.rules import INVARIANTS, TEXT, Condition, Evaluation, Rule, Vocabulary, parse
from ordercore.testing import rule_values

LAW = {law.invariant_id.removeprefix("INV-RULES-"): law.check for law in INVARIANTS}
PAID, GIFT = (parse(text, vocabulary=WORDS) for text in ("paid", "order.gift"))


@given(expressions())
def test_1_text_forms(expression):
    rule = Rule(expression, WORDS)
    assert LAW["1"](rule, rule.to_text()) is None


@given(expressions())
def test_2_json_forms(expression):
    rule = Rule(expression, WORDS)
    assert LAW["2"](rule, json.loads(json.dumps(rule.to_json()))) is None


@given(expressions(), facts(faults=True))
def test_3_evaluations(expression, given_facts):
    rule = Rule(expression, WORDS)
    try:
        evaluation = rule.evaluate(given_facts)
    except InvalidValue as error:
        with pytest.raises(InvalidValue) as caught:
            rule.holds(given_facts)
        assert (caught.value.code, caught.value.path) == (error.code, error.path)
    else:
        assert LAW["3"](rule, given_facts, evaluation) is None


@given(expressions(), facts())
def test_4_the_compiled_form(expression, given_facts):
    try:
        interpreted = naive(expression, given_facts, dict(WORDS.fields))
    except Faulty as error:
        with pytest.raises(InvalidValue) as caught:
            Rule(expression, WORDS).holds(given_facts)
        assert caught.value.code == error.code
    else:
        assert LAW["4"](Rule(expression, WORDS), given_facts, interpreted) is None


@given(rule_values.vocabularies())
def test_5_vocabularies(vocabulary):
    assert LAW["5"](vocabulary, json.loads(json.dumps(vocabulary.to_json()))) is None


@pytest.mark.parametrize(
    "number, subject, witness",
    [
        ("1", (PAID, "order.gift"), {"text": "order.gift", "read": "order.gift"}),
        ("1", (PAID, "(paid)"), {"text": "(paid)", "read": "paid"}),
        ("2", (PAID, GIFT.to_json()), {"rule": "paid", "read": "order.gift"}),
        ("3", (PAID, {"paid": True}, PAID.evaluate({"paid": False})), {"rule": "paid", "holds": False}),
        ("3", (PAID, {"paid": True}, Evaluation(True, Condition(text="paid", result=False))), {"rule": "paid", "holds": True}),
        ("3", (PAID, {"paid": True}, PAID.evaluate({"paid": True})), None),
        ("4", (PAID, {"paid": True}, False), {"rule": "paid", "interpreted": False}),
        ("4", (PAID, {"paid": True}, True), None),
        ("5", (WORDS, Vocabulary("o", {"a": TEXT}).to_json()), {"vocabulary": "order", "read": "o"}),
        ("5", (Vocabulary("o", {"a": TEXT}), {"name": "o", "fields": {"a": {"type": "text", "choices": []}}}), {"vocabulary": "o", "read": "o"}),
    ],
)  # fmt: skip
def test_a_law_finds_what_breaks_it(number, subject, witness):
    found = LAW[number](*subject)
    if witness is None:
        assert found is None
    else:
        assert (found.invariant_id, dict(found.witness)) == (f"INV-RULES-{number}", witness)


def test_json_that_is_read_but_not_written_breaks_the_law():
    data = parse("within(order.placed, None, None)", vocabulary=WORDS).to_json()
    other = json.loads(json.dumps(data))
    other["expression"]["end"] = "2026-11-11T00:00Z"
    ended = parse("within(order.placed, None, '2026-11-11T00:00Z')", vocabulary=WORDS)
    found = LAW["2"](ended, other)
    assert dict(found.witness) == {"rule": str(ended), "read": str(ended)}


def test_the_laws_are_numbered_and_say_what_they_are_about():
    assert [law.invariant_id for law in INVARIANTS] == [f"INV-RULES-{n}" for n in range(1, 6)]
    assert all(law.subject and law.sentence.endswith(".") for law in INVARIANTS)
