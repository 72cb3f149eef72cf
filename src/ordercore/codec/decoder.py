"""From canonical JSON back to values: the inverse of :func:`ordercore.kernel.encode`.

What a field may hold is read from its annotation, so that a type needs no decoder of its own and
a new field cannot be forgotten. Constructors run as always: what they refuse, the decoder reports.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from importlib import import_module
from typing import TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs
import pendulum

from ordercore.kernel import (
    FaultList,
    FrozenMap,
    InvalidBatch,
    InvalidValue,
    Json,
    merged_containers,
    open_kinds,
    read_exactly,
    read_scalar,
    scalar_name,
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
# Where a value stands, innermost last: a field's name, an index, or a map's key in a tuple. Text
# is made of it only for a fault, since most values have none.
_Place: TypeAlias = "tuple[_Place | str, str | int | tuple[object]]"
_Read: TypeAlias = Callable[[object, "_Place | str", FaultList], object]
_Record: TypeAlias = Callable[[dict[str, object], "_Place | str", FaultList], object]


def _told(place: _Place | str) -> str:
    steps: list[str] = []
    while not isinstance(place, str):
        place, step = place
        if isinstance(step, str):
            steps.append(f".{step}")
        else:
            steps.append(f"[{step[0] if isinstance(step, tuple) else step}]")
    steps.append(place)
    return "".join(reversed(steps))


def _exactly(kind: type, expected: str) -> _Read:
    def read(value: object, place: _Place | str, faults: FaultList) -> object:
        if type(value) is kind:
            return value
        faults.add("codec.type", _told(place), value, expected)
        return _BAD

    return read


def _from_text(make: Callable[[str], object], expected: str) -> _Read:
    def read(value: object, place: _Place | str, faults: FaultList) -> object:
        if type(value) is not str:
            faults.add("codec.type", _told(place), value, expected)
            return _BAD
        try:
            return make(value)
        except InvalidValue as error:
            faults.take(error, _told(place))
        except (ValueError, ArithmeticError):
            faults.add("codec.value", _told(place), value, expected)
        return _BAD

    return read


def _scalar(kind: type, expected: str) -> _Read:
    return _from_text(lambda text: read_scalar(text, kind), expected)


def _anything(value: object, place: _Place | str, faults: FaultList) -> object:
    """A value whose type the annotation leaves open: plain JSON without floats."""
    if value is None or type(value) in {bool, int, str}:
        return value
    faults.add("codec.type", _told(place), value, "null, a boolean, an integer or text")
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
        self._tags: dict[str, tuple[type, _Record]] = {}
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
        if faults:
            name = type_name(kind) if isinstance(kind, type) else str(kind)
            faults.raise_if_any(f"JSON of {name}")
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
            return self._union(kind)
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
        if issubclass(kind, str):
            return _from_text(kind, f"text for {kind.__name__}")
        return self._tagged(kind)

    def _union(self, annotation: object) -> _Read:
        options = get_args(annotation)
        nullable = type(None) in options
        others = tuple(option for option in options if option is not type(None))
        if len(others) == 1:
            only = self._plan(others[0])

            def optional(value: object, place: _Place | str, faults: FaultList) -> object:
                return None if value is None and nullable else only(value, place, faults)

            return optional
        kinds = open_kinds(annotation)
        tagged: dict[str, _Read] = {}
        # What is tried in turn. Where scalars may be misread, they are told apart all at once.
        plain: list[_Read] = [self._open(kinds, tagged)] if kinds else []
        for option in others:
            if isinstance(option, type) and attrs.has(option):
                tagged[type_name(option)] = self._plan(option)
            elif not kinds or not _is_scalar(option):
                plain += [] if _is_container(option) else [self._plan(option)]
        plain += map(self._plan, merged_containers(others))

        def read(value: object, place: _Place | str, faults: FaultList) -> object:
            if value is None and nullable:
                return None
            if type(value) is dict and "$" in value:
                plan = tagged.get(str(value["$"]))
                if plan is not None:
                    return plan(value, place, faults)
            for option in plain:
                trial = FaultList()
                result = option(value, place, trial)
                if not trial:
                    return result
            expected = f"one of {sorted(tagged) or 'its types'}"
            faults.add("codec.type", _told(place), value, expected)
            return _BAD

        return read

    def _open(self, kinds: tuple[type, ...], tagged: dict[str, _Read]) -> _Read:
        """Reads bare scalars of several kinds, and lists how those that say their kind are read."""
        for kind in kinds:
            if kind is not object:
                tagged[scalar_name(kind) or type_name(kind)] = _named_scalar(kind)

        def read(value: object, place: _Place | str, faults: FaultList) -> object:
            for kind in kinds:
                found = None if kind is object else read_exactly(value, kind)
                if found is not None:
                    return found[0]
            faults.add("codec.type", _told(place), value, "a scalar of one of its types")
            return _BAD

        return read

    def _tuple(self, items: tuple[object, ...]) -> _Read:
        if len(items) == 2 and items[1] is Ellipsis:
            item = self._plan(items[0])

            def many(value: object, place: _Place | str, faults: FaultList) -> object:
                if type(value) is not list:
                    faults.add("codec.type", _told(place), value, "a list")
                    return _BAD
                return tuple([item(one, (place, i), faults) for i, one in enumerate(value)])

            return many
        plans = [self._plan(one) for one in items]

        def fixed(value: object, place: _Place | str, faults: FaultList) -> object:
            if type(value) is not list or len(value) != len(plans):
                faults.add("codec.type", _told(place), value, f"a list of {len(plans)}")
                return _BAD
            return tuple(
                [
                    plan(one, (place, i), faults)
                    for i, (plan, one) in enumerate(zip(plans, value, strict=True))
                ]
            )

        return fixed

    def _set(self, item: object) -> _Read:
        plan = self._plan(item)

        def read(value: object, place: _Place | str, faults: FaultList) -> object:
            if type(value) is not list:
                faults.add("codec.type", _told(place), value, "a list")
                return _BAD
            return frozenset([plan(one, (place, i), faults) for i, one in enumerate(value)])

        return read

    def _map(self, key_type: object, value_type: object) -> _Read:
        read_key, read_value = self._plan(key_type), self._plan(value_type)

        def read(value: object, place: _Place | str, faults: FaultList) -> object:
            pairs = _pairs(value)
            if pairs is None:
                faults.add("codec.type", _told(place), value, "an object")
                return _BAD
            before = len(faults)
            found: dict[object, object] = {}
            try:
                for key, item in pairs:
                    here = (place, (key,))
                    said = read_key(key, here, faults)
                    held = read_value(item, here, faults)
                    if said in found and said is not _BAD:
                        faults.add("codec.key_twice", _told(here), key, "each key once")
                    found[said] = held
                return _BAD if len(faults) > before else FrozenMap(found)
            except (TypeError, InvalidValue):
                faults.add("codec.value", _told(place), value, "keys that can be sorted")
                return _BAD

        return read

    def _tagged(self, kind: type) -> _Read:
        """A value of some subtype, which its own tag names."""
        scalars: dict[str, _Read] = {}
        if kind is object:
            self._open(open_kinds(object), scalars)

        def read(value: object, place: _Place | str, faults: FaultList) -> object:
            if type(value) is not dict or "$" not in value:
                if kind is object:
                    return _anything(value, place, faults)
                expected = f"an object tagged as a {kind.__name__}"
                faults.add("codec.type", _told(place), value, expected)
                return _BAD
            tag = value["$"]
            if scalars and type(tag) is str and tag in scalars:
                return scalars[tag](value, place, faults)
            known = self._known(tag)
            if known is None or not issubclass(known[0], kind):
                expected = f"the name of a {kind.__name__}"
                faults.add("codec.unknown_type", f"{_told(place)}.$", tag, expected)
                return _BAD
            return known[1](value, place, faults)

        return read

    def _known(self, tag: object) -> tuple[type, _Record] | None:
        """The class that a tag names, and how it is read."""
        if type(tag) is not str:
            return None
        known = self._tags.get(tag)
        if known is None:
            named = self._named(tag)
            if named is None:
                return None
            record = _named_scalar(named) if issubclass(named, Enum) else self._record(named)
            known = self._tags[tag] = (named, record)
        return known

    def _named(self, tag: str) -> type | None:
        if tag in self._hosts:
            return self._hosts[tag]
        package, dot, name = tag.partition(".")
        if not dot or package not in PACKAGES or name.startswith("_"):
            return None
        found = getattr(import_module(f"ordercore.{package}"), name, None)
        if isinstance(found, type) and type_name(found) == tag:
            return found if attrs.has(found) or issubclass(found, Enum) else None
        return None

    def _record(self, kind: type) -> _Record:
        hints = get_type_hints(kind)
        fields = [
            (
                field.alias if field.alias is not None else field.name,
                # What JSON says by itself needs no call, unless it is wrong.
                hint if hint in {str, int, bool} else None,
                self._plan(hint),
                field.default is attrs.NOTHING,
            )
            for field in attrs.fields(kind)
            if field.init
            for hint in [hints.get(field.name, object)]
        ]
        known = {name for name, _, _, _ in fields} | {"$"}
        tag = type_name(kind)

        def read(value: dict[str, object], place: _Place | str, faults: FaultList) -> object:
            before = len(faults)
            given: dict[str, object] = {}
            for name, bare, plan, required in fields:
                if name in value:
                    item = value[name]
                    given[name] = item if type(item) is bare else plan(item, (place, name), faults)
                elif required:
                    missing = f"{_told(place)}.{name}"
                    faults.add("codec.missing", missing, None, f"a field of {tag}")
            if len(value) > len(given) + 1:
                for name in value:
                    if name not in known:
                        unknown = f"{_told(place)}.{name}"
                        faults.add("codec.unknown_field", unknown, name, f"a field of {tag}")
            if len(faults) > before:
                return _BAD
            try:
                return kind(**given)
            except (InvalidValue, InvalidBatch) as error:
                faults.take(error, _told(place))
            except (TypeError, ValueError, AttributeError) as error:
                faults.add("codec.value", _told(place), str(error), f"what {tag} takes")
            return _BAD

        return read


def _named_scalar(kind: type) -> _Read:
    """A scalar that says its kind, since bare text would be read as another."""

    def read(value: object, place: _Place | str, faults: FaultList) -> object:
        assert isinstance(value, dict)
        for name in value:
            if name not in {"$", "value"}:
                unknown = f"{_told(place)}.{name}"
                faults.add("codec.unknown_field", unknown, name, "value and nothing else")
        if "value" not in value:
            faults.add("codec.missing", f"{_told(place)}.value", None, "a value")
            return _BAD
        found = read_exactly(value["value"], kind)
        if found is None:
            here = f"{_told(place)}.value"
            faults.add("codec.value", here, value["value"], f"one of kind {kind.__name__}")
            return _BAD
        return found[0]

    return read


def _is_scalar(option: object) -> bool:
    return get_origin(option) is typing.Literal or (
        isinstance(option, type) and (option in _SIMPLE or issubclass(option, str | Enum))
    )


def _is_container(option: object) -> bool:
    origin = get_origin(option)
    return origin in {tuple, frozenset, set} or (
        isinstance(origin, type) and issubclass(origin, Mapping)
    )


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
    def read(value: object, place: _Place | str, faults: FaultList) -> object:
        for option in options:
            if type(value) is type(option) and value == option:
                return option
        faults.add("codec.value", _told(place), value, f"one of {options}")
        return _BAD

    return read


def _enum(kind: type[Enum]) -> _Read:
    members = {member.value: member for member in kind}

    def read(value: object, place: _Place | str, faults: FaultList) -> object:
        if type(value) in {str, int} and value in members:
            return members[value]
        faults.add("codec.value", _told(place), value, f"one of {sorted(map(str, members))}")
        return _BAD

    return read


_SIMPLE: Mapping[type, _Read] = {
    type(None): _exactly(type(None), "null"),
    bool: _exactly(bool, "true or false"),
    int: _exactly(int, "an integer"),
    str: _exactly(str, "text"),
    pendulum.DateTime: _scalar(pendulum.DateTime, "an instant in UTC"),
    date: _scalar(date, "a date"),
    time: _scalar(time, "a time of day"),
    Decimal: _scalar(Decimal, "a decimal number as text"),
    Fraction: _scalar(Fraction, "a fraction as text"),
}
