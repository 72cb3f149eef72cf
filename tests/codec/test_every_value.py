"""Every public value comes back as it was, whatever its text looks like."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ordercore.codec import Codec, msgspec_codec
from ordercore.kernel import (
    InvalidBatch,
    InvalidDefinition,
    InvalidValue,
    Money,
    Reason,
    digest,
    instant,
    type_name,
)
from ordercore.rules import Condition, Operand
from ordercore.testing.public_types import public_types

CODEC = Codec()
FAST = msgspec_codec()
# Raw payloads of a channel are read, never stored as a value.
STORED = [kind for kind in public_types() if type_name(kind) != "ports.ChannelPage"]
few = settings(
    max_examples=6, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)

ODD_TEXT = (
    "12", "-0", "0012", "1.50", "1E+3", "1_0", "NaN", "Infinity", "1/2", "-3/4", "2/4", "true", "null",
    "2026-11-11T00:00:00Z", "2026-11-11T00:00:00.000001Z", "2026-11-11T08:00:00+08:00", "2026-11-11",
    "08:30:00", "CNY 128.00", "1.5 kg", "CNY", '{"$":"kernel.Money","minor":1,"currency":"CNY"}', "[]",
    "{}", "$", "$map", "$.value", "kernel.Money", "text", "instant", "decimal", "", " ", "\x00", "\x7f",
    "\x85", "\u2028", "é", "e\u0301", "茶", "😀", '"', "\\", "\\u0041", "\t\n", "١٢",
)  # fmt: skip
odd_text = st.sampled_from(ODD_TEXT) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)


def rewritten(value, draw):
    """The value with other text wherever plain text stands and its constructors take it."""
    kind = type(value)
    if kind is str:
        return draw(odd_text)
    if kind is tuple:
        items = tuple([rewritten(item, draw) for item in value])
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    if isinstance(value, Mapping):
        return type(value)({key: rewritten(item, draw) for key, item in value.items()})
    if not attrs.has(kind):
        return value
    held = {f.alias: getattr(value, f.name) for f in attrs.fields(kind) if f.init}
    changed = {name: rewritten(item, draw) for name, item in held.items()}
    changed = {name: item for name, item in changed.items() if item is not held[name]}
    # All of it where the constructor takes it; otherwise what it takes.
    for change in (changed, *({name: item} for name, item in changed.items())):
        try:
            value = attrs.evolve(value, **change)
        except (InvalidValue, InvalidBatch, InvalidDefinition):
            continue
        if change is changed:
            break
    return value


def same(read, written):
    """Equal, and of the same types all the way down: True is not 1, and a SKU is no plain text."""
    one, other = read, written
    if type(one) is str and isinstance(other, StrEnum):
        other = other.value  # given where a field is plain text
    if type(one) is not type(other) or one != other:
        return False
    if attrs.has(type(one)):
        names = [field.name for field in attrs.fields(type(one)) if field.init]
        return all(same(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, tuple):
        return all(map(same, one, other))
    if isinstance(one, Mapping):
        return all(map(same, one.keys(), other.keys())) and all(
            map(same, one.values(), other.values())
        )
    if isinstance(one, Decimal):
        return str(one) == str(other)
    return True


@pytest.mark.parametrize("kind", STORED, ids=type_name)
def test_a_public_value_comes_back_as_it_was_whatever_its_text(kind):
    @few
    @given(st.from_type(kind), st.data())
    def holds(value, data):
        value = rewritten(value, data.draw)
        stored = CODEC.dumps(value)
        read = CODEC.loads(stored, kind)
        assert same(read, value)
        assert CODEC.dumps(read) == stored
        assert digest(read) == digest(value)
        assert FAST.dumps(value) == stored
        assert same(FAST.loads(stored, kind), read)

    holds()


scalars = st.one_of(
    odd_text,
    st.integers(-3, 12),
    st.booleans(),
    st.none(),
    st.decimals(allow_nan=False, allow_infinity=False)
    | st.sampled_from([Decimal(12), Decimal("1.50")]),
    st.fractions(max_denominator=9),
    st.sampled_from([instant("2026-11-11T00:00:00Z"), instant("2026-11-11T00:00:00.000001Z")]),
    st.lists(odd_text, max_size=3).map(tuple),
    st.just(Money(1, "CNY")),
)


@given(scalars)
def test_what_a_rule_showed_of_an_operand_keeps_its_type(value):
    operand = Operand("order.note", value)
    for each in (operand, Condition(text="x", result=True, operands=(operand,))):
        assert same(CODEC.loads(CODEC.dumps(each), type(each)), each)


@given(st.dictionaries(odd_text, scalars.filter(lambda v: not isinstance(v, Decimal | Fraction))))
def test_the_facts_of_a_reason_keep_their_types(facts):
    reason = Reason("a.b", facts=facts)
    assert same(CODEC.loads(CODEC.dumps(reason), Reason), reason)
    assert digest(CODEC.loads(CODEC.dumps(reason), Reason)) == digest(reason)
