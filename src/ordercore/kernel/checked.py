"""Values whose fields are what their annotations say: one check for every constructor.

A converter turns what may be given into what is kept, and lets pass what it cannot turn; then
:func:`checked` compares every field with its annotation, down to the elements of tuples and maps,
before or besides what the class itself asks for. So a wrong kind meets a code, its path and its
value wherever it comes in, and nothing that the annotations exclude is ever kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from functools import wraps
from typing import Any, NoReturn, TypeAlias, TypeVar, cast, get_type_hints

import attrs

from ordercore.kernel.errors import InvalidBatch, InvalidValue, OrdercoreError, expect
from ordercore.kernel.kinds import Kind, kind_of
from ordercore.kernel.naming import converted_class, name_converters
from ordercore.kernel.written import FACTORY, Filling, name_of, written

__all__ = ["checked", "checked_but", "own_check"]

C = TypeVar("C")

_Own: TypeAlias = Callable[[object], None]
"""What a class asks for itself."""


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
    own = own_check(expect(kind, type, "kind"))
    plan: _Plan | None = None
    met = 0

    def check(self: C) -> None:
        nonlocal plan, met
        if plan is None:
            plan = _Plan(_owner(type(self), check))
        met += 1
        if met == _WORTH_WRITING:
            plan.write_constructor(own)
        faults = plan.faults(self)
        if faults:
            _judge(self, faults, own)
        elif own is not None:
            own(self)

    name_converters(kind)
    check.own = own  # type: ignore[attr-defined]
    check.but = but  # type: ignore[attr-defined]
    kind.__attrs_post_init__ = check  # type: ignore[attr-defined]
    return kind


_WORTH_WRITING = 16
"""With which value a class is met so often that a constructor is written for it alone."""


def own_check(kind: type) -> _Own | None:
    """What the class or a base asks for itself, without a base's comparison of kinds."""
    found = getattr(kind, "__attrs_post_init__", None)
    return cast("_Own | None", getattr(found, "own", found))


def _owner(kind: type, check: object) -> type:
    """The class that ``check`` was made for; ``kind`` may be a plain subclass of it."""
    return next(base for base in kind.__mro__ if base.__dict__.get("__attrs_post_init__") is check)


def _judge(value: object, faults: list[InvalidValue], own: _Own | None) -> NoReturn:
    """Raise what is wrong with the kinds, and what the class itself says besides."""
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
        except Exception:  # noqa: BLE001, S110
            # A wrong kind can break any check that counts on the right one.
            pass
    if len(faults) == 1:
        raise faults[0]
    raise InvalidBatch(type(value).__name__, faults)


def _unnamed(faults: Iterable[InvalidValue], named: Iterable[InvalidValue]) -> list[InvalidValue]:
    names = {_field_of(fault.path) for fault in named}
    # A path that begins with a bracket is inside the value as a whole: nothing is left to say.
    return [] if "" in names else [f for f in faults if _field_of(f.path) not in names]


def _field_of(path: str) -> str:
    return path.partition("[")[0].partition(".")[0]


class _Plan:
    """How the fields of one class are read and compared."""

    __slots__ = ("fields", "kind")

    def __init__(self, kind: type) -> None:
        hints = _hints(kind)
        but: frozenset[str] = kind.__attrs_post_init__.but  # type: ignore[attr-defined]
        fields: list[tuple[str, str, Kind]] = []
        for field in attrs.fields(cast("type[attrs.AttrsInstance]", kind)):
            hint = hints.get(field.name, object)
            # A class that converts to itself has checked already.
            own_class = converted_class(field.converter) is hint
            settled = not field.init or own_class or field.name in but
            expected = None if settled else kind_of(hint)
            if expected is not None:
                fields.append((field.name, name_of(field), expected))
        self.kind = kind
        self.fields = tuple(fields)

    def faults(self, value: object) -> list[InvalidValue]:
        """What is wrong with the fields."""
        return [
            fault
            for name, told, expected in self.fields
            if not expected.accepts(held := getattr(value, name))
            for fault in expected.faults(held, told)
        ]

    def write_constructor(self, own: _Own | None) -> None:
        """Converts, compares and fills in one function, in the place of attrs' constructor.

        Converters and questions are the same in the same order. A value of a subclass, which may
        have room of its own, is left to attrs; so is a class that asks attrs for more than this.
        """
        kind: Any = self.kind
        attrs_made = kind.__init__
        filling = Filling(kind)
        if not _is_plain(kind, filling):
            return
        known = filling.known
        names = {name_of(field) for field in filling.fields if field.init}
        passed = [
            f"{name}={name}" if field.kw_only else name
            for field in sorted(filling.fields, key=lambda field: field.kw_only)
            if (name := name_of(field)) in names
        ]
        convert = []
        for field in filling.fields:
            if field.converter is not None:
                name = name_of(field)
                known[f"convert__{name}"] = field.converter
                step = f"{name} = convert__{name}({name})"
                made = converted_class(field.converter)
                if _keeps_its_own(made):
                    known[f"class__{name}"] = made
                    step = f"if type({name}) is not class__{name}: {step}"
                convert.append(step)
        asked: list[str] = []
        for number, (_, told, expected) in enumerate(self.fields):
            test, meant = expected.written(told, number)
            asked.append(test)
            known |= meant

        def judge(value: object) -> None:
            _judge(value, self.faults(value), own)

        known |= {
            "attrs_made__": attrs_made,
            "judge__": judge,
            "own__": own,
            "set_class__": object.__setattr__,
        }
        body = [
            "if type(self) is not kind__:",
            f"    return attrs_made__(self, {', '.join(passed)})",
            *convert,
            "set_class__(self, '__class__', filled__)",
            *filling.assignments(),
            "self.__class__ = kind__",
            f"if not ({' and '.join(asked) or True}):",
            "    judge__(self)",
            *(["else:", "    own__(self)"] if own is not None else []),
        ]
        made = written(f"__init__(self, {', '.join(filling.parameters)})", body, known)
        kind.__init__ = wraps(attrs_made)(made)


def _keeps_its_own(converter: object) -> bool:
    """Whether a converter is a class that gives back its own values as they are."""
    return isinstance(converter, type) and issubclass(converter, (str, Enum))


def _is_plain(kind: type, filling: Filling) -> bool:
    """Whether attrs' constructor converts, fills and asks, and does no more."""
    return (
        not issubclass(kind, BaseException)
        and "__init__" in vars(kind)
        and kind.__init__.__code__.co_filename.startswith("<attrs generated")
        and not hasattr(kind, "__attrs_pre_init__")
        and not hasattr(kind, "_attrs_cached_hash")
        and all(
            field.validator is None
            and not isinstance(field.converter, attrs.Converter)
            and not (isinstance(field.default, FACTORY) and field.default.takes_self)
            for field in filling.fields
        )
    )


def _hints(kind: type) -> dict[str, object]:
    try:
        return get_type_hints(kind)
    except NameError:
        return {}
