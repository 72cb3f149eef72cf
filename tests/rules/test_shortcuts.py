"""Shortcuts are taken where they should be: answers alone would not show it, only time."""

import operator

import pytest
from tests.rules.rule_cases import LINE, WORDS, list_of

from ordercore.kernel import Money
from ordercore.rules import limits, parse, shortcuts
from ordercore.rules.checker import Scope
from ordercore.rules.facts import Frame, direct

FACTS = Frame(Scope(WORDS))
ITEM = FACTS.inside("x", list_of(LINE), lone=True)
BOTH = FACTS.inside("x", list_of(LINE), lone=False)


def general(env):
    return env


@pytest.mark.parametrize(
    "path, frame, expected",
    [
        ("order.units", FACTS, ("order", "units")),
        ("order.items", FACTS, ("", "")),
        ("order.tax.amount", FACTS, ("", "")),
        ("paid", FACTS, ("", "")),
        ("x.units", ITEM, ("", "units")),
        ("x.deep.name", ITEM, ("", "")),
        ("x.units", BOTH, ("", "")),
    ],
)
def test_what_one_look_reaches(path, frame, expected):
    assert direct(path, frame) == expected


def test_a_shortcut_stands_for_the_common_shapes_only():
    money = Money(1, "CNY")
    assert shortcuts.money("order.total", FACTS, operator.gt, money, general) is not general
    assert shortcuts.money("order.tax.amount", FACTS, operator.gt, money, general) is general
    assert shortcuts.integer("order.units", FACTS, operator.gt, 1, general) is not general
    assert shortcuts.integer("copies", FACTS, operator.gt, 1, general) is general
    assert shortcuts.text("order.channel", FACTS, operator.eq, "a", general) is not general
    assert shortcuts.text("x.deep.name", ITEM, operator.eq, "a", general) is general
    assert shortcuts.flag("order.gift", FACTS, general) is not general
    assert shortcuts.flag("paid", FACTS, general) is general


@pytest.mark.parametrize(
    "condition, taken",
    [
        ("x.units > 1", True),
        ("x.price > CNY(1)", True),
        ("x.sku == 'a'", True),
        ("x.grade == 'A'", False),
        ("x.rate > 1", False),
        ("x.gift", False),
        ("1 < x.units", False),
        ("x.deep.name == 'a'", False),
    ],
)
def test_a_scan_of_items(condition, taken):
    node = parse(f"any({condition} for x in order.lines)", vocabulary=WORDS).expression.condition
    made = shortcuts.item_scan(node, ITEM, lambda _: operator.gt, list, general, wanted=True)
    assert (made is not general) is taken


def test_the_limits_are_promises():
    assert (limits.MAX_RULE_TEXT, limits.MAX_DEPTH, limits.MAX_NODES) == (20_000, 32, 1_000)
    assert (limits.MAX_DIGITS, limits.MAX_TEXT_LITERAL, limits.MAX_NESTING) == (30, 500, 128)
