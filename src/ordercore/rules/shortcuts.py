"""The commonest shapes of a condition, each in one function without inner calls.

A shortcut answers only where every fact is of the expected type; anything else, faults included,
goes to the general closure it was given, so that there is one place that decides what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from ordercore.kernel import InvalidValue, Money
from ordercore.rules.expression import (
    Compare,
    Expression,
    Field,
    IntegerLiteral,
    MoneyLiteral,
    TextLiteral,
)
from ordercore.rules.facts import Frame, Getter, direct
from ordercore.rules.facttype import FactKind, FactType

__all__ = ["flag", "integer", "item_scan", "money", "text", "total_integers", "total_monies"]

_Test: TypeAlias = Callable[[Any], bool]
_Operation: TypeAlias = Callable[[Any, Any], bool]


def money(path: str, frame: Frame, operation: _Operation, constant: Money, general: _Test) -> _Test:
    """A money fact against a constant."""
    root, name = direct(path, frame)
    minor, currency = constant.minor, constant.currency
    if not name:
        return general

    def test(env: Any) -> bool:  # noqa: ANN401 - an environment is what its frame says
        owner = env.get(root) if root else env
        found = owner.get(name) if type(owner) is dict else getattr(owner, name, None)
        if type(found) is Money and found.currency is currency:
            return operation(found.minor, minor)
        return general(env)

    return test


def integer(
    path: str, frame: Frame, operation: _Operation, constant: object, general: _Test
) -> _Test:
    """An integer fact against a constant."""
    root, name = direct(path, frame)
    if not name:
        return general

    def test(env: Any) -> bool:  # noqa: ANN401 - as above
        owner = env.get(root) if root else env
        found = owner.get(name) if type(owner) is dict else getattr(owner, name, None)
        if type(found) is int:
            return operation(found, constant)
        return general(env)

    return test


def text(path: str, frame: Frame, operation: _Operation, constant: object, general: _Test) -> _Test:
    """A text or enum fact against a constant; also one of several, with ``in`` turned round."""
    root, name = direct(path, frame)
    found_type = frame.scope.find(path)
    if not name or found_type is None:
        return general
    choices = frozenset(found_type.choices)

    def test(env: Any) -> bool:  # noqa: ANN401 - as above
        owner = env.get(root) if root else env
        found = owner.get(name) if type(owner) is dict else getattr(owner, name, None)
        if isinstance(found, str) and (not choices or found in choices):
            return operation(found, constant)
        return general(env)

    return test


def flag(path: str, frame: Frame, general: _Test) -> _Test:
    """A boolean fact."""
    root, name = direct(path, frame)
    if not name:
        return general

    def test(env: Any) -> bool:  # noqa: ANN401 - as above
        owner = env.get(root) if root else env
        found = owner.get(name) if type(owner) is dict else getattr(owner, name, None)
        return found if found is True or found is False else general(env)

    return test


def item_scan(
    condition: Expression,
    inside: Frame,
    operations: Callable[[Compare], _Operation],
    items: Getter,
    general: _Test,
    *,
    wanted: bool,
) -> _Test:
    """``any`` or ``all`` over one comparison of the item's own field with a constant."""
    if not isinstance(condition, Compare) or not isinstance(condition.left, Field):
        return general
    name, literal = direct(condition.left.path, inside)[1], condition.right
    type_ = inside.scope.find(condition.left.path)
    if not name or not inside.lone or type_ is None:
        return general
    operation = operations(condition)
    match literal:
        case MoneyLiteral():
            return _scan_money(name, operation, literal.value, items, general, wanted)
        case IntegerLiteral() if type_.kind is FactKind.INTEGER:
            return _scan(name, int, operation, literal.value, items, general, wanted)
        case TextLiteral() if type_.kind is FactKind.TEXT:
            return _scan(name, str, operation, literal.value, items, general, wanted)
        case _:
            return general


def _scan(
    name: str,
    expected: type,
    operation: _Operation,
    constant: object,
    items: Getter,
    general: _Test,
    wanted: bool,
) -> _Test:
    def scan(env: object) -> bool:
        for item in items(env):
            found = item.get(name) if type(item) is dict else getattr(item, name, None)
            if type(found) is not expected:
                return general(env)
            if operation(found, constant) is wanted:
                return wanted
        return not wanted

    return scan


def _scan_money(
    name: str, operation: _Operation, constant: Money, items: Getter, general: _Test, wanted: bool
) -> _Test:
    minor, currency = constant.minor, constant.currency

    def scan(env: object) -> bool:
        for item in items(env):
            found = item.get(name) if type(item) is dict else getattr(item, name, None)
            if type(found) is not Money or found.currency is not currency:
                return general(env)
            if operation(found.minor, minor) is wanted:
                return wanted
        return not wanted

    return scan


def total_integers(
    asked: Expression, inside: Frame, items: Getter, test: _Test | None, general: Getter
) -> Getter:
    """The sum of an integer field of the items, with or without a condition."""
    name = _summed(asked, inside, FactKind.INTEGER)
    if not name:
        return general

    def total(env: object) -> object:
        running = 0
        try:
            for item in items(env):
                if test is not None and not test(item):
                    continue
                found = item.get(name) if type(item) is dict else getattr(item, name, None)
                if type(found) is not int:
                    return general(env)
                running += found
        except InvalidValue:
            return general(env)
        return running

    return total


def total_monies(
    asked: Expression, inside: Frame, items: Getter, test: _Test | None, general: Getter
) -> Getter:
    """The sum of a money field of the items, with or without a condition."""
    name = _summed(asked, inside, FactKind.MONEY)
    if not name:
        return general

    def total(env: object) -> object:
        running, currency = 0, None
        try:
            for item in items(env):
                if test is not None and not test(item):
                    continue
                found = item.get(name) if type(item) is dict else getattr(item, name, None)
                if type(found) is not Money:
                    return general(env)
                if found.currency is not currency:
                    if currency is not None:
                        return general(env)
                    currency = found.currency
                running += found.minor
        except InvalidValue:
            return general(env)
        return (running, currency, None)

    return total


def _summed(asked: Expression, inside: Frame, kind: FactKind) -> str:
    if not isinstance(asked, Field) or not inside.lone:
        return ""
    type_: FactType | None = inside.scope.find(asked.path)
    return direct(asked.path, inside)[1] if type_ is not None and type_.kind is kind else ""
