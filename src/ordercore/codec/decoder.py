"""From canonical JSON back to values: the inverse of :func:`ordercore.kernel.encode`.

What a field may hold is read from its annotation, so that a type needs no decoder of its own and
a new field cannot be forgotten. Constructors run as always: what they refuse, the decoder reports.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from decimal import Decimal, InvalidOperation
from enum import Enum
from fractions import Fraction
from importlib import import_module
from typing import TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs
import pendulum

from ordercore.kernel import (
    FaultList,
    FrozenMap,
    Identifier,
    InvalidBatch,
    InvalidValue,
    Json,
    instant,
    to_text,
    type_name,
)

__all__ = ["PACKAGES", "Decoder"]

T = TypeVar("T")

PACKAGES: tuple[str, ...] = (
    "kernel",
    "network",
    "catalog",
    "rules",
    "statemachine",
    "pricing",
    "inventory",
    "allocation",
    "orders",
    "channels",
    "ports",
)
"""Whose types a tag may name. A tag is looked up at a front door and imports nothing else."""


class _Bad:
    """Stands for a value that could not be decoded; the fault is in the list."""


_BAD = _Bad()
_Read: TypeAlias = Callable[[object, str, FaultList], object]
_Record: TypeAlias = Callable[[dict[str, object], str, FaultList], object]


def _exactly(kind: type, expected: str) -> _Read:
    def read(value: object, path: str, faults: FaultList) -> object:
        if type(value) is kind:
            return value
        faults.add("codec.type", path, value, expected)
        return _BAD

    return read


def _from_text(make: Callable[[str], object], expected: str) -> _Read:
    def read(value: object, path: str, faults: FaultList) -> object:
        if type(value) is not str:
            faults.add("codec.type", path, value, expected)
            return _BAD
        try:
            return make(value)
        except InvalidValue as error:
            faults.take(error, path)
        except (ValueError, ArithmeticError, InvalidOperation):
            faults.add("codec.value", path, value, expected)
        return _BAD

    return read


def _fraction(text: str) -> Fraction:
    above, slash, below = text.partition("/")
    if not slash or not below.isdecimal() or not above.removeprefix("-").isdecimal():
        raise ValueError(text)
    return Fraction(int(above), int(below))


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


def _anything(value: object, path: str, faults: FaultList) -> object:
    """A value whose type the annotation leaves open: plain JSON without floats."""
    if value is None or type(value) in {bool, int, str}:
        return value
    faults.add("codec.type", path, value, "null, a boolean, an integer or text")
    return _BAD


class Decoder:
    """Reads canonical JSON into values, with one plan per type that is made when first needed.

    The plans are kept in the decoder: make one and keep it. It holds nothing else, and two
    decoders over the same types behave alike.

    Args:
        hosts: Classes of the host (its own commands, effects or guards) that tags may name.

    Example:
        >>> from ordercore.kernel import Money, encode
        >>> str(Decoder().decode(encode(Money(1, "CNY")), Money))
        'CNY 0.01'
    """

    def __init__(self, hosts: Iterable[type] = ()) -> None:
        self._plans: dict[object, _Read] = {}
        self._records: dict[type, _Record] = {}
        self._hosts = {type_name(host): host for host in hosts}

    def decode(self, data: Json, kind: type[T], *, path: str = "$") -> T:
        """The value that ``data`` says, as an instance of ``kind``.

        Raises:
            InvalidBatch: every fault at once, each with its JSON path: ``codec.missing``,
                ``codec.unknown_field``, ``codec.unknown_type``, ``codec.type``, ``codec.value``,
                and whatever the constructors refuse.
        """
        faults = FaultList()
        value = self._plan(kind)(data, path, faults)
        faults.raise_if_any(f"JSON of {type_name(kind)}")
        return cast(T, value)

    # --- plans ---

    def _plan(self, kind: object) -> _Read:
        plan = self._plans.get(kind)
        if plan is None:
            # Types that contain themselves come to an end at a tag, which is looked up when read.
            plan = self._plans[kind] = self._make(kind)
        return plan

    def _make(self, kind: object) -> _Read:
        origin = get_origin(kind)
        if origin is Union or origin is types.UnionType:
            return self._union(get_args(kind))
        if origin is typing.Literal:
            return _one_of(get_args(kind))
        if origin is tuple:
            return self._tuple(get_args(kind))
        if origin in {frozenset, set}:
            return self._set(get_args(kind)[0])
        if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
            return self._map(*get_args(kind))
        if origin is not None:
            return self._make(origin)
        if isinstance(kind, TypeVar):
            return self._tagged(object)
        if not isinstance(kind, type):
            raise InvalidValue("codec.unsupported", "", kind, "a type that has a JSON form")
        return self._class(kind)

    def _class(self, kind: type) -> _Read:
        simple = _SIMPLE.get(kind)
        if simple is not None:
            return simple
        if issubclass(kind, Enum):
            return _enum(kind)
        if issubclass(kind, Identifier) or (issubclass(kind, str) and kind is not str):
            return _from_text(kind, f"text for {kind.__name__}")
        return self._tagged(kind)

    def _union(self, options: tuple[object, ...]) -> _Read:
        nullable = type(None) in options
        others = tuple(option for option in options if option is not type(None))
        if len(others) == 1:
            only = self._plan(others[0])

            def optional(value: object, path: str, faults: FaultList) -> object:
                return None if value is None and nullable else only(value, path, faults)

            return optional
        tagged: dict[str, _Read] = {}
        plain: list[_Read] = []
        for option in others:
            if isinstance(option, type) and attrs.has(option):
                tagged[type_name(option)] = self._plan(option)
            elif get_origin(option) is None and isinstance(option, type) and _is_marker(option):
                plain.append(self._tagged(option))
            else:
                plain.append(self._plan(option))
        if str in others and pendulum.DateTime in others:
            # Both are text. What reads exactly as an instant is written is one.
            plain.insert(0, _EXACT_INSTANT)

        def read(value: object, path: str, faults: FaultList) -> object:
            if value is None and nullable:
                return None
            if type(value) is dict and "$" in value:
                plan = tagged.get(str(value["$"]))
                if plan is not None:
                    return plan(value, path, faults)
            for option in plain:
                trial = FaultList()
                result = option(value, path, trial)
                if not trial:
                    return result
            faults.add("codec.type", path, value, f"one of {sorted(tagged) or 'its types'}")
            return _BAD

        return read

    def _tuple(self, items: tuple[object, ...]) -> _Read:
        if len(items) == 2 and items[1] is Ellipsis:
            item = self._plan(items[0])

            def many(value: object, path: str, faults: FaultList) -> object:
                if type(value) is not list:
                    faults.add("codec.type", path, value, "a list")
                    return _BAD
                return tuple([item(one, f"{path}[{i}]", faults) for i, one in enumerate(value)])

            return many
        plans = [self._plan(one) for one in items]

        def fixed(value: object, path: str, faults: FaultList) -> object:
            if type(value) is not list or len(value) != len(plans):
                faults.add("codec.type", path, value, f"a list of {len(plans)}")
                return _BAD
            return tuple(
                [
                    plan(one, f"{path}[{i}]", faults)
                    for i, (plan, one) in enumerate(zip(plans, value, strict=True))
                ]
            )

        return fixed

    def _set(self, item: object) -> _Read:
        plan = self._plan(item)

        def read(value: object, path: str, faults: FaultList) -> object:
            if type(value) is not list:
                faults.add("codec.type", path, value, "a list")
                return _BAD
            return frozenset([plan(one, f"{path}[{i}]", faults) for i, one in enumerate(value)])

        return read

    def _map(self, key_type: object, value_type: object) -> _Read:
        read_key, read_value = self._plan(key_type), self._plan(value_type)

        def read(value: object, path: str, faults: FaultList) -> object:
            pairs = _pairs(value)
            if pairs is None:
                faults.add("codec.type", path, value, "an object")
                return _BAD
            before = len(faults)
            read_pairs = [
                (
                    read_key(key, f"{path}[{key}]", faults),
                    read_value(item, f"{path}[{key}]", faults),
                )
                for key, item in pairs
            ]
            return _BAD if len(faults) > before else FrozenMap(read_pairs)

        return read

    def _tagged(self, kind: type) -> _Read:
        """A value of some subtype, which its own tag names."""

        def read(value: object, path: str, faults: FaultList) -> object:
            if type(value) is not dict or "$" not in value:
                if kind is object:
                    return _anything(value, path, faults)
                faults.add("codec.type", path, value, f"an object tagged as a {kind.__name__}")
                return _BAD
            named = self._named(value["$"])
            if named is None or not issubclass(named, kind):
                expected = f"the name of a {kind.__name__}"
                faults.add("codec.unknown_type", f"{path}.$", value["$"], expected)
                return _BAD
            record = self._records.get(named)
            if record is None:
                record = self._records[named] = self._record(named)
            return record(value, path, faults)

        return read

    def _named(self, tag: object) -> type | None:
        if type(tag) is not str:
            return None
        if tag in self._hosts:
            return self._hosts[tag]
        package, dot, name = tag.partition(".")
        if not dot or package not in PACKAGES or name.startswith("_"):
            return None
        found = getattr(import_module(f"ordercore.{package}"), name, None)
        if isinstance(found, type) and attrs.has(found) and type_name(found) == tag:
            return found
        return None

    def _record(self, kind: type) -> _Record:
        hints = get_type_hints(kind)
        fields = [
            (
                field.alias if field.alias is not None else field.name,
                self._plan(hints.get(field.name, object)),
                field.default is attrs.NOTHING,
            )
            for field in attrs.fields(kind)
            if field.init
        ]
        known = {name for name, _, _ in fields} | {"$"}
        tag = type_name(kind)

        def read(value: dict[str, object], path: str, faults: FaultList) -> object:
            before = len(faults)
            given: dict[str, object] = {}
            for name, plan, required in fields:
                if name in value:
                    given[name] = plan(value[name], f"{path}.{name}", faults)
                elif required:
                    faults.add("codec.missing", f"{path}.{name}", None, f"a field of {tag}")
            for name in value:
                if name not in known:
                    faults.add("codec.unknown_field", f"{path}.{name}", name, f"a field of {tag}")
            if len(faults) > before:
                return _BAD
            try:
                return kind(**given)
            except (InvalidValue, InvalidBatch) as error:
                faults.take(error, path)
            except (TypeError, ValueError, AttributeError) as error:
                faults.add("codec.value", path, str(error), f"what {tag} takes")
            return _BAD

        return read


def _exact_instant(text: str) -> object:
    at = instant(text)
    if to_text(at) != text:
        raise ValueError(text)
    return at


_EXACT_INSTANT = _from_text(_exact_instant, "an instant in UTC")


def _is_marker(kind: type) -> bool:
    return not attrs.has(kind) and kind not in _SIMPLE and not issubclass(kind, str | Enum)


def _pairs(value: object) -> list[tuple[object, object]] | None:
    if type(value) is not dict:
        return None
    if "$map" not in value:
        return list(value.items())
    listed = value["$map"]
    if type(listed) is not list or any(type(p) is not list or len(p) != 2 for p in listed):
        return None
    return [(key, item) for key, item in listed]


def _one_of(options: tuple[object, ...]) -> _Read:
    def read(value: object, path: str, faults: FaultList) -> object:
        for option in options:
            if type(value) is type(option) and value == option:
                return option
        faults.add("codec.value", path, value, f"one of {options}")
        return _BAD

    return read


def _enum(kind: type[Enum]) -> _Read:
    members = {member.value: member for member in kind}

    def read(value: object, path: str, faults: FaultList) -> object:
        if type(value) in {str, int} and value in members:
            return members[value]
        faults.add("codec.value", path, value, f"one of {sorted(map(str, members))}")
        return _BAD

    return read


_SIMPLE: Mapping[type, _Read] = {
    type(None): _exactly(type(None), "null"),
    bool: _exactly(bool, "true or false"),
    int: _exactly(int, "an integer"),
    str: _exactly(str, "text"),
    pendulum.DateTime: _from_text(instant, "an instant in UTC"),
    date: _from_text(date.fromisoformat, "a date"),
    time: _from_text(time.fromisoformat, "a time of day"),
    Decimal: _from_text(_decimal, "a decimal number as text"),
    Fraction: _from_text(_fraction, "a fraction as text"),
}
