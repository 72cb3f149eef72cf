"""Values whose fields are what their annotations say: one check for every constructor.

A converter turns what may be given into what is kept, and lets pass what it cannot turn; then
:func:`checked` compares every field with its annotation, down to the elements of tuples and maps,
before or besides what the class itself asks for. So a wrong kind meets a code, its path and its
value wherever it comes in, and nothing that the annotations exclude is ever kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from operator import attrgetter, contains
from typing import TypeVar, cast, get_type_hints

import attrs

from ordercore.kernel.errors import InvalidBatch, InvalidValue, OrdercoreError, expect
from ordercore.kernel.kinds import Kind, kind_of
from ordercore.kernel.naming import converted_class, name_converters

__all__ = ["check_kinds", "checked", "checked_but"]

C = TypeVar("C")
T = TypeVar("T")


def checked(kind: type[C]) -> type[C]:
    """Makes an attrs class compare its fields with their annotations whenever it is constructed.

    Stands below ``attrs.frozen``. Accepted are instances of the annotated class and of its
    subclasses, except a bool where an int is meant; an ``Instant`` is one in UTC. The elements of
    tuples, frozen sets and frozen maps are compared too. Not compared are type variables,
    protocols, and annotations that cannot be resolved where the class stands.

    What the class asks for itself (its ``__attrs_post_init__``) keeps its codes: where that names
    a field, ``checked`` does not name it again. O(fields), and O(n) for a collection of n.

    Raises:
        InvalidValue: ``type.wrong`` with the path (``lines[2]``), the value and what was expected;
            raised by the class's constructor.
        InvalidBatch: the same where several fields are at fault.

    Example:
        >>> from ordercore.kernel import as_tuple
        >>> @attrs.frozen
        ... @checked
        ... class Parcel:
        ...     label: str
        ...     weights_g: tuple[int, ...] = attrs.field(converter=as_tuple)
        >>> Parcel("a", [250, 90]).weights_g
        (250, 90)
        >>> Parcel("a", [250, "90"])
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.InvalidValue: type.wrong at weights_g[1]: expected int, got '90'
    """
    return _checked(kind, frozenset())


def checked_but(*fields: str) -> Callable[[type[C]], type[C]]:
    """:func:`checked`, but for fields that are judged elsewhere, with findings of their own.

    Example:
        >>> @attrs.frozen
        ... @checked_but("child")
        ... class Not:
        ...     child: int
        >>> Not("x").child
        'x'
    """
    for field in fields:
        expect(field, str, "fields")
    return lambda kind: _checked(kind, frozenset(fields))


def _checked(kind: type[C], but: frozenset[str]) -> type[C]:
    own = _own_check(expect(kind, type, "kind"))
    plan: _Plan | None = None

    def check(self: C) -> None:
        nonlocal plan
        if plan is None:
            plan = _plan(_owner(type(self), check))
        values = plan.read(self)
        shape = [*map(type, values)]
        if shape == plan.usual or all(map(contains, plan.types, shape)):
            # Values of one class mostly look alike: the next is compared with this one first.
            plan.usual = shape
            for index, holds in plan.inner:
                if not holds(values[index]):
                    break
            else:
                if own is not None:
                    own(self)
                return
        _judge(self, plan.faults(values), own)

    name_converters(kind)
    check.own = own  # type: ignore[attr-defined]
    check.but = but  # type: ignore[attr-defined]
    kind.__attrs_post_init__ = check  # type: ignore[attr-defined]
    return kind


def check_kinds(value: T, besides: Callable[[T], None] | None = None) -> None:
    """Refuse an attrs value one of whose fields is not what its annotation says.

    For classes of which there are very many: they look at their fields by hand, which costs a
    third, and ask here when one is not exactly what it mostly is. Accepts what :func:`checked`
    accepts. ``besides`` is what the class asks for itself; what it names is not named again.

    Raises:
        InvalidValue: ``type.wrong`` with the path, the value and what was expected.
        InvalidBatch: the same where several fields are at fault.

    Example:
        >>> @attrs.frozen
        ... class Step:
        ...     length_mm: int
        ...
        ...     def __attrs_post_init__(self) -> None:
        ...         if type(self.length_mm) is not int:
        ...             check_kinds(self)
        >>> Step("9")
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.InvalidValue: type.wrong at length_mm: expected int, got '9'
    """
    kind: type = type(value)
    if not attrs.has(kind):
        raise InvalidValue("type.wrong", "value", value, "an attrs value")
    if besides is not None:
        expect(besides, Callable, "besides")  # type: ignore[arg-type]
    plan = _plan(kind)
    _judge(value, plan.faults(plan.read(value)), cast("Callable[[object], None] | None", besides))


def _own_check(kind: type) -> Callable[[object], None] | None:
    """What the class or a base asks for itself, without a base's comparison of kinds."""
    found = getattr(kind, "__attrs_post_init__", None)
    return cast("Callable[[object], None] | None", getattr(found, "own", found))


def _owner(kind: type, check: object) -> type:
    """The class that ``check`` was made for; ``kind`` may be a plain subclass of it."""
    return next(base for base in kind.__mro__ if base.__dict__.get("__attrs_post_init__") is check)


def _judge(value: object, faults: list[InvalidValue], own: Callable[[object], None] | None) -> None:
    """Raise what is wrong with the kinds, and what the class itself says besides."""
    subject = type(value).__name__
    if own is not None:
        try:
            own(value)
        except InvalidBatch as error:
            raise InvalidBatch(
                error.subject, [*error.faults, *_unnamed(faults, error.faults)]
            ) from error
        except InvalidValue as error:
            faults = [error, *_unnamed(faults, (error,))]
        except OrdercoreError:
            raise
        except Exception:
            # A wrong kind can break any check that counts on the right one.
            if not faults:
                raise
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise InvalidBatch(subject, faults)


def _unnamed(faults: Iterable[InvalidValue], named: Iterable[InvalidValue]) -> list[InvalidValue]:
    names = {_field_of(fault.path) for fault in named}
    # A path that begins with a bracket is inside the value as a whole: nothing is left to say.
    return [] if "" in names else [f for f in faults if _field_of(f.path) not in names]


def _field_of(path: str) -> str:
    return path.partition("[")[0].partition(".")[0]


class _Plan:
    """How the fields of one class are read and compared."""

    __slots__ = ("fields", "inner", "read", "types", "usual")

    def __init__(self, kind: type) -> None:
        hints = _hints(kind)
        check = getattr(kind, "__attrs_post_init__", None)
        but: frozenset[str] = getattr(check, "but", frozenset())
        fields: list[tuple[str, Kind]] = []
        names: list[str] = []
        for field in attrs.fields(cast("type[attrs.AttrsInstance]", kind)):
            hint = hints.get(field.name, object)
            # A class that converts to itself has checked already.
            own_class = converted_class(field.converter) is hint
            settled = not field.init or own_class or field.name in but
            expected = None if settled else kind_of(hint)
            if expected is not None:
                names.append(field.name)
                fields.append((field.alias or field.name, expected))
        self.fields = tuple(fields)
        self.read = _reader(names)
        self.types = tuple(expected.types for _, expected in fields)
        self.usual: list[type] | None = None
        self.inner = tuple(
            (index, expected.holds)
            for index, (_, expected) in enumerate(fields)
            if expected.holds is not None
        )

    def faults(self, values: tuple[object, ...]) -> list[InvalidValue]:
        return [
            fault
            for (name, expected), value in zip(self.fields, values, strict=False)
            for fault in expected.faults(value, name)
        ]


@cache
def _plan(kind: type) -> _Plan:
    return _Plan(kind)


def _hints(kind: type) -> dict[str, object]:
    try:
        return get_type_hints(kind)
    except NameError:
        return {}


def _reader(names: list[str]) -> Callable[[object], tuple[object, ...]]:
    if not names:
        return lambda _: ()
    # One name alone would come back bare.
    return attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
