"""Converters for the fields of :func:`~ordercore.kernel.checked` classes.

They turn what may be given into what is kept, and let pass what they cannot turn: the class then
refuses it with the name of the field, which no converter knows. The errors of single items, of
which there may be many, are raised here, each with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TypeVar, cast

from pendulum import UTC, DateTime

from ordercore.kernel.errors import InvalidBatch, InvalidValue, expect
from ordercore.kernel.frozenmap import FrozenMap
from ordercore.kernel.instants import Instant, instant

__all__ = [
    "as_instant",
    "as_map",
    "as_optional_instant",
    "as_tuple",
    "frozen_set",
    "instant_at",
    "items_as",
    "sorted_tuple",
    "sorted_unique",
]

K = TypeVar("K")
T = TypeVar("T")
Text = TypeVar("Text", bound=str)
V = TypeVar("V")


def as_tuple(given: Iterable[T]) -> tuple[T, ...]:
    """The items as a tuple; text, bytes, maps and what is no collection come back as they are.

    Example:
        >>> as_tuple([1, 2]), as_tuple("12")
        ((1, 2), '12')
    """
    if type(given) is tuple:
        return given
    if not isinstance(given, Iterable) or isinstance(given, (str, bytes, bytearray, Mapping)):
        return cast("tuple[T, ...]", given)
    return tuple(given)


def items_as(given: Iterable[str], kind: Callable[[str], T], path: str) -> tuple[T, ...]:
    """The items turned into a kind of text, such as an identifier; else as :func:`as_tuple`.

    Raises:
        InvalidValue: what ``kind`` raises, with the place of the item.
        InvalidBatch: the same for several items.

    Example:
        >>> from ordercore.kernel import Sku
        >>> items_as(["TEA"], Sku, "skus")
        (Sku('TEA'),)
        >>> items_as(["TEA", ""], Sku, "skus")
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.InvalidValue: identifier.invalid at skus[1]: expected ..., got ''
    """
    items = as_tuple(given)
    if type(items) is not tuple:
        return cast("tuple[T, ...]", items)
    if not callable(kind):
        raise InvalidValue("type.wrong", "kind", kind, "a kind of text")
    turned: list[T] = []
    faults: list[InvalidValue] = []
    for number, item in enumerate(items):
        try:
            turned.append(kind(item))
        except InvalidValue as error:
            place = f"{path}[{number}]"
            faults.append(InvalidValue(error.code, place, error.value, error.expected))
    if len(faults) > 1:
        raise InvalidBatch(path, faults)
    if faults:
        raise faults[0]
    return tuple(turned)


def sorted_tuple(given: Iterable[T], kind: type[T], key: Callable[[T], object]) -> tuple[T, ...]:
    """The items in the order of their key; as :func:`as_tuple` where one is not of the kind.

    Example:
        >>> sorted_tuple(["bb", "a"], str, len), sorted_tuple(["b", 1], str, len)
        (('a', 'bb'), ('b', 1))
    """
    items = as_tuple(given)
    expect(kind, type, "kind")
    if not callable(key):
        raise InvalidValue("type.wrong", "key", key, "a function")
    if type(items) is tuple and all(isinstance(item, kind) for item in items):
        return tuple(sorted(items, key=cast("Callable[[T], str]", key)))
    return items


def sorted_unique(given: Iterable[Text]) -> tuple[Text, ...]:
    """Texts in their order, each once; as :func:`as_tuple` where one is no text.

    Example:
        >>> sorted_unique(["b", "a", "b"]), sorted_unique([1, 1])
        (('a', 'b'), (1, 1))
    """
    items = as_tuple(given)
    if type(items) is tuple and all(isinstance(item, str) for item in items):
        return tuple(sorted(set(items)))
    return items


def as_map(given: Mapping[K, V] | Iterable[tuple[K, V]]) -> FrozenMap[K, V]:
    """The pairs as a frozen map; what is no map comes back as it is.

    Example:
        >>> as_map([("b", 2), ("a", 1)]), as_map(5)
        (FrozenMap({'a': 1, 'b': 2}), 5)
    """
    if type(given) is FrozenMap:
        return given
    try:
        if not isinstance(given, (str, bytes)):
            return FrozenMap.of(given)
    except InvalidValue:
        pass
    return cast("FrozenMap[K, V]", given)


def frozen_set(items: tuple[T, ...]) -> frozenset[T]:
    """The items as a set; what is no tuple, or cannot be in a set, comes back as it is.

    Example:
        >>> frozen_set((1, 1)), frozen_set(5)
        (frozenset({1}), 5)
    """
    try:
        return frozenset(items) if type(items) is tuple else cast("frozenset[T]", items)
    except TypeError:
        return cast("frozenset[T]", items)


def as_instant(value: datetime | str) -> Instant:
    """The moment that a zoned time means; what is none comes back as it is.

    Example:
        >>> as_instant("2026-11-11T08:00+08:00") == instant("2026-11-11T00:00Z")
        True
        >>> as_instant("tomorrow")
        'tomorrow'
    """
    if type(value) is DateTime and value.tzinfo is UTC and value.fold == 0:
        return value
    try:
        return instant(value)
    except InvalidValue:
        return cast("Instant", value)


def instant_at(value: datetime | str, path: str) -> Instant:
    """The moment that a zoned time means, for a field that knows its name.

    Raises:
        InvalidValue: what :func:`~ordercore.kernel.instant` raises, at ``path``.

    Example:
        >>> instant_at("tomorrow", "due")
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.InvalidValue: time.not_an_instant at due: expected ...
    """
    if type(value) is DateTime and value.tzinfo is UTC and value.fold == 0:
        return value
    try:
        return instant(value)
    except InvalidValue as error:
        raise error.at(path) from None


def as_optional_instant(value: datetime | str | None) -> Instant | None:
    """:func:`as_instant`, or None.

    Example:
        >>> as_optional_instant(None) is None
        True
    """
    return None if value is None else as_instant(value)
