"""Where the text of a scalar would not say what it is, and how it is told then.

JSON has no instants, decimals, fractions or enumerations: they are written as text. A field that
holds one of them needs no more, since its annotation says what the text means. A field that holds
several, or any of them or plain text, is *open*: bare text there is what the first of its kinds
reads exactly, and what would be read as something else is an object that names its kind,
``{"$": "text", "value": "2026-11-11T00:00:00Z"}``. So nothing is written differently but what bare
text would get wrong.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Final, TypeVar, Union, cast, get_args, get_origin

import attrs
from pendulum import DateTime

from ordercore.kernel.errors import InvalidValue, expect
from ordercore.kernel.instants import instant, to_text

__all__ = [
    "Shape",
    "kind_to_name",
    "merged_containers",
    "open_kinds",
    "read_exactly",
    "read_scalar",
    "scalar_name",
    "shape_of",
]

_NAMES: Final[Mapping[type, str]] = {
    str: "text",
    int: "integer",
    bool: "boolean",
    DateTime: "instant",
    date: "date",
    time: "time",
    Decimal: "decimal",
    Fraction: "fraction",
}
# `object` stands for every kind that has a name of its own: enumerations that are no text.
_ANY: Final[tuple[type, ...]] = (
    str, int, bool, DateTime, date, time, Decimal, Fraction, object,
)  # fmt: skip


def scalar_name(kind: type) -> str | None:
    """The short name of a kind that is no class of a package; None for others.

    Example:
        >>> scalar_name(Decimal), scalar_name(list)
        ('decimal', None)
    """
    return _NAMES.get(kind) if isinstance(kind, type) else None


@attrs.frozen
class Shape:
    """Which scalars stand where in a field; only for fields in which one of them may be misread.

    ``kinds`` are the scalars that this very place may hold, in the order in which bare text is
    tried. ``items`` is the shape of a list's items (a tuple of shapes: one for each place),
    ``keys`` and ``values`` that of a map. None: nothing there can be misread.
    """

    kinds: tuple[type, ...] = ()
    items: Shape | tuple[Shape | None, ...] | None = None
    keys: Shape | None = None
    values: Shape | None = None


def open_kinds(annotation: object) -> tuple[type, ...]:
    """The scalars that a place may hold, in the order in which bare text is tried; none where
    nothing can be misread.

    The order is the one in which they are declared, but an instant comes before text: what reads
    exactly as an instant is written is one.

    Example:
        >>> [kind.__name__ for kind in open_kinds(str | int | DateTime | None)]
        ['DateTime', 'str', 'int']
        >>> open_kinds(str | int | None)
        ()
    """
    options = union_options(annotation)
    if any(option is object or isinstance(option, TypeVar) for option in options):
        return _ANY
    found: dict[type, None] = {}
    for option in options:
        if isinstance(option, type) and (option in _NAMES or issubclass(option, str | Enum)):
            found[option] = None
        elif get_origin(option) is typing.Literal:
            found.update({type(value): None for value in get_args(option) if value is not None})
    texts = sum(not issubclass(kind, int) for kind in found)
    numbers = sum(issubclass(kind, Enum) or kind is int for kind in found)
    if texts < 2 and numbers < 2:
        return ()
    if str in found and DateTime in found:
        return (DateTime, *[kind for kind in found if kind is not DateTime])
    return tuple(found)


def shape_of(annotation: object) -> Shape | None:
    """What can be misread in a field with this annotation; None where nothing can.

    Example:
        >>> shape_of(DateTime | None) is None
        True
        >>> shape_of(tuple[DateTime | str, ...]).items.kinds == (DateTime, str)
        True
    """
    items: Shape | tuple[Shape | None, ...] | None = None
    keys: Shape | None = None
    values: Shape | None = None
    for option in merged_containers(union_options(annotation)):
        origin, args = get_origin(option), get_args(option)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            keys, values = shape_of(args[0]), shape_of(args[1])
        elif origin is tuple and args[1:] != (Ellipsis,):
            each = tuple(shape_of(arg) for arg in args)
            items = each if any(each) else None
        else:
            items = shape_of(args[0])
    kinds = open_kinds(annotation)
    if not kinds and items is None and keys is None and values is None:
        return None
    return Shape(kinds, items, keys, values)


def union_options(annotation: object) -> tuple[object, ...]:
    """The options of a union; of anything else itself."""
    if get_origin(annotation) in {Union, types.UnionType}:
        return get_args(annotation)
    return (annotation,)


def merged_containers(options: tuple[object, ...]) -> tuple[object, ...]:
    """The containers of a union, those that look alike in JSON as one of what they hold together.

    ``tuple[str, ...] | tuple[int, ...]`` is read as ``tuple[str | int, ...]``, and maps likewise.
    Containers that look alike and are not of one type cannot be told from each other.

    Raises:
        InvalidValue: ``codec.ambiguous``; ``type.wrong`` for options that are no collection.
    """
    lists: list[object] = []
    maps: list[object] = []
    expect(options, Iterable, "options")  # type: ignore[type-abstract]
    for option in options:
        origin = get_origin(option)
        if origin in {tuple, frozenset, set}:
            lists.append(option)
        elif isinstance(origin, type) and issubclass(origin, Mapping):
            maps.append(option)
    return tuple(_one(alike) for alike in (lists, maps) if alike)


def _one(alike: list[object]) -> object:
    if len(alike) == 1:
        return alike[0]
    origins = {get_origin(each) for each in alike}
    columns = list(zip(*[get_args(each) for each in alike], strict=False))
    fixed = any(get_origin(each) is tuple and get_args(each)[-1] is not Ellipsis for each in alike)
    if len(origins) > 1 or fixed:
        raise InvalidValue(
            "codec.ambiguous", "", tuple(alike), "containers that JSON can tell from each other"
        )
    made = [column[0] if column[0] is Ellipsis else Union[column] for column in columns]  # noqa: UP007
    origin = cast("typing.Any", origins.pop())
    return origin[tuple(made)]


# --- reading ---


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


def _fraction(text: str) -> Fraction:
    above, slash, below = text.partition("/")
    if not slash or not below.isdecimal() or not above.removeprefix("-").isdecimal():
        raise ValueError(text)
    return Fraction(int(above), int(below))


def _written_fraction(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


_READ: Final[Mapping[type, tuple[Callable[[str], object], Callable[..., str]]]] = {
    DateTime: (instant, to_text),
    date: (date.fromisoformat, date.isoformat),
    time: (time.fromisoformat, time.isoformat),
    Decimal: (_decimal, str),
    Fraction: (_fraction, _written_fraction),
}


def read_scalar(text: str, kind: type) -> object:
    """The instant, date, time of day, decimal or fraction that a text says.

    Raises:
        InvalidValue: ``time.not_an_instant`` and its sisters, for an instant; ``type.wrong`` for
            what is no text, and for a kind that is none of these.
        ValueError: for any other kind, or ``ArithmeticError``.

    Example:
        >>> read_scalar("1/5", Fraction)
        Fraction(1, 5)
    """
    expect(text, str, "text")
    if expect(kind, type, "kind") not in _READ:
        raise InvalidValue("type.wrong", "kind", kind, "a kind that is written as text")
    return _READ[kind][0](text)


def read_exactly(coded: object, kind: type) -> tuple[object] | None:
    """The value of a kind that is written just so, in a tuple; None where there is none.

    Example:
        >>> read_exactly("1.50", Decimal), read_exactly(" 1.5", Decimal), read_exactly("x", str)
        ((Decimal('1.50'),), None, ('x',))
    """
    if type(coded) is kind:
        return (coded,)
    expect(kind, type, "kind")
    if issubclass(kind, Enum):
        alike = [each for each in kind if type(coded) is type(each.value) and coded == each.value]
        return (alike[0],) if alike else None
    if type(coded) is not str:
        return None
    try:
        if kind in _READ:
            read, write = _READ[kind]
            value = read(coded)
            return (value,) if write(value) == coded else None
        # Text with a type of its own, such as an identifier.
        return (kind(coded),) if issubclass(kind, str) and kind is not str else None
    except (InvalidValue, ValueError, ArithmeticError):
        return None


def kind_to_name(value: object, coded: object, kinds: tuple[type, ...]) -> type | None:
    """The kind that must be named beside ``coded`` for ``value`` to come back; None: none need be.

    Example:
        >>> kind_to_name("2026-11-11T00:00:00Z", "2026-11-11T00:00:00Z", (DateTime, str))
        <class 'str'>
        >>> kind_to_name("tea", "tea", (DateTime, str)) is None
        True
    """
    own = _own(value, kinds)
    if own is None or type(value) is bool:
        return None
    for kind in kinds:
        if kind is own:
            return None
        if kind is not object and read_exactly(coded, kind) is not None:
            break
    return own


def _own(value: object, kinds: tuple[type, ...]) -> type | None:
    """The kind that a value is of: its very type, or the first that it is an instance of."""
    kind: type = DateTime if isinstance(value, datetime) else type(value)
    if kind in kinds:
        return kind
    for each in kinds:
        if each is not object and isinstance(value, each):
            return each
    return kind if object in kinds else None
