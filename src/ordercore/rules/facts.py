"""Reaching the facts: from a path to a closure that reads it, and what a bad fact raises.

The facts are a mapping from roots to mappings or objects. Each further step asks a dict by key;
anything else by attribute, and then, when it is a mapping, by key (by key first for the names that
every mapping has, such as ``items``). None and absent are the same: missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeAlias

import attrs
from pendulum import UTC

from ordercore.kernel import Instant, InvalidValue, instant
from ordercore.rules.checker import Scope
from ordercore.rules.facttype import FactKind, FactType

__all__ = [
    "Frame",
    "Getter",
    "as_instant",
    "as_number",
    "direct",
    "fault",
    "getter",
    "items_of",
    "located",
]

Getter: TypeAlias = Callable[[Any], Any]
"""From an environment to a value. What an environment is, its :class:`Frame` says."""

# A mapping that is no dict has these as attributes too: asked for one of them, it is asked by key.
_MAPPING_NAMES: Final = frozenset(
    {"clear", "copy", "data", "fromkeys", "get", "items", "keys", "pop", "popitem"}
    | {"maps", "move_to_end", "new_child", "parents", "setdefault", "update", "values"}
    | {"with_", "without"}
)
_MAX_EXPONENT: Final = 100


@attrs.frozen
class Frame:
    """How the environment of a closure is laid out.

    With no variable it is the facts. Inside a question that asks about nothing but its own item it
    is that item (``lone``); otherwise a tuple of the facts and the items, outermost first.
    """

    scope: Scope
    variables: tuple[str, ...] = ()
    lone: bool = False

    def inside(self, variable: str, record: FactType, *, lone: bool) -> Frame:
        """The frame of what is asked about each item of a list."""
        scope = self.scope.with_(variable, record)
        return Frame(scope, (variable,) if lone else (*self.variables, variable), lone)


def fault(path: str, value: object, type_: FactType) -> InvalidValue:
    """``fact.missing`` or ``fact.wrong_type``, with the path and what was there."""
    code = "fact.missing" if value is None else "fact.wrong_type"
    return InvalidValue(code, path, value, str(type_))


def getter(path: str, frame: Frame) -> Getter:
    """A closure that reads a path; None where there is nothing."""
    root, *names = path.split(".")
    if frame.lone:
        return _chain([_step(name) for name in names])
    if root in frame.variables:
        index = frame.variables.index(root) + 1
        return _chain([_item(index), *map(_step, names)])
    if frame.variables:
        return _chain([_item(0), _root(root), *map(_step, names)])
    if len(names) == 1 and names[0] not in _MAPPING_NAMES:
        return _root_step(root, names[0])
    return _chain([_root(root), *map(_step, names)])


def direct(path: str, frame: Frame) -> tuple[str, str]:
    """The root and the only step below it where one look each is enough, else two empty texts.

    In a lone frame the root is empty: the environment is the item itself.
    """
    root, *names = path.split(".")
    if len(names) != 1 or names[0] in _MAPPING_NAMES or (frame.variables and not frame.lone):
        return "", ""
    return ("" if frame.lone else root), names[0]


def _item(index: int) -> Getter:
    def item(env: tuple[Any, ...]) -> object:
        return env[index]

    return item


def _root(root: str) -> Getter:
    def read(facts: Mapping[str, object]) -> object:
        return facts.get(root)

    return read


def _step(name: str) -> Getter:
    if name in _MAPPING_NAMES:

        def by_kind(owner: object) -> object:
            if isinstance(owner, Mapping):
                return owner.get(name)
            return getattr(owner, name, None)

        return by_kind

    def step(owner: object) -> object:
        if type(owner) is dict:
            return owner.get(name)
        value = getattr(owner, name, None)
        if value is None and isinstance(owner, Mapping):
            return owner.get(name)
        return value

    return step


def _root_step(root: str, name: str) -> Getter:
    # The most common path by far: one call instead of two.
    def read(facts: Mapping[str, object]) -> object:
        owner = facts.get(root)
        if type(owner) is dict:
            return owner.get(name)
        value = getattr(owner, name, None)
        if value is None and isinstance(owner, Mapping):
            return owner.get(name)
        return value

    return read


def _chain(steps: list[Getter]) -> Getter:
    first, *rest = steps
    if not rest:
        return first

    def read(env: object) -> object:
        value = first(env)
        for step in rest:
            value = step(value)
        return value

    return read


def items_of(path: str, frame: Frame) -> Getter:
    """A closure that reads a list; a tuple or a list, nothing else."""
    get = getter(path, frame)
    kinds = (tuple, list)
    type_ = FactType(kind=FactKind.LIST, fields=_list_type(path, frame).fields)

    def items(env: object) -> object:
        found = get(env)
        if isinstance(found, kinds):
            return found
        raise fault(path, found, type_)

    return items


def _list_type(path: str, frame: Frame) -> FactType:
    found = frame.scope.find(path)
    assert found is not None
    return found


def located(
    error: InvalidValue, variable: str, source: str, items: tuple[object, ...], item: object
) -> InvalidValue:
    """The fault of one item, its variable replaced by the item's place in the list."""
    if error.path.split(".")[0] != variable:
        return error
    index = next(i for i, each in enumerate(items) if each is item)
    path = f"{source}[{index}]{error.path[len(variable) :]}"
    return InvalidValue(error.code, path, error.value, error.expected)


def as_number(path: str, value: object, type_: FactType) -> int | Fraction:
    """A decimal fact as an exact number; ``fact.out_of_range`` beyond 10^±100."""
    if type(value) is int or type(value) is Fraction:
        return value
    if type(value) is Decimal and value.is_finite():
        if value and abs(value.adjusted()) > _MAX_EXPONENT:
            raise InvalidValue("fact.out_of_range", path, value, "a number within 10^±100")
        return Fraction(value)
    raise fault(path, value, type_)


def as_instant(path: str, value: object, type_: FactType) -> Instant:
    """An aware moment in UTC."""
    if type(value) is Instant and value.tzinfo is UTC:
        return value
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return instant(value)
    raise fault(path, value, type_)
