"""What msgspec reads for each annotation, and how a value is made of it."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import partial
from operator import attrgetter
from types import ModuleType
from typing import Any, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

import attrs
import pendulum

from ordercore.codec.decoder import Decoder
from ordercore.kernel import FrozenMap, instant, open_kinds, read_scalar, type_name

__all__ = ["Reader", "Wires"]

_Annotation: TypeAlias = Any
"""What stands behind the colon of a field: a class, or what ``typing`` makes of several."""
_Read: TypeAlias = Any
"""What msgspec read: it is of the type it was asked for."""
Reader: TypeAlias = Callable[[_Read], object]
_Wire: TypeAlias = "tuple[_Annotation, Reader | None]"
"""The type that msgspec is asked for, and what makes the value of it; None: it is the value."""

# Subscribed with what is known at run time only.
_TUPLE: Any = tuple
_LIST: Any = list
_DICT: Any = dict

_OF_CONSTRUCTION = ("__attrs_pre_init__", "__attrs_post_init__", "_attrs_cached_hash")

_OPEN_DEPTH = 60
"""How deep what has no type of its own may nest; deeper is left to the plain codec to judge."""
_TYPED_DEPTH = 40


class Wires:
    """The wire type of each annotation, with one struct for each attrs class.

    Whatever msgspec could not tell apart by itself is read as plain JSON and given to the decoder.
    """

    def __init__(self, msgspec: ModuleType, decoder: Decoder) -> None:
        self._defstruct = msgspec.defstruct
        self._convert = msgspec.convert
        self._decoder = decoder
        self._records: dict[type, _Wire] = {}
        self._open_records: list[type] = []

    def of(self, annotation: _Annotation) -> _Wire:
        """The wire of an annotation."""
        if annotation in _BARE:
            return annotation, None
        if annotation in _SCALARS:
            return str, _SCALARS[annotation]
        origin: object = get_origin(annotation)
        args = get_args(annotation)
        if origin is Union or origin is types.UnionType:
            return self._union(annotation, args)
        if origin is tuple:
            return self._tuple(annotation, args)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return self._map(annotation, *args)
        if not isinstance(annotation, type):
            return self._plain(annotation)
        if issubclass(annotation, Enum):
            members = {member.value: member for member in annotation}
            every = all(type(value) is str for value in members)
            return (str, members.__getitem__) if every else self._plain(annotation)
        if issubclass(annotation, str):
            return str, annotation
        if attrs.has(annotation):
            return self._record(annotation)
        return self._plain(annotation)

    def _plain(self, annotation: _Annotation) -> _Wire:
        decode = self._decoder.decode

        def read(value: object) -> object:
            if not _shallow(value, _OPEN_DEPTH):
                raise RecursionError
            return decode(cast("Any", value), annotation)

        return Any, read

    def _union(self, annotation: _Annotation, args: tuple[_Annotation, ...]) -> _Wire:
        others = [arg for arg in args if arg is not type(None)]
        nullable = len(others) < len(args)
        if len(others) == 1:
            form, read = self.of(others[0])
            if form is Any:
                return self._plain(annotation)
            if read is None:
                return form | None, None
            if self._is_filled(read):
                return form | None, self._filled(annotation)
            return form | None, _unless_none(read)
        if open_kinds(annotation) or not all(map(attrs.has, others)):
            return self._plain(annotation)
        readers: dict[type, Reader] = {type(None): _as_it_is}
        forms: list[_Annotation] = [type(None)] if nullable else []
        for other in others:
            form, read = self.of(other)
            if form is Any or read is None:
                return self._plain(annotation)
            forms.append(form)
            readers[form] = read
        return Union[tuple(forms)], lambda value: readers[type(value)](value)  # noqa: UP007

    def _tuple(self, annotation: _Annotation, args: tuple[_Annotation, ...]) -> _Wire:
        if args[1:] == (Ellipsis,):
            form, read = self.of(args[0])
            if read is None:
                return _TUPLE[form, ...], None
            if self._is_filled(read):
                return _TUPLE[form, ...], self._filled(annotation)
            return _LIST[form], lambda value: tuple([read(item) for item in value])
        wires = [self.of(arg) for arg in args]
        readers = [read or _as_it_is for _, read in wires]
        if not wires:
            return self._plain(annotation)
        return (
            _TUPLE[tuple(form for form, _ in wires)],
            lambda value: tuple([read(item) for read, item in zip(readers, value, strict=True)]),
        )

    def _map(self, annotation: _Annotation, key: _Annotation, held: _Annotation) -> _Wire:
        key_form, read_key = self.of(key)
        form, read = self.of(held)
        if key_form is not str:
            return self._plain(annotation)
        key_of, held_of = read_key or _as_it_is, read or _as_it_is

        def made(value: dict[str, object]) -> object:
            if "$map" in value:
                raise LookupError
            found = {key_of(name): held_of(item) for name, item in value.items()}
            if len(found) < len(value):
                raise LookupError
            return FrozenMap(cast("dict[str, object]", found))

        return _DICT[str, form], made

    # Where constructors would do nothing but set the fields, msgspec sets them.

    def _filled(self, annotation: _Annotation) -> Reader:
        return partial(self._convert, type=annotation, from_attributes=True)

    def _is_filled(self, read: Reader) -> bool:
        return isinstance(read, partial) and read.func is self._convert

    def _record(self, kind: type) -> _Wire:
        if kind in self._records:
            return self._records[kind]
        if kind in self._open_records or len(self._open_records) >= _TYPED_DEPTH:
            return self._plain(kind)
        self._open_records.append(kind)
        try:
            wire = self._records[kind] = self._made(kind)
        finally:
            self._open_records.pop()
        return wire

    def _made(self, kind: type) -> _Wire:
        hints = get_type_hints(kind)
        fields = [field for field in attrs.fields(kind) if field.init]
        forms: dict[str, _Annotation] = {}
        convert: list[tuple[int, Reader]] = []
        filled = _only_sets_fields(kind)
        # Positional arguments first, as the constructor takes them.
        fields.sort(key=lambda field: bool(field.kw_only))
        for number, field in enumerate(fields):
            form, read = self.of(hints.get(field.name, object))
            forms[field.alias or field.name] = form
            filled = filled and (read is None or self._is_filled(read))
            # A class as a converter stands there under the name of its field.
            if read is not None and read is not getattr(field.converter, "kind", field.converter):
                convert.append((number, read))
        struct = self._defstruct(
            kind.__name__,
            sorted(forms.items()),
            tag=type_name(kind),
            tag_field="$",
            forbid_unknown_fields=True,
            gc=False,
        )
        if filled:
            return struct, self._filled(kind)
        return struct, _maker(kind, tuple(forms), sum(not f.kw_only for f in fields), convert)


def _only_sets_fields(kind: type) -> bool:
    """Whether the constructor is attrs' own, and no field converts or checks what it is given."""
    code = getattr(getattr(kind, "__init__", None), "__code__", None)
    return (
        code is not None
        and code.co_filename.startswith("<attrs generated")
        and "__slots__" in vars(kind)
        and "__new__" not in {name for base in kind.__mro__[:-1] for name in vars(base)}
        and not any(map(partial(hasattr, kind), _OF_CONSTRUCTION))
        and bool(attrs.fields(kind))
        and all(
            field.init
            and field.alias == field.name
            and field.converter is None
            and field.validator is None
            for field in attrs.fields(kind)
        )
    )


def _maker(
    kind: type, aliases: tuple[str, ...], positional: int, convert: list[tuple[int, Reader]]
) -> Reader:
    """Calls the constructor with the fields of a struct, each made into its value."""
    code = getattr(getattr(kind, "__init__", None), "__code__", None)
    if code is None or code.co_varnames[1 : code.co_argcount] != aliases[:positional]:
        positional = 0  # a constructor of the host's own
    named = aliases[positional:]
    if len(aliases) < 2:

        def small(struct: _Read) -> object:
            held = [getattr(struct, alias) for alias in aliases]
            for number, read in convert:
                held[number] = read(held[number])
            return kind(**dict(zip(aliases, held, strict=True)))

        return small
    taken = attrgetter(*aliases)

    def make(struct: _Read) -> object:
        held = list(taken(struct))
        for number, read in convert:
            held[number] = read(held[number])
        if not named:
            return kind(*held)
        return kind(*held[:positional], **dict(zip(named, held[positional:], strict=True)))

    return make


def _unless_none(read: Reader) -> Reader:
    return lambda value: None if value is None else read(value)


def _as_it_is(value: _Read) -> object:
    return value


def _shallow(value: object, levels: int) -> bool:
    if type(value) is dict:
        return levels > 0 and all(_shallow(item, levels - 1) for item in value.values())
    if type(value) is list:
        return levels > 0 and all(_shallow(item, levels - 1) for item in value)
    return True


_BARE = frozenset({str, int, bool, type(None)})
_SCALARS: Mapping[object, Reader] = {
    pendulum.DateTime: instant,
    date: partial(read_scalar, kind=date),
    time: partial(read_scalar, kind=time),
    Decimal: partial(read_scalar, kind=Decimal),
    Fraction: partial(read_scalar, kind=Fraction),
}
