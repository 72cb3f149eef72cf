"""Strategies for attrs values, derived from the annotations that the codec decodes by.

A value whose fields are free of each other needs no strategy of its own: its annotations say what
it holds. Where fields hang together, a written strategy stands in :mod:`.public_values`.
"""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs
import pendulum
from hypothesis import reject
from hypothesis import strategies as st

from ordercore.kernel import (
    Currency,
    FrozenMap,
    Identifier,
    InvalidBatch,
    InvalidDefinition,
    InvalidValue,
    Money,
)
from ordercore.testing.customer_values import claims, customer_facts
from ordercore.testing.kernel_values import (
    codes,
    fractions,
    identifiers,
    instants,
    monies,
)

__all__ = ["Registry", "derived", "from_annotation"]

T = TypeVar("T")

Registry = Mapping[type, Callable[[], st.SearchStrategy[object]]]
"""Written strategies by type; they come before derived ones."""

_ONE_CURRENCY = Currency("CNY")
# Fields that mean the same wherever they stand.
_POSITIVE = frozenset(
    {"quantity", "ordered", "per", "min_quantity", "up_to_m", "uses", "version", "step_minor"}
)
_DIGESTS = frozenset({"digest", "fingerprint"})


def derived(kind: type[T], written: Registry) -> st.SearchStrategy[T]:
    """Instances of an attrs class from its annotations; what its constructor refuses is redrawn.

    Fields with a default are left out of some examples. Money is in one currency throughout, so
    that values of one example fit together.
    """
    hints = get_type_hints(kind)
    required: dict[str, st.SearchStrategy[object]] = {}
    optional: dict[str, st.SearchStrategy[object]] = {}
    for field in attrs.fields(cast("type[attrs.AttrsInstance]", kind)):
        if field.init:
            name = field.alias if field.alias is not None else field.name
            strategy = _field(name, hints[field.name], written)
            (required if field.default is attrs.NOTHING else optional)[name] = strategy

    def made(given: dict[str, object]) -> T:
        try:
            return kind(**given)
        except (InvalidValue, InvalidBatch, InvalidDefinition):
            reject()

    return st.fixed_dictionaries(required, optional=optional).map(made)


def _field(name: str, hint: object, written: Registry) -> st.SearchStrategy[object]:
    options = get_args(hint) if get_origin(hint) in {Union, types.UnionType} else (hint,)
    if int in options and bool not in options and name in _POSITIVE:
        counted = st.integers(1, 9)
        return st.none() | counted if type(None) in options else counted
    if name == "customer_facts" and get_origin(hint) is FrozenMap:
        return customer_facts()
    if name == "claims" and get_origin(hint) is FrozenMap:
        return claims()
    if hint is str and (name in _DIGESTS or name.endswith("_digest")):
        return st.text("0123456789abcdef", min_size=8, max_size=8)
    return from_annotation(hint, written)


def from_annotation(hint: object, written: Registry) -> st.SearchStrategy[object]:
    """Values that an annotation allows; small, so that they meet each other."""
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return st.one_of([from_annotation(option, written) for option in get_args(hint)])
    if origin is typing.Literal:
        return st.sampled_from(get_args(hint))
    if origin is tuple:
        return _tuples(get_args(hint), written)
    if origin is frozenset:
        return st.frozensets(from_annotation(get_args(hint)[0], written), max_size=2)
    if origin is FrozenMap:
        keys, items = get_args(hint)
        return st.dictionaries(
            from_annotation(keys, written), from_annotation(items, written), max_size=2
        ).map(FrozenMap)
    if origin is not None:
        return from_annotation(origin, written)
    if isinstance(hint, TypeVar) or hint is object:
        return codes()
    if not isinstance(hint, type):
        raise InvalidValue("testing.no_strategy", "", hint, "an annotation of a value")
    return _plain(hint, written)


def _tuples(items: tuple[object, ...], written: Registry) -> st.SearchStrategy[object]:
    if len(items) == 2 and items[1] is Ellipsis:
        return st.lists(from_annotation(items[0], written), max_size=2).map(tuple)
    return st.tuples(*[from_annotation(item, written) for item in items])


def _plain(kind: type, written: Registry) -> st.SearchStrategy[object]:
    own = written.get(kind)
    if own is not None:
        return own()
    if issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    if kind is Currency:
        return st.just(_ONE_CURRENCY)
    if issubclass(kind, Identifier):
        return identifiers(kind)
    if kind is Money:
        return monies(currency=_ONE_CURRENCY)
    simple = _SIMPLE.get(kind)
    if simple is not None:
        return simple()
    if attrs.has(kind):
        # Deferred, because a value may hold values of its own type.
        return st.deferred(lambda: derived(kind, written))
    raise InvalidValue("testing.no_strategy", "", kind, "a type that has a strategy")


_SIMPLE: Mapping[type, Callable[[], st.SearchStrategy[object]]] = {
    type(None): st.none,
    bool: st.booleans,
    int: lambda: st.integers(0, 9),
    str: codes,
    pendulum.DateTime: instants,
    dt.date: lambda: st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31)),
    dt.time: lambda: st.times().map(lambda time: time.replace(microsecond=0)),
    Decimal: lambda: st.decimals(0, 1000, places=2),
    Fraction: fractions,
}
