"""Every public value refuses what its signature excludes, with a code and a path, or keeps it."""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

import attrs
import pendulum
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ordercore.kernel import (
    CodecError,
    Currency,
    FrozenMap,
    Identifier,
    InvalidBatch,
    InvalidDefinition,
    InvalidValue,
    OrdercoreError,
    type_name,
)
from ordercore.rules import MONEY, Rule, Vocabulary
from ordercore.testing.public_types import public_types
from ordercore.testing.rule_values import node_types

HOSTILE = [None, 5, 1.5, float("nan"), "", "x", b"x", [], {}, object(), [None], [5], (1, 2), True, dt.datetime(2026, 1, 1), pendulum.naive(2026, 1, 1), pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"), 10**40, -1, int, [[]], {"x": None}, {1: 2}, Decimal("NaN")]  # fmt: skip

# Their children are judged with the rule that they stand in.
NODES = frozenset(node_types())
WORDS = Vocabulary("order", {"order.total": MONEY})
# What text, in a field of these kinds, is read as.
READ_FROM_TEXT = (Identifier, Currency, dt.datetime, dt.date, dt.time, Fraction)
EXACT = (Fraction, Decimal)


def specimens(kind):
    found = []

    @settings(max_examples=3, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.from_type(kind))
    def draw(value):
        found.append(value)

    draw()
    return found


def conforms(value, hint):
    """What ``ordercore.kernel.checked`` promises, said once more and independently of it."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        return any(conforms(value, option) for option in inside)
    if origin is typing.Literal:
        return any(type(value) is type(option) and value == option for option in inside)
    if origin is tuple:
        if type(value) is not tuple:
            return False
        if len(inside) == 2 and inside[1] is Ellipsis:
            return all(conforms(item, inside[0]) for item in value)
        return len(value) == len(inside) and all(map(conforms, value, inside))
    if origin is frozenset:
        return isinstance(value, frozenset) and all(conforms(item, inside[0]) for item in value)
    if origin is FrozenMap:
        return isinstance(value, FrozenMap) and all(
            conforms(key, inside[0]) and conforms(item, inside[1]) for key, item in value.items()
        )
    if isinstance(hint, (typing.TypeVar, typing.ForwardRef)) or hint is object:
        return True
    kind = origin or hint
    if not isinstance(kind, type) or getattr(kind, "_is_protocol", False):
        return True
    if kind is pendulum.DateTime:
        return type(value) is kind and value.utcoffset() == dt.timedelta(0)
    if kind is dt.date:
        return isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    if kind is float:
        return type(value) in {int, float}
    return isinstance(value, kind) and (kind is not int or type(value) is not bool)


def options(hint):
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        return [each for option in inside for each in options(option)]
    return [hint]


def may_become(given, kept, hint):
    """Whether a converter that tells no lies could have made ``kept`` of ``given``."""
    if conforms(given, hint) or kept is given:
        return True
    kinds = options(hint)
    plain = [kind for kind in kinds if isinstance(kind, type)]
    if isinstance(given, str):
        # Text is read, and one word may stand for a collection of one.
        return kept in {(given,), frozenset({given})} or type(kept) in plain
    if type(given) is int:
        return isinstance(kept, EXACT)
    if isinstance(given, dt.datetime):
        return given.tzinfo is not None and kept == given
    # A collection becomes the collection that is kept; nothing else becomes anything.
    return (
        isinstance(given, Iterable)
        and not isinstance(given, (bytes, type))
        and isinstance(kept, (tuple, frozenset, Mapping))
    )


def refused_by_its_rule(node):
    try:
        Rule(node, WORDS)
    except InvalidDefinition:
        return True
    return False


def outcome(kind, arguments, field, hint, hostile):
    """What is wrong with how a constructor takes a hostile value; None where nothing is."""
    name = field.alias
    try:
        value = kind(**{**arguments, name: hostile})
    except (InvalidBatch, InvalidValue) as error:
        faults = error.faults if isinstance(error, InvalidBatch) else (error,)
        told = all(fault.code and (fault.path or attrs.fields(kind) == ()) for fault in faults)
        return None if told else f"{name}={hostile!r}: no path in {error}"
    except InvalidDefinition as error:
        return None if error.findings else f"{name}={hostile!r}: no findings"
    except (OrdercoreError, CodecError) as error:
        return None if error.code else f"{name}={hostile!r}: no code"
    except Exception as error:  # noqa: BLE001 - the point of the sweep
        return f"{name}={hostile!r}: {error!r}"
    kept = getattr(value, field.name)
    if not conforms(kept, hint):
        if kind in NODES and refused_by_its_rule(value):
            return None
        return f"{name}={hostile!r}: kept as {kept!r}, annotated {hint}"
    if not may_become(hostile, kept, hint):
        return f"{name}={hostile!r}: became {kept!r}"
    return None


@pytest.mark.parametrize("kind", public_types(), ids=type_name)
def test_a_hostile_value_is_refused_with_a_code_and_a_path(kind):
    hints = typing.get_type_hints(kind)
    fields = [field for field in attrs.fields(kind) if field.init]
    wrong = []
    for specimen in specimens(kind):
        arguments = {field.alias: getattr(specimen, field.name) for field in fields}
        # Of a class that is met often the constructor is written anew; it has to say the same.
        for _ in range(16):
            kind(**arguments)
        for field in fields:
            for hostile in HOSTILE:
                fault = outcome(kind, arguments, field, hints[field.name], hostile)
                if fault is not None and fault not in wrong:
                    wrong.append(fault)
    assert wrong == [], "\n".join([type_name(kind), *wrong])


@pytest.mark.parametrize("kind", public_types(), ids=type_name)
def test_a_batch_of_hostile_values_is_refused_whole(kind):
    """Whatever stands in all fields at once, the constructor ends in a coded error or a value."""
    names = [field.alias for field in attrs.fields(kind) if field.init]
    for hostile in HOSTILE:
        try:
            kind(**dict.fromkeys(names, hostile))
        except OrdercoreError as error:
            assert error.code
