"""Dotted names of fields: which there are, and which of them a command sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

import attrs

from ordercore.kernel import Json, encode
from ordercore.orders.message import Instruction
from ordercore.orders.order import Order
from ordercore.pricing import Quote

__all__ = ["has_field", "set_fields", "settable_fields"]


def has_field(kind: object, name: str) -> bool:
    """Whether values of a type have a field of that dotted name; lists and maps are gone through.

    A key of a map stands in the name: ``lines.1`` is a field where ``lines`` is one. A key may have
    dots, so what follows it is taken as it is. O(name).

    Example:
        >>> has_field(Order, "lines.sku"), has_field(Order, "lines.skew")
        (True, False)
    """
    here: tuple[object, ...] = (kind,)
    for part in name.split("."):
        here = tuple(inside for hint in here for inside in _inside(hint, part))
    return bool(here)


@cache
def _inside(hint: object, part: str) -> tuple[object, ...]:
    """The types that may stand under a part of a name."""
    if isinstance(hint, type) and attrs.has(hint):
        # Only what is written: a value that is derived has no place in what is shown.
        if any(field.name == part and field.init for field in attrs.fields(hint)):
            return (get_type_hints(hint)[part],)
        return ()
    origin, within = get_origin(hint), get_args(hint)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return (within[1], hint) if part else ()  # a key may have dots in it
    if origin in {Union, UnionType, tuple}:
        return tuple(found for each in within for found in _inside(each, part))
    return ()


def settable_fields(kind: type[Instruction]) -> tuple[str, ...]:
    """The fields that a command may be sent without; its ids and the others are always part of it.

    Example:
        >>> from ordercore.orders import CancelUnits
        >>> settable_fields(CancelUnits)
        ('cause',)
    """
    return tuple(field.name for field in attrs.fields(kind) if field.default is not attrs.NOTHING)


def set_fields(command: Instruction, order: Order | None) -> tuple[str, ...]:
    """The dotted names of what a command sets, sorted; what it says by default is not set.

    A quote sets what it changes of the order's. O(command), and O(quote) for one with a quote.

    Example:
        >>> from ordercore.orders import CancelUnits
        >>> set_fields(CancelUnits("o-1", command_id="c", lines={"1": 1}, cause="late"), None)
        ('cause',)
    """
    found: set[str] = set()
    for name in settable_fields(type(command)):
        value = getattr(command, name)
        if value == _default(type(command), name):
            continue
        now = _by_name(value, name)
        quoted = order.quote if order is not None and isinstance(value, Quote) else None
        before = {} if quoted is None else _by_name(quoted, name)
        found.update(
            leaf
            for leaf in {**now, **before}
            if now.get(leaf) != before.get(leaf) and any(_told(leaf, now, before))
        )
    return tuple(sorted(found))


def _told(leaf: str, *sides: dict[str, list[Json]]) -> Iterator[bool]:
    """Whether something is said there, on one side or the other; nothing is not set to nothing."""
    return (told is not None for side in sides for told in side.get(leaf, ()))


def _default(kind: type, name: str) -> object:
    default: object = getattr(attrs.fields(kind), name).default
    make: object = getattr(default, "factory", None)
    return make() if callable(make) else default


def _by_name(value: object, name: str) -> dict[str, list[Json]]:
    """What a value says by the names of its leaves; what is empty is a leaf."""
    found: dict[str, list[Json]] = {}
    for leaf, told in _leaves(encode(value), name):
        found.setdefault(leaf, []).append(told)
    return found


def _leaves(value: Json, name: str) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict) and value:
        for key, part in value.items():
            if key != "$":
                yield from _leaves(part, f"{name}.{key}")
    elif isinstance(value, list) and value:
        for part in value:
            yield from _leaves(part, name)
    else:
        yield name, value
