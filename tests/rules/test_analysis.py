"""Proofs about rules: what is proven is what the rules answer, and the plain cases are proven."""

import pytest
from hypothesis import given
from tests.rules.rule_cases import WORDS, Faulty, expressions, facts, naive

from ordercore.kernel import InvalidValue
from ordercore.rules import (
    INTEGER,
    AllOf,
    AnyOf,
    Not,
    Rule,
    Vocabulary,
    always_holds,
    excludes,
    implies,
    never_holds,
    parse,
)

TYPES = dict(WORDS.fields)


def rule(text):
    return parse(text, vocabulary=WORDS)


def answered(expression, given_facts):
    try:
        return naive(expression, given_facts, TYPES)
    except Faulty:
        return None


@given(expressions(), facts(faults=True))
def test_what_is_proven_is_what_is_answered(expression, given_facts):
    asked, answer = Rule(expression, WORDS), answered(expression, given_facts)
    assert not (answer is True and never_holds(asked))
    assert not (answer is False and always_holds(asked))


@given(expressions(depth=2), expressions(depth=2), facts())
def test_what_follows_is_what_is_answered(one, other, given_facts):
    first, second = Rule(one, WORDS), Rule(other, WORDS)
    answers = answered(one, given_facts), answered(other, given_facts)
    assert not (answers == (True, False) and implies(first, second))
    assert not (answers == (True, True) and excludes(first, second))


@given(expressions(depth=3), expressions(depth=2))
def test_the_laws_of_logic_are_proven(one, other):
    first = Rule(one, WORDS)
    both, either = Rule(AllOf([one, other]), WORDS), Rule(AnyOf([one, other]), WORDS)
    assert implies(both, first)
    assert implies(first, either)
    assert never_holds(Rule(AllOf([one, Not(one)]), WORDS))
    assert always_holds(Rule(AnyOf([one, Not(one)]), WORDS))
    assert excludes(first, Rule(Not(one), WORDS))
    assert not never_holds(first) or always_holds(Rule(Not(one), WORDS))


@pytest.mark.parametrize(
    "text",
    [
        "order.units > 2 and order.units < 3",
        "order.units >= 3 and order.units <= 2",
        "order.units == 2 and order.units != 2",
        "order.units * 2 == 3",
        "order.units * 2 + 1 < 9 and order.units >= 4",
        "0 - order.units > 2 and order.units > 0",
        "order.units in (1, 2) and order.units > 2",
        "not order.units in (1, 2) and order.units >= 1 and order.units <= 2",
        "order.units < copies and copies < order.units",
        "order.units < copies and copies * 2 <= order.units * 2",
        "order.rate > 0.5 and order.rate < 0.5",
        "order.total > CNY(5) and order.total < CNY(5.01)",
        "order.total >= CNY(10) and order.total < JPY(5)",
        "order.total + CNY(5) < CNY(8) and order.total >= CNY(3)",
        "order.mass > quantity('2.5 kg') and order.mass < quantity('2500 g')",
        "order.channel == 'web' and order.channel == 'app'",
        "order.channel == 'web' and not order.channel in ('web', 'app')",
        "starts_with(order.channel, 'web') and order.channel in ('app', 'shop')",
        "starts_with(order.channel, 'web') and starts_with(order.channel, 'app')",
        "starts_with(order.channel, 'web-1') and not starts_with(order.channel, 'web')",
        "starts_with(order.channel, 'web-1') and not contains(order.channel, 'b-')",
        "contains(order.channel, 'web') and not contains(order.channel, 'we')",
        "customer.rating != 'A' and customer.rating != 'B' and customer.rating != 'C'",
        "'vip' in customer.tags and not 'vip' in customer.tags",
        "paid == False and paid",
        "within(order.placed, '2026-11-01T00:00Z', '2026-11-02T00:00Z') and order.placed >= instant('2026-11-02T00:00Z')",
        "not within(order.placed, None, '2026-11-02T00:00Z') and order.placed < instant('2026-11-02T00:00Z')",
        "not within(order.placed, '2026-11-01T00:00Z', None) and order.placed > instant('2026-11-02T00:00Z')",
        "not within(order.placed, None, None)",
        "order.channel is None and order.channel == 'web'",
        "order.lines is None and count(order.lines) > 1",
        "count(order.lines) < 0",
        "count(order.lines) == 0 and any(line.units > 1 for line in order.lines)",
        "any(line.units > 3 for line in order.lines) and all(x.units < 3 for x in order.lines)",
        "any(a.units > 3 and any(item0.pieces > 1 for item0 in a.parts) for a in order.lines) and not any(line.units > 2 for line in order.lines)",
        "('web' == order.channel or starts_with(order.channel, 'we')) and order.channel in ('app', 'x')",
        "True == paid and not paid",
        "order.units * 0 > 1",
        "copies * order.units * 2 > 4 and order.units * copies * 3 < 6 and copies * order.units < 2",
        "1 > 2",
        "(order.units > 1 or order.units < 0) and order.units == 0",
        "order.units - order.units > 0",
        "order.channel != order.channel and order.channel == order.channel",
        "paid == order.gift and paid != order.gift",
        "order.units * copies > 3 and order.units * copies < 3",
    ],
)
def test_what_can_never_hold(text):
    assert never_holds(rule(text))
    assert not always_holds(rule(text))


@pytest.mark.parametrize(
    "text",
    [
        "order.units > 2 and order.units < 4",
        "order.rate > 2.0 and order.rate < 3.0",
        "order.units in (1, 2) and order.units >= 2",
        "order.channel != 'web'",
        "order.channel is None",
        # The second part is not asked where the first one holds.
        "(order.channel is None or order.channel == 'web') == True and order.channel is None",
        "any(line.units > 3 for line in order.lines) and any(x.units < 3 for x in order.lines)",
        "all(line.units > 3 for line in order.lines) and all(x.units < 3 for x in order.lines)",
        "starts_with(order.channel, 'web') and contains(order.channel, 'app')",
        "starts_with(order.channel, customer.rating) and contains(order.channel, customer.rating)",
        "not starts_with(order.channel, 'web') and not contains(order.channel, 'app')",
        "order.units - order.units in (0, 1)",
        "sum(line.units for line in order.lines) > 1",
        "within(order.placed, None, None)",
    ],
)
def test_what_may_hold_and_may_not(text):
    assert not never_holds(rule(text))


def test_what_follows_and_what_excludes():
    assert implies(rule("order.total >= CNY(100)"), rule("order.total > CNY(50)"))
    assert not implies(rule("order.total > CNY(50)"), rule("order.total >= CNY(100)"))
    assert implies(rule("order.units > 2"), rule("order.units >= 3"))
    assert excludes(rule("order.channel == 'web'"), rule("order.channel in ('app', 'shop')"))
    assert not excludes(rule("order.channel == 'web'"), rule("order.units > 2"))


def test_what_is_given_counts():
    positive = rule("order.units >= 1 and count(order.lines) >= 1")
    assert always_holds(rule("order.units > 0"), given=[positive])
    assert not always_holds(rule("order.units > 0"))
    assert never_holds(rule("order.units == 0"), given=[positive])
    assert implies(rule("order.units < 2"), rule("order.units == 1"), given=[positive])


def test_a_proof_has_a_limit():
    def open_choices(count):
        tags = [f"('a{n}' in customer.tags or 'b{n}' in customer.tags)" for n in range(count)]
        # What is chosen last stands in the middle: choices are taken from both ends in turn.
        tags[count // 2 : count // 2] = ["(paid and not paid or order.gift and not order.gift)"]
        return rule(" and ".join(tags))

    assert never_holds(open_choices(5))
    assert not never_holds(open_choices(12))
    assert not never_holds(open_choices(110))


def test_what_has_no_answer_holds_neither_way():
    strange = rule("CNY(1) > JPY(1)")
    assert never_holds(strange)
    assert always_holds(strange)


def test_rules_of_one_vocabulary():
    other = parse("order.units > 1", vocabulary=Vocabulary("other", {"order.units": INTEGER}))
    for question in (implies, excludes):
        with pytest.raises(InvalidValue) as refused:
            question(rule("paid"), other)
        assert refused.value.code == "rule.other_vocabulary"
    with pytest.raises(InvalidValue) as refused:
        never_holds(rule("paid"), given=[other])
    assert refused.value.code == "rule.other_vocabulary"
