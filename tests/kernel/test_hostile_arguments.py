"""Every function of the front door, given None and a wrong kind in each of its arguments.

It answers, or raises an error of the library with a code: nothing that a caller passes comes back
as a bare TypeError or AttributeError from somewhere inside.
"""

from __future__ import annotations

import inspect
import types
from decimal import Decimal
from fractions import Fraction

import attrs
import pytest

from ordercore import kernel
from ordercore.kernel import (
    Command,
    Context,
    Decision,
    Money,
    OrdercoreError,
    Rounding,
    Sku,
    ZeroWeights,
    instant,
)

AT = instant("2026-11-11T00:00:00Z")
WEB = Context(now=AT, actor="web")


class Counter:
    """A decider that counts."""

    def decide(self, state, command, context):
        return Decision((1,))

    def evolve(self, state, event):
        return (state, event)


@attrs.frozen
class Step:
    length_mm: int


# Of each function a call that is answered: by name where an argument has one, else in its place.
CALLS = {
    "answering": {"function": len},
    "apportion": {"total": 5, "weights": [1, 2], "zero_weights": ZeroWeights.EQUAL},
    "as_instant": {"value": AT},
    "as_map": {"given": {"a": 1}},
    "as_optional_instant": {"value": AT},
    "as_tuple": {"given": [1]},
    "canonical_json": {"value": 1},
    "canonical_text": {"value": Money(1, "EUR"), "leaving_out": "currency"},
    "checked": {"kind": type("Any", (), {})},
    "checked_but": {"fields": "child"},
    "cumulative_share": {"total": 5, "part": 1, "whole": 2},
    "derived_id": {"parts": "o-1"},
    "digest": {"value": 1},
    "divide": {"numerator": 5, "denominator": 2, "rounding": Rounding.UP},
    "elapsed_us": {"start": AT, "end": AT},
    "encode": {"value": 1},
    "expect": {"value": 1, "kind": int, "path": "lines"},
    "fold": {"decider": Counter(), "events": [1], "state": 1},
    "fold_many": {"decider": Counter(), "states": {"a": 5}, "records": [("a", Command(), WEB)]},
    "frozen_set": {"items": (1,)},
    "inclusion_proof": {"entries": ["a", "b"], "index": 1},
    "inclusion_proofs": {"entries": ["a", "b"]},
    "instant": {"value": AT},
    "instant_at": {"value": AT, "path": "due"},
    "items_as": {"given": ["TEA"], "kind": Sku, "path": "skus"},
    "json_bytes": {"coded": {"a": 1}},
    "keyed_digest": {"secret": b"0123456789abcdef", "parts": "a"},
    "merged_containers": {"options": (tuple[str, ...], tuple[int, ...])},
    "merkle_root": {"entries": ["a", "b"]},
    "names_kinds": {"kind": Money},
    "open_kinds": {"annotation": str | int},
    "partition": {"key": "o-1", "partitions": 16},
    "problems": {},
    "read_exactly": {"coded": "1.50", "kind": Decimal},
    "read_scalar": {"text": "1/5", "kind": Fraction},
    "round_ratio": {"value": Fraction(1, 2), "rounding": Rounding.UP},
    "scalar_name": {"kind": Decimal},
    "shift": {"at": AT, "days": 1, "hours": 1, "minutes": 1, "seconds": 1, "microseconds": 1},
    "sorted_tuple": {"given": ["bb", "a"], "kind": str, "key": len},
    "sorted_unique": {"given": ["b", "a"]},
    "to_text": {"at": AT},
    "total": {"monies": [Money(1, "EUR")], "currency": "EUR"},
    "type_name": {"cls": Money},
}
HOSTILE = [None, 5, 1.5, True, "x", b"x", [None], [object()], {"a": None}, object(), Step, len]
# What these take, the library has made and checked itself; asking once more is what they are to save.
TRUSTING = {"changed", "in_motion", "refrozen", "thawed", "trusted"}
# These say what a text is not as Python says it; their docstrings tell.
DOCUMENTED = {"read_scalar": (ValueError, ArithmeticError)}


def call(name, arguments):
    function = getattr(kernel, name)
    placed, named = [], {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name not in arguments:
            continue
        if parameter.kind is parameter.KEYWORD_ONLY:
            named[parameter.name] = arguments[parameter.name]
        else:
            placed.append(arguments[parameter.name])
    return function(*placed, **named)


def test_every_function_is_in_the_table():
    kinds = (types.FunctionType, types.BuiltinFunctionType)
    assert sorted(CALLS) == sorted(
        name
        for name in kernel.__all__
        if isinstance(getattr(kernel, name), kinds) and name not in TRUSTING
    )
    for name, arguments in CALLS.items():
        assert list(arguments) == list(inspect.signature(getattr(kernel, name)).parameters)
        call(name, arguments)


@pytest.mark.parametrize(
    ("name", "argument"),
    [(name, argument) for name, arguments in CALLS.items() for argument in arguments],
)
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda it: type(it).__name__)
def test_what_is_none_of_its_arguments_is_answered_or_refused_with_a_code(name, argument, hostile):
    usual = CALLS[name][argument]
    if (isinstance(usual, type) and hostile is Step) or (callable(usual) and callable(hostile)):
        return  # a class for a class, a function for a function: what it does is its own
    try:
        call(name, CALLS[name] | {argument: hostile})
    except OrdercoreError as error:
        assert error.code
    except DOCUMENTED.get(name, ()) as error:
        assert type(hostile) is str, error
