"""Identifiers: text with a type, given and never made."""

from __future__ import annotations

import json
import pickle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore import kernel
from ordercore.kernel import (
    Identifier,
    InvalidValue,
    LineId,
    OrderId,
    Severity,
    Sku,
    checked,
    derived_id,
)

KINDS = sorted(
    (
        kind
        for kind in vars(kernel).values()
        if isinstance(kind, type) and issubclass(kind, Identifier)
    ),
    key=lambda kind: kind.__name__,
)


def test_every_identifier_of_the_kernel_is_checked_here():
    assert len(KINDS) >= 21


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_keeps_its_text_type_and_hash(kind):
    value = kind("0042-é世")
    assert value == "0042-é世"
    assert hash(value) == hash("0042-é世")
    assert type(value) is kind
    assert kind(value) is value
    assert type(pickle.loads(pickle.dumps(value))) is kind
    assert json.dumps({value: value}, ensure_ascii=False) == '{"0042-é世": "0042-é世"}'
    assert repr(value) == f"{kind.__name__}('0042-é世')"
    assert not hasattr(value, "__dict__")


def test_another_kind_converts_to_the_kind_asked_for():
    assert type(Sku(LineId("x"))) is Sku


@pytest.mark.parametrize(
    "bad", ["", " ", " a", "a ", "a\nb", "a\x00", "x" * 201, "\u200b", None, 7, b"x", 1.5]
)
def test_what_is_no_name_is_refused_with_its_value(bad):
    with pytest.raises(InvalidValue) as caught:
        OrderId(bad)
    assert caught.value.code == "identifier.invalid"
    assert caught.value.path == "OrderId"
    assert caught.value.value == bad


def test_the_longest_name_is_two_hundred_characters_and_inner_blanks_are_fine():
    assert len(OrderId("x" * 200)) == 200
    assert OrderId("a b") == "a b"


@given(st.text(max_size=210))
def test_a_text_is_taken_whole_or_refused(text):
    try:
        taken = Sku(text)
    except InvalidValue as error:
        assert error.value == text
    else:
        assert str.__str__(taken) == text
        assert text == text.strip(" ")
        assert 1 <= len(text) <= 200
        assert text.isprintable()


def test_an_id_made_of_others_is_stable_and_short_enough():
    assert derived_id("a", "b") == "a/b"
    assert derived_id("x" * 100, "y" * 99) == "x" * 100 + "/" + "y" * 99
    long = derived_id("x" * 100, "y" * 100)
    assert len(long) == 64
    assert long == derived_id("x" * 100, "y" * 100) != derived_id("x" * 101, "y" * 99)
    OrderId(long)


def test_a_field_is_named_by_its_own_name():
    @attrs.frozen
    @checked
    class Note:
        _about: OrderId = attrs.field(converter=OrderId)
        severity: Severity = attrs.field(default="error", converter=Severity)
        free: str = attrs.field(default="", converter=str)

    told = Note("o-1")
    assert (type(told._about), told.severity, Note(told._about) == told) == (
        OrderId, Severity.ERROR, True,
    )  # fmt: skip
    for make, expected in (
        (lambda: Note(""), ("identifier.invalid", "about", "")),
        (lambda: Note(5), ("identifier.invalid", "about", 5)),
        (lambda: Note("o-1", severity="grave"), ("choice.unknown", "severity", "grave")),
    ):
        with pytest.raises(InvalidValue) as caught:
            make()
        assert (caught.value.code, caught.value.path, caught.value.value) == expected
