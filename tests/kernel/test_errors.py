"""Errors: stable codes, whole data, bounded texts, and a journey through pickle."""

from __future__ import annotations

import copy
import pickle
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.codec import PACKAGES
from ordercore.kernel import (
    Choice,
    CodecError,
    ConcurrencyConflict,
    CurrencyMismatch,
    Finding,
    IllegalTransition,
    InvalidBatch,
    InvalidDefinition,
    InvalidValue,
    InvariantViolation,
    NaiveInstant,
    NotFound,
    OrdercoreError,
    PortFailure,
    PrecisionLoss,
    Reason,
    Refusal,
    Refused,
    Severity,
    UnknownCurrency,
    expect,
    problems,
)

FAULT = InvalidValue("text.empty", "sku", "", "a SKU")
FINDING = Finding("rule.unknown_field", "error", "1:1", "no field x", "x")

EVERY_ERROR = [
    (FAULT, "text.empty"),
    (CurrencyMismatch("CNY", "EUR"), "money.currency_mismatch"),
    (UnknownCurrency("BTC"), "money.unknown_currency"),
    (UnknownCurrency("XAU", "a code with a minor unit"), "money.unknown_currency"),
    (PrecisionLoss("1.005", 2), "number.precision_loss"),
    (NaiveInstant("2026-11-11"), "time.naive"),
    (InvalidBatch("cart", [FAULT, FAULT.at("lines[1]")]), "ordercore.invalid"),
    (InvalidDefinition("rule", [FINDING]), "ordercore.invalid_definition"),
    (IllegalTransition("order", "closed", "OrderPlaced"), "ordercore.illegal_transition"),
    (ConcurrencyConflict("order:o-1", 4, 5), "ordercore.conflict"),
    (NotFound("item", "TEA"), "ordercore.not_found"),
    (InvariantViolation("INV-X-1", "1 != 2"), "ordercore.invariant"),
    (CodecError("orders.Order", 1, "$.lines[0]", "is missing"), "ordercore.codec"),
    (PortFailure("orders", "gone", True), "ordercore.port"),
    (Refused(Refusal([Reason("gate.stock")])), "ordercore.refused"),
]


@pytest.mark.parametrize(("error", "code"), EVERY_ERROR, ids=lambda value: type(value).__name__)
def test_every_error_has_its_code_and_survives_pickling(error, code):
    assert isinstance(error, OrdercoreError)
    assert error.code == code
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error)
        assert twin.code == code
        assert str(twin) == str(error)
        assert twin.data() == error.data()


def test_every_kind_of_error_is_in_the_table():
    def kinds(kind):
        for child in kind.__subclasses__():
            if child.__module__.startswith("ordercore."):
                yield child
                yield from kinds(child)

    assert set(kinds(OrdercoreError)) >= {type(error) for error, _ in EVERY_ERROR}
    own = {k for k in kinds(OrdercoreError) if k.__module__.startswith("ordercore.kernel.")}
    assert own == {type(error) for error, _ in EVERY_ERROR}


def test_the_data_of_an_error_are_its_facts_without_the_code():
    assert ConcurrencyConflict("order:o-1", 4, 5).data() == {
        "aggregate": "order:o-1",
        "expected": 4,
        "actual": 5,
    }
    assert FAULT.data() == {"path": "sku", "value": "", "expected": "a SKU"}
    assert OrdercoreError("x").data() == {}
    assert OrdercoreError("x").code == "ordercore.error"
    assert InvalidBatch("cart", [FAULT]).data() == {
        "subject": "cart",
        "faults": [{"code": "text.empty", "path": "sku", "value": "''", "expected": "a SKU"}],
    }


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FAULT, "text.empty at sku: expected a SKU, got ''"),
        (NaiveInstant("x"), "time.naive: expected an instant with a zone or an offset, got 'x'"),
        (CodecError("a.B", 2, "$.x", "is odd"), "a.B v2: $.x is odd"),
        (PortFailure("orders", "gone", False), "orders: gone"),
        (Refused(Refusal([Reason("a"), Reason("b")])), "refused: a, b"),
        (
            InvalidBatch("cart", [FAULT, FAULT]),
            "cart: " + "; ".join(["text.empty at sku: expected a SKU, got ''"] * 2),
        ),
        (
            InvalidDefinition("rule r", [FINDING]),
            "rule r: 1 findings\n  error rule.unknown_field at 1:1: no field x",
        ),
    ],
)
def test_texts_name_place_expectation_and_value(error, text):
    assert str(error) == text


@pytest.mark.parametrize(
    ("prefix", "path", "joined"),
    [
        ("lines[1]", "sku", "lines[1].sku"),
        ("lines", "[1].sku", "lines[1].sku"),
        ("", "sku", "sku"),
        ("cart", "", "cart"),
        ("", "", ""),
    ],
)
def test_a_fault_seen_from_outside_has_the_joined_path(prefix, path, joined):
    moved = InvalidValue("c", path, 1, "e").at(prefix)
    assert (moved.code, moved.path, moved.value, moved.expected) == ("c", joined, 1, "e")


class _Unprintable:
    def __repr__(self):
        raise ValueError


def test_a_huge_or_unprintable_value_does_not_break_the_message():
    long = str(InvalidValue("c", "p", "x" * 100_000, "e"))
    assert len(long) < 120
    assert long.endswith("…")
    exact = InvalidValue("c", "p", "x" * 78, "e")
    assert str(exact).endswith("x'")
    for characters, shown in ((78, 80), (79, 80), (500, 80), (77, 79)):
        (fault,) = InvalidBatch("s", [InvalidValue("c", "p", "x" * characters, "e")]).data()[
            "faults"
        ]
        assert len(fault["value"]) == shown
        assert fault["value"].endswith("…") is (characters > 78)
    assert "unprintable _Unprintable" in str(InvalidValue("c", "p", _Unprintable(), "e"))


def test_a_batch_is_an_exception_group_that_splits():
    batch = InvalidBatch("cart", [FAULT, NaiveInstant("x")])
    assert batch.subject == "cart"
    with pytest.raises(ExceptionGroup) as caught:
        raise batch
    assert caught.value is batch
    naive, rest = batch.split(NaiveInstant)
    assert isinstance(naive, InvalidBatch)
    assert isinstance(rest, InvalidBatch)
    assert [f.code for f in naive.faults] == ["time.naive"]
    assert [f.code for f in rest.faults] == ["text.empty"]
    assert naive.subject == "cart"


def test_the_collector_raises_everything_it_was_told_or_nothing():
    faults = problems()
    assert not faults
    faults.raise_if_any("cart")
    faults.add("a", "x", 1, "e")
    faults.take(FAULT, "lines[0]")
    faults.take(InvalidBatch("line", [FAULT, NaiveInstant("y")]), "lines[1]")
    faults.take(FAULT)
    assert len(faults) == 5
    assert faults
    assert [f.path for f in faults.faults] == [
        "x",
        "lines[0].sku",
        "lines[1].sku",
        "lines[1]",
        "sku",
    ]
    with pytest.raises(InvalidBatch) as caught:
        faults.raise_if_any("cart")
    assert caught.value.faults == faults.faults
    assert caught.value.subject == "cart"


def test_findings_sort_by_code_and_convert_their_severity():
    assert InvalidDefinition("rule", [FINDING, FINDING]).codes == ("rule.unknown_field",) * 2
    assert FINDING.severity is Severity.ERROR
    assert min([FINDING, Finding("a", "warning", "p", "m")]).code == "a"
    with pytest.raises(ValueError, match="grave"):
        Finding("a", "grave", "p", "m")


@given(st.lists(st.text(max_size=10), min_size=1, max_size=5))
def test_no_fault_of_a_batch_is_lost(paths):
    faults = problems()
    for path in paths:
        faults.add("c", path, None, "e")
    with pytest.raises(InvalidBatch) as caught:
        faults.raise_if_any("s")
    assert [fault.path for fault in caught.value.faults] == paths


def _kinds(kind):
    for child in kind.__subclasses__():
        yield child
        yield from _kinds(child)


def test_every_list_of_choices_refuses_what_it_does_not_hold_with_its_code():
    for package in PACKAGES:
        import_module(f"ordercore.{package}")
    kinds = [kind for kind in _kinds(Choice) if kind.__module__.startswith("ordercore.")]
    assert len(kinds) >= 30
    for kind in kinds:
        for member in kind:
            assert kind(member.value) is member
        for bad in ("no such choice", "", None, 7, object()):
            with pytest.raises(InvalidValue) as caught:
                kind(bad)
            assert (caught.value.code, caught.value.path) == ("choice.unknown", kind.__name__)
            assert caught.value.value is bad
            assert next(iter(kind)).value in caught.value.expected


def test_a_value_of_another_kind_is_told_by_its_place():
    assert expect(3, int, "a.b") == 3
    with pytest.raises(InvalidValue) as caught:
        expect("3", int, "a.b")
    assert caught.value.data() == {"path": "a.b", "value": "3", "expected": "int"}
    assert caught.value.code == "type.wrong"
