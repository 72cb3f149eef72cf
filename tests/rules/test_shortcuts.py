"""Shortcuts are taken where they should be, and answer without the general way."""

import operator

import pytest
from tests.rules.rule_cases import LINE, WORDS, list_of

from ordercore.kernel import InvalidValue, Money
from ordercore.rules import Field, IntegerLiteral, MoneyLiteral, limits, parse, shortcuts
from ordercore.rules.checker import Scope
from ordercore.rules.compiler import amount, value
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


@pytest.mark.parametrize(
    "text, taken",
    [
        ("order.gift", True),
        ("order.total > CNY(1)", True),
        ("CNY(1) < order.total", True),
        ("order.units >= 3", True),
        ("order.channel == 'a'", True),
        ("order.channel in ('a', 'b')", True),
        ("any(x.units > 3 for x in order.lines)", True),
        ("all(x.price > CNY(3) for x in order.lines)", True),
        ("any(x.sku == 'a' for x in order.lines)", True),
        ("paid", False),
        ("order.units in (1, 2)", False),
        ("order.rate > 1", False),
        ("order.total > order.total", False),
        ("any(x.gift for x in order.lines)", False),
        ("any(x.units > order.units for x in order.lines)", False),
    ],
)
def test_a_compiled_rule_takes_the_shortcut_of_its_shape(text, taken):
    test = parse(text, vocabulary=WORDS)._test
    assert (test.__module__ == shortcuts.__name__) is taken


@pytest.mark.parametrize(
    "text, compiled, taken",
    [
        ("sum(x.units for x in order.lines) > 3", value, True),
        ("sum(x.units for x in order.lines if x.gift) > 3", value, True),
        ("sum(x.units * 2 for x in order.lines) > 3", value, False),
        ("sum(x.units for x in order.lines if paid) > 3", value, False),
        ("sum(x.rate for x in order.lines) > 3", value, False),
        ("sum(x.price for x in order.lines) > CNY(3)", amount, True),
        ("sum(x.price for x in order.lines if x.gift) > CNY(3)", amount, True),
        ("sum(x.price * 2 for x in order.lines) > CNY(3)", amount, False),
    ],
)
def test_a_compiled_sum_takes_the_shortcut_of_its_shape(text, compiled, taken):
    get = compiled(parse(text, vocabulary=WORDS).expression.left, FACTS)
    assert (get.__module__ == shortcuts.__name__) is taken


class Owner:
    """A fact's owner that is no mapping."""

    def __init__(self, **facts):
        self.__dict__.update(facts)


class Asked(Exception):
    """The general way was asked."""


def never(env):
    raise Asked(env)


FIVE, EUROS = Money(5, "CNY"), Money(5, "EUR")
SHORTCUTS = {
    "money": lambda general: shortcuts.money("order.total", FACTS, operator.gt, Money(4, "CNY"), general),
    "integer": lambda general: shortcuts.integer("order.units", FACTS, operator.gt, 4, general),
    "text": lambda general: shortcuts.text("order.channel", FACTS, operator.eq, "a", general),
    "enum": lambda general: shortcuts.text("customer.rating", FACTS, operator.eq, "A", general),
    "one of": lambda general: shortcuts.text("order.channel", FACTS, lambda found, choices: found in choices, frozenset({"a", "b"}), general),
    "flag": lambda general: shortcuts.flag("order.gift", FACTS, general),
    "item money": lambda general: shortcuts.money("x.price", ITEM, operator.gt, Money(4, "CNY"), general),
    "item integer": lambda general: shortcuts.integer("x.units", ITEM, operator.gt, 4, general),
    "item text": lambda general: shortcuts.text("x.sku", ITEM, operator.eq, "a", general),
    "item flag": lambda general: shortcuts.flag("x.gift", ITEM, general),
}  # fmt: skip


@pytest.mark.parametrize(
    "name, root, field, yes, no, others",
    [
        ("money", "order", "total", Money(5, "CNY"), Money(4, "CNY"), [None, 5, EUROS]),
        ("integer", "order", "units", 5, 4, [None, True, 5.0, "5"]),
        ("text", "order", "channel", "a", "b", [None, 5, ["a"]]),
        ("enum", "customer", "rating", "A", "B", [None, 5, "D", "a"]),
        ("one of", "order", "channel", "b", "c", [None, 5]),
        ("flag", "order", "gift", True, False, [None, 1, 0, "yes"]),
        ("item money", "", "price", Money(5, "CNY"), Money(4, "CNY"), [None, 5, EUROS]),
        ("item integer", "", "units", 5, 4, [None, True, 5.0]),
        ("item text", "", "sku", "a", "b", [None, 5]),
        ("item flag", "", "gift", True, False, [None, 1]),
    ],
)  # fmt: skip
def test_a_shortcut_answers_alone_where_the_fact_is_as_expected(name, root, field, yes, no, others):
    test = SHORTCUTS[name](never)
    said = SHORTCUTS[name](lambda _: "said")
    for make in (lambda value: {field: value}, lambda value: Owner(**{field: value})):

        def env(value, make=make):
            return {root: make(value), "": None} if root else make(value)

        assert test(env(yes)) is True
        assert test(env(no)) is False
        for other in others:
            assert said(env(other)) == "said"
            with pytest.raises(Asked) as caught:
                test(env(other))
            assert fact_of(caught.value.args[0], root, field) == other
    for empty in ({root: {}}, {root: Owner()}, {}) if root else ({}, Owner()):
        assert said(empty) == "said"


def fact_of(env, root, field):
    owner = env[root] if root else env
    return owner[field] if isinstance(owner, dict) else getattr(owner, field)


def items(env):
    return env


SCANS = [
    ("x.units > 4", "units", 5, 4, [None, True, 5.0]),
    ("x.price > CNY(0.04)", "price", FIVE, Money(4, "CNY"), [None, 5, EUROS]),
    ("x.sku == 'a'", "sku", "a", "b", [None, 5]),
]


@pytest.mark.parametrize("condition, field, yes, no, others", SCANS)
@pytest.mark.parametrize("kind", [dict, Owner])
def test_a_scan_answers_alone_where_the_facts_are_as_expected(
    condition, field, yes, no, others, kind
):
    node = parse(f"any({condition} for x in order.lines)", vocabulary=WORDS).expression.condition

    def scan(wanted, general=never):
        return shortcuts.item_scan(
            node, ITEM, lambda each: OPERATIONS[each.comparison], items, general, wanted=wanted
        )

    def listed(*values):
        return [kind(**{field: value}) for value in values]

    for values in ((), (yes,), (no,), (no, yes), (yes, no), (no, no), (yes, yes)):
        assert scan(True)(listed(*values)) is any(value == yes for value in values)
        assert scan(False)(listed(*values)) is all(value == yes for value in values)
    # What is certain is not looked past.
    assert scan(True)(listed(yes, others[0])) is True
    assert scan(False)(listed(no, others[0])) is False
    for other in others:
        asked = listed(no, other)
        with pytest.raises(Asked) as caught:
            scan(True)(asked)
        assert caught.value.args == (asked,)
        assert scan(True, lambda _: "said")(asked) == "said"
        assert scan(False, lambda _: "said")(listed(yes, other)) == "said"
    assert scan(True, lambda _: "said")([kind()]) == "said"


OPERATIONS = {">": operator.gt, "==": operator.eq}


def refusing(item):
    raise InvalidValue("fact.missing", "x.gift", None, "boolean")


def has_gift(item):
    return item["gift"] if isinstance(item, dict) else item.gift


@pytest.mark.parametrize("kind", [dict, Owner])
def test_totals_of_integers(kind):
    def total(test, general=never, path="x.units", frame=ITEM):
        return shortcuts.total_integers(Field(path), frame, items, test, general)

    listed = [kind(units=2, gift=True), kind(units=3, gift=False), kind(units=4, gift=True)]
    assert total(None)(listed) == 9
    assert total(has_gift)(listed) == 6
    assert total(None)([]) == 0
    for other in (None, True, 1.5):
        with pytest.raises(Asked) as caught:
            total(None)([kind(units=1), kind(units=other)])
        assert len(caught.value.args[0]) == 2
        assert total(None, lambda _: "said")([kind(units=other)]) == "said"
    assert total(has_gift)([kind(units=None, gift=False)]) == 0
    assert total(refusing, lambda _: "said")(listed) == "said"
    assert total(None, lambda _: "said")([kind()]) == "said"
    assert total(None, general, path="x.price") is general
    assert total(None, general, path="x.deep.name") is general
    assert total(None, general, frame=BOTH) is general
    assert shortcuts.total_integers(IntegerLiteral(1), ITEM, items, None, general) is general


@pytest.mark.parametrize("kind", [dict, Owner])
def test_totals_of_money(kind):
    def total(test, general=never, path="x.price", frame=ITEM):
        return shortcuts.total_monies(Field(path), frame, items, test, general)

    listed = [kind(price=FIVE, gift=True), kind(price=Money(7, "CNY"), gift=False)]
    listed += [kind(price=Money(8, "CNY"), gift=True)]
    assert total(None)(listed) == (20, "CNY", None)
    assert total(has_gift)(listed) == (13, "CNY", None)
    assert total(None)([]) == (0, None, None)
    for other in (None, 5, EUROS):
        with pytest.raises(Asked) as caught:
            total(None)([kind(price=FIVE), kind(price=other)])
        assert len(caught.value.args[0]) == 2
    assert total(None, lambda _: "said")([kind(price=None)]) == "said"
    assert total(None, lambda _: "said")([kind()]) == "said"
    assert total(None)([kind(price=EUROS)]) == (5, "EUR", None)
    assert total(refusing, lambda _: "said")(listed) == "said"
    assert total(None, general, path="x.units") is general
    assert total(None, general, frame=BOTH) is general
    assert shortcuts.total_monies(MoneyLiteral(FIVE), ITEM, items, None, general) is general
