"""Every function of every front door, given wrong kinds in each of its arguments, one after the other.

It answers, or raises an error of the library with a code: nothing that a caller passes comes back
as a bare TypeError or AttributeError from somewhere inside. Right arguments are drawn from the
annotations; the kernel's own functions have a table of calls beside its tests.
"""

from __future__ import annotations

import inspect
import types
import typing
from datetime import datetime
from importlib import import_module

import pendulum
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from ordercore import orders
from ordercore.kernel import Context, OrdercoreError, instant
from ordercore.memory import memory_ports
from ordercore.orders import ConfirmOrder
from ordercore.orders.specimen import tea_order
from ordercore.statemachine import spec_to_json
from ordercore.testing.public_types import PACKAGES
from ordercore.workflows import handle

AT = instant("2026-11-11T00:00:00Z")
CLERK = Context(now=AT, actor="clerk")


class Step:
    pass


HOSTILE = [None, 5, 1.5, True, "x", b"x", [None], {"a": None}, object(), Step, len]
# What an annotation leaves open, or what only a host can make, by function and argument.
GIVEN: dict[str, dict[str, object]] = {
    "orders.order_facts": {"policy": orders.DEFAULT_STATUSES},
    "orders.review_findings": {"facts": orders.order_facts(tea_order())},
    "orders.statuses": {"policy": orders.DEFAULT_STATUSES},
    "pricing.try_cart_lines": {"rows": [{"line_id": "1", "sku": "TEA", "quantity": 1}]},
    "statemachine.spec_from_json": {"data": spec_to_json(orders.LIFECYCLE.spec)},
    "workflows.place_order": {"customer_facts": {}},
    "workflows.run": {
        "workflow": handle(ConfirmOrder("o-1", command_id="c"), context=CLERK),
        "ports": memory_ports(),
    },
}
# What these take comes from the library itself, or they are given to it rather than called.
LEFT_OUT: dict[str, str] = {
    "workflows.arun": "a coroutine: it looks at nothing before it is awaited",
    "workflows.perform": "a generator: it hands on what it is given",
}


def functions():
    for package in (*PACKAGES, "codec", "workflows"):
        if package == "kernel":
            continue
        module = import_module(f"ordercore.{package}")
        for name in module.__all__:
            if isinstance(getattr(module, name), types.FunctionType):
                yield f"{package}.{name}"


def drawn(hint):
    """A strategy for right arguments of an annotation."""
    if hint in {datetime, pendulum.DateTime}:
        return st.just(AT)
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        return st.one_of(*[drawn(option) for option in typing.get_args(hint)])
    return st.from_type(hint)


def right_arguments(path, function):
    """One call's arguments, drawn so that they stay the same from run to run."""
    hints = typing.get_type_hints(function)
    known = GIVEN.get(path, {})
    parts = {
        name: st.just(known[name]) if name in known else drawn(hints[name])
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind not in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
    }
    found = []

    @seed(0)
    @settings(
        max_examples=1,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.fixed_dictionaries(parts))
    def note(arguments):
        found.append(arguments)

    note()
    return found[0]


def call(function, arguments):
    placed, named = [], {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name in arguments:
            if parameter.kind is parameter.KEYWORD_ONLY:
                named[name] = arguments[name]
            else:
                placed.append(arguments[name])
    answer = function(*placed, **named)
    if inspect.iscoroutine(answer):
        answer.close()


def test_what_is_left_out_exists_and_says_why():
    assert set(LEFT_OUT) <= set(functions())
    assert all(LEFT_OUT.values())
    assert set(GIVEN) <= set(functions())


@pytest.mark.parametrize("path", [path for path in functions() if path not in LEFT_OUT])
def test_a_wrong_argument_is_answered_or_refused_with_a_code(path):
    package, _, name = path.partition(".")
    function = getattr(import_module(f"ordercore.{package}"), name)
    right = right_arguments(path, function)
    bare = []
    for argument in right:
        for hostile in HOSTILE:
            try:
                call(function, {**right, argument: hostile})
            except OrdercoreError as error:
                assert error.code
            except Exception as error:  # noqa: BLE001
                bare.append((argument, type(hostile).__name__, repr(error)))
    assert not bare
