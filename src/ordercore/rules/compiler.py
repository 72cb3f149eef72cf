"""From an expression to closures: each node becomes one function, once, when its rule is built.

Constants and getters are bound as locals; the commonest shapes (a fact against a constant) have
closures of their own. A closure raises ``fact.missing``, ``fact.wrong_type``,
``fact.unknown_choice``, ``fact.out_of_range``, ``fact.currency_mismatch`` or
``fact.dimension_mismatch`` with the path; it never answers False for a fact it cannot judge.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeAlias, assert_never, cast

from ordercore.kernel import Currency, InvalidValue, Money, Quantity, Unit
from ordercore.rules import shortcuts
from ordercore.rules.checker import type_of
from ordercore.rules.expression import (
    AllOf,
    AnyOf,
    Arithmetic,
    BooleanLiteral,
    Compare,
    Comparison,
    Contains,
    Count,
    DecimalLiteral,
    Every,
    Expression,
    Field,
    Includes,
    InstantLiteral,
    IntegerLiteral,
    IsMissing,
    Membership,
    MoneyLiteral,
    Not,
    Operator,
    QuantityLiteral,
    Some,
    StartsWith,
    Sum,
    TextLiteral,
    Within,
    walk,
)
from ordercore.rules.facts import (
    Frame,
    Getter,
    as_instant,
    as_number,
    fault,
    getter,
    items_of,
    located,
)
from ordercore.rules.facttype import FactKind, FactType
from ordercore.rules.text_form import write

__all__ = ["MIRRORED", "Amount", "Test", "amount", "condition", "entering", "value"]

Test: TypeAlias = Callable[[Any], bool]
"""A compiled condition."""

Amount: TypeAlias = tuple[int | Fraction, str | None, Unit | None]
"""Money as minor units and currency, or a quantity as size, dimension and unit of display.

Without currency or dimension it is the sum of nothing, which is zero wherever it is used.
"""

_NOTHING: Final[Amount] = (0, None, None)
_OPERATION: Final = {
    Comparison.EQ: operator.eq,
    Comparison.NE: operator.ne,
    Comparison.LT: operator.lt,
    Comparison.LE: operator.le,
    Comparison.GT: operator.gt,
    Comparison.GE: operator.ge,
}
MIRRORED: Final = {
    Comparison.EQ: Comparison.EQ,
    Comparison.NE: Comparison.NE,
    Comparison.LT: Comparison.GT,
    Comparison.LE: Comparison.GE,
    Comparison.GT: Comparison.LT,
    Comparison.GE: Comparison.LE,
}
_AMOUNTS: Final = frozenset({FactKind.MONEY, FactKind.QUANTITY})
_LITERALS: Final = (MoneyLiteral, QuantityLiteral, IntegerLiteral, DecimalLiteral, TextLiteral)


def condition(node: Expression, frame: Frame) -> Test:
    """The closure of a node of type boolean."""
    match node:
        case Field():
            return shortcuts.flag(node.path, frame, _flag(node.path, frame))
        case BooleanLiteral():
            constant = node.value
            return lambda _: constant
        case Compare():
            return _compare(node, frame)
        case Membership():
            return _membership(node, frame)
        case Includes():
            return _includes(node, frame)
        case Contains():
            text, part = value(node.text, frame), value(node.part, frame)
            return lambda env: part(env) in text(env)
        case StartsWith():
            text, prefix = value(node.text, frame), value(node.prefix, frame)
            return lambda env: cast(bool, text(env).startswith(prefix(env)))
        case Within():
            return _within(node, frame)
        case IsMissing():
            get = getter(node.field.path, frame)
            return lambda env: get(env) is None
        case Not():
            inner = condition(node.condition, frame)
            return lambda env: not inner(env)
        case AllOf():
            return _all_of([condition(each, frame) for each in node.conditions])
        case AnyOf():
            return _any_of([condition(each, frame) for each in node.conditions])
        case Some():
            return _question(node, frame, wanted=True)
        case _:
            assert isinstance(node, Every)
            return _question(node, frame, wanted=False)


def _all_of(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda env: first(env) and second(env)

    def all_of(env: object) -> bool:
        for test in tests:  # noqa: SIM110 - a generator would cost a frame per rule
            if not test(env):
                return False
        return True

    return all_of


def _any_of(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda env: first(env) or second(env)

    def any_of(env: object) -> bool:
        for test in tests:  # noqa: SIM110 - as above
            if test(env):
                return True
        return False

    return any_of


def _flag(path: str, frame: Frame) -> Test:
    get, type_ = getter(path, frame), _type(path, frame)

    def flag(env: object) -> bool:
        found = get(env)
        if found is True or found is False:
            return found
        raise fault(path, found, type_)

    return flag


def _type(path: str, frame: Frame) -> FactType:
    return type_of(Field(path), frame.scope)


# --- comparisons -------------------------------------------------------------------------------


def _compare(node: Compare, frame: Frame) -> Test:
    left, comparison, right = node.left, node.comparison, node.right
    if isinstance(right, Field) and isinstance(left, _LITERALS):
        left, comparison, right = right, MIRRORED[comparison], left
    if isinstance(left, Field) and isinstance(right, _LITERALS):
        return _against_constant(left, comparison, right, node, frame)
    operation = _OPERATION[comparison]
    if type_of(left, frame.scope).kind in _AMOUNTS:
        return _amounts(node, amount(left, frame), operation, amount(right, frame))
    first, second = value(left, frame), value(right, frame)
    return lambda env: operation(first(env), second(env))


def _operation(node: Compare) -> Callable[[Any, Any], bool]:
    return _OPERATION[node.comparison]


def _amounts(
    node: Compare,
    first: Callable[[Any], Amount],
    operation: Callable[[Any, Any], bool],
    second: Callable[[Any], Amount],
) -> Test:
    text = write(node)

    def compare(env: object) -> bool:
        left, left_of, _ = first(env)
        right, right_of, _ = second(env)
        if left_of != right_of and left_of is not None and right_of is not None:
            raise _mismatch(text, left_of, right_of)
        return operation(left, right)

    return compare


def _mismatch(path: str, left: str, right: str) -> InvalidValue:
    kind = "currency" if isinstance(left, Currency) else "dimension"
    return InvalidValue(f"fact.{kind}_mismatch", path, str(right), f"{kind} {left}")


def _against_constant(
    field: Field,
    comparison: Comparison,
    literal: MoneyLiteral | QuantityLiteral | IntegerLiteral | DecimalLiteral | TextLiteral,
    node: Compare,
    frame: Frame,
) -> Test:
    path, operation = field.path, _OPERATION[comparison]
    get, type_ = getter(path, frame), _type(path, frame)
    match literal:
        case MoneyLiteral():
            minor, currency = literal.value.minor, literal.value.currency
            text = write(node)

            def money(env: object) -> bool:
                found = get(env)
                if type(found) is not Money:
                    raise fault(path, found, type_)
                if found.currency is not currency:
                    raise _mismatch(text, currency, found.currency)
                return cast(bool, operation(found.minor, minor))

            return shortcuts.money(path, frame, operation, literal.value, money)
        case QuantityLiteral():
            steps, unit = literal.value.amount, literal.value.unit
            known, own = amount(field, frame), amount(literal, frame)
            general = _amounts(node, known, operation, own)

            def quantity(env: object) -> bool:
                found = get(env)
                if type(found) is Quantity and found.unit is unit:
                    return cast(bool, operation(found.amount, steps))
                return general(env)

            return quantity
        case TextLiteral():
            return _text_constant(path, operation, literal.value, frame)
        case IntegerLiteral() | DecimalLiteral():
            constant = literal.value
            if type_.kind is FactKind.INTEGER:

                def integer(env: object) -> bool:
                    found = get(env)
                    if type(found) is int:
                        return cast(bool, operation(found, constant))
                    raise fault(path, found, type_)

                return shortcuts.integer(path, frame, operation, constant, integer)
            exact = Fraction(constant)

            def decimal(env: object) -> bool:
                found = get(env)
                if type(found) is Decimal and found.is_finite():
                    return cast(bool, operation(found, constant))
                return cast(bool, operation(as_number(path, found, type_), exact))

            return decimal
        case _:
            assert_never(literal)


def _text_constant(
    path: str, operation: Callable[[Any, Any], bool], constant: str, frame: Frame
) -> Test:
    known = value(Field(path), frame)
    return shortcuts.text(
        path, frame, operation, constant, lambda env: operation(known(env), constant)
    )


def _membership(node: Membership, frame: Frame) -> Test:
    item = value(node.item, frame)
    choices = frozenset(choice.value for choice in node.choices)

    def member(env: object) -> bool:
        return item(env) in choices

    if isinstance(node.item, Field) and _type(node.item.path, frame).kind is not FactKind.INTEGER:
        return shortcuts.text(node.item.path, frame, _is_one_of, choices, member)
    return member


def _is_one_of(found: str, choices: frozenset[object]) -> bool:
    return found in choices


def _includes(node: Includes, frame: Frame) -> Test:
    path = node.collection.path
    get, type_, item = getter(path, frame), _type(path, frame), value(node.item, frame)
    # A union written inside the closure would be made anew at each call.
    kinds = (frozenset, set, tuple, list)

    def includes(env: object) -> bool:
        wanted = item(env)
        found = get(env)
        if isinstance(found, kinds):
            return wanted in found
        raise fault(path, found, type_)

    return includes


def _within(node: Within, frame: Frame) -> Test:
    at, start, end = value(node.at, frame), node.start, node.end

    def within(env: object) -> bool:
        found = at(env)
        return (start is None or start <= found) and (end is None or found < end)

    return within


# --- values ------------------------------------------------------------------------------------


def value(node: Expression, frame: Frame) -> Getter:
    """The closure of any node but an amount: a checked text, number, instant or bool."""
    match node:
        case IntegerLiteral() | TextLiteral() | InstantLiteral():
            constant = node.value
            return lambda _: constant
        case DecimalLiteral():
            exact = Fraction(node.value)
            return lambda _: exact
        case Field():
            return _checked(node.path, frame)
        case Arithmetic():
            operation = _ARITHMETIC[node.operator]
            left, right = value(node.left, frame), value(node.right, frame)
            return lambda env: operation(left(env), right(env))
        case Count():
            return _count(node, frame)
        case Sum():
            each = _each(node, node.value, frame, value)
            return _shortened(
                node, frame, shortcuts.total_integers, lambda env: sum(each(env), start=0)
            )
        case _:
            return condition(node, frame)


_ARITHMETIC: Final = {
    Operator.ADD: operator.add,
    Operator.SUB: operator.sub,
    Operator.MUL: operator.mul,
}


def _checked(path: str, frame: Frame) -> Getter:
    get, type_ = getter(path, frame), _type(path, frame)
    match type_.kind:
        case FactKind.BOOLEAN:
            return _flag(path, frame)
        case FactKind.INTEGER:

            def integer(env: object) -> object:
                found = get(env)
                if type(found) is int:
                    return found
                raise fault(path, found, type_)

            return integer
        case FactKind.DECIMAL:
            return lambda env: as_number(path, get(env), type_)
        case FactKind.INSTANT:
            return lambda env: as_instant(path, get(env), type_)
        case _:
            choices = frozenset(type_.choices)

            def text(env: object) -> object:
                found = get(env)
                if not isinstance(found, str):
                    raise fault(path, found, type_)
                if choices and found not in choices:
                    raise InvalidValue("fact.unknown_choice", path, found, str(type_))
                return found

            return text


def amount(node: Expression, frame: Frame) -> Callable[[Any], Amount]:
    """The closure of a node of type money or quantity."""
    match node:
        case MoneyLiteral() | QuantityLiteral():
            constant = _as_amount(node.value)
            return lambda _: constant
        case Field():
            path, get, type_ = node.path, getter(node.path, frame), _type(node.path, frame)

            def fact(env: object) -> Amount:
                found = get(env)
                if type(found) is Money and type_.kind is FactKind.MONEY:
                    return (found.minor, found.currency, None)
                if type(found) is Quantity and type_.kind is FactKind.QUANTITY:
                    own = found.unit.dimension
                    if type_.dimension and own != type_.dimension:
                        raise _mismatch(path, type_.dimension, own)
                    return _as_amount(found)
                raise fault(path, found, type_)

            return fact
        case Arithmetic(operator=Operator.MUL):
            if type_of(node.left, frame.scope).kind in _AMOUNTS:
                return _scaled(amount(node.left, frame), value(node.right, frame))
            return _scaled(amount(node.right, frame), value(node.left, frame))
        case Arithmetic():
            text, sign = write(node), 1 if node.operator is Operator.ADD else -1
            left, right = amount(node.left, frame), amount(node.right, frame)
            return lambda env: _added(text, left(env), sign, right(env))
        case _:
            assert isinstance(node, Sum)
            text, each = write(node.value), _each(node, node.value, frame, amount)

            def total(env: object) -> Amount:
                running = _NOTHING
                for one in each(env):
                    running = _added(text, running, 1, one)
                return running

            return _shortened(node, frame, shortcuts.total_monies, total)


def _shortened(node: Sum, frame: Frame, shortcut: Callable[..., Getter], general: Getter) -> Getter:
    inside, _ = entering(node, _asked(node.value, node.condition), frame)
    test = None if node.condition is None else condition(node.condition, inside)
    return shortcut(node.value, inside, items_of(node.source.path, frame), test, general)


def _asked(*parts: Expression | None) -> tuple[Expression, ...]:
    return tuple(each for each in parts if each is not None)


def _as_amount(found: Money | Quantity) -> Amount:
    if isinstance(found, Money):
        return (found.minor, found.currency, None)
    return (found.size, found.unit.dimension, found.unit)


def _scaled(known: Callable[[Any], Amount], factor: Getter) -> Callable[[Any], Amount]:
    def scaled(env: object) -> Amount:
        number, of, unit = known(env)
        return (number * factor(env), of, unit)

    return scaled


def _added(path: str, left: Amount, sign: int, right: Amount) -> Amount:
    number, of, unit = left
    other, other_of, other_unit = right
    if other_of is None:
        return left
    if of is not None and of != other_of:
        raise _mismatch(path, of, other_of)
    return (number + sign * other, other_of, unit or other_unit)


# --- questions to lists ------------------------------------------------------------------------


def entering(
    node: Some | Every | Count | Sum, asked: tuple[Expression, ...], frame: Frame
) -> tuple[Frame, Callable[[Any, Any], Any]]:
    """The frame inside a question, and how an item becomes the environment there."""
    record = frame.scope.find(node.source.path)
    assert record is not None
    own = {node.variable}
    # Variables of questions further inside are bound there: they are not read from here.
    for each in asked:
        own |= {
            inner.variable
            for _, inner in walk(each)
            if isinstance(inner, Some | Every | Count | Sum)
        }
    read = {inner.root for each in asked for _, inner in walk(each) if isinstance(inner, Field)}
    if read <= own:
        inside = frame.inside(node.variable, record, lone=True)
        return inside, lambda _, item: item
    if frame.variables and not frame.lone:
        return frame.inside(node.variable, record, lone=False), lambda env, item: (*env, item)
    if frame.lone:
        # Nothing inside reads the facts: else the frame around would not be an item alone.
        return frame.inside(node.variable, record, lone=False), lambda env, item: (None, env, item)
    return frame.inside(node.variable, record, lone=False), lambda env, item: (env, item)


def _question(node: Some | Every, frame: Frame, *, wanted: bool) -> Test:
    """``any`` looks for an item that holds, ``all`` for one that does not."""
    items, variable, source = items_of(node.source.path, frame), node.variable, node.source.path
    inside, enter = entering(node, (node.condition,), frame)
    test = condition(node.condition, inside)
    if inside.lone:

        def lone(env: object) -> bool:
            found = items(env)
            item = None
            try:
                for item in found:
                    if test(item) is wanted:
                        return wanted
            except InvalidValue as error:
                raise located(error, variable, source, found, item) from None
            return not wanted

        return shortcuts.item_scan(node.condition, inside, _operation, items, lone, wanted=wanted)

    def question(env: object) -> bool:
        found = items(env)
        item = None
        try:
            for item in found:
                if test(enter(env, item)) is wanted:
                    return wanted
        except InvalidValue as error:
            raise located(error, variable, source, found, item) from None
        return not wanted

    return question


def _count(node: Count, frame: Frame) -> Getter:
    if node.condition is None:
        items = items_of(node.source.path, frame)
        return lambda env: len(items(env))
    kept = _each(node, None, frame, value)
    return lambda env: len(kept(env))


def _each(
    node: Count | Sum,
    asked: Expression | None,
    frame: Frame,
    compiled: Callable[[Expression, Frame], Callable[[Any], Any]],
) -> Callable[[Any], list[Any]]:
    """The values of the items that the condition lets through."""
    items, variable, source = items_of(node.source.path, frame), node.variable, node.source.path
    inside, enter = entering(node, _asked(asked, node.condition), frame)
    get = None if asked is None else compiled(asked, inside)
    test = None if node.condition is None else condition(node.condition, inside)

    def each(env: object) -> list[Any]:
        found = items(env)
        kept: list[Any] = []
        item = None
        try:
            for item in found:
                here = enter(env, item)
                if test is None or test(here):
                    kept.append(item if get is None else get(here))
        except InvalidValue as error:
            raise located(error, variable, source, found, item) from None
        return kept

    return each
