"""Which types of the library are public values: what is drawn, stored and compared."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

import attrs

from ordercore.kernel import Identifier

__all__ = ["PACKAGES", "WITHOUT_STRATEGY", "identifier_types", "public_types"]

PACKAGES = (
    "kernel",
    "network",
    "catalog",
    "rules",
    "statemachine",
    "pricing",
    "inventory",
    "allocation",
    "orders",
    "channels",
    "ports",
)
"""Whose public attrs classes have a strategy."""

WITHOUT_STRATEGY: Mapping[str, str] = {
    "kernel.Invariant": "holds a function",
    "orders.StatusPolicy": "holds functions",
    "orders.TimerSource": "holds functions",
    "ports.Ports": "holds adapters",
    "ports.AsyncPorts": "holds adapters",
}
"""Public attrs classes that are not drawn, and why; exceptions are not drawn either."""


@cache
def public_types() -> tuple[type, ...]:
    """Every public attrs class that is a value, in the order of the front doors.

    Example:
        >>> from ordercore.kernel import Money
        >>> Money in public_types()
        True
    """
    found: dict[type, None] = {}
    for package in PACKAGES:
        door = import_module(f"ordercore.{package}")
        for name in door.__all__:
            kind = getattr(door, name)
            if (
                isinstance(kind, type)
                and attrs.has(kind)
                and not issubclass(kind, BaseException)
                and f"{package}.{name}" not in WITHOUT_STRATEGY
            ):
                found[kind] = None
    return tuple(found)


@cache
def identifier_types() -> tuple[type[Identifier], ...]:
    """Every kind of identifier, in the order of their names."""
    door = import_module("ordercore.kernel")
    found = [getattr(door, name) for name in sorted(door.__all__)]
    return tuple(
        kind
        for kind in found
        if isinstance(kind, type) and issubclass(kind, Identifier) and kind is not Identifier
    )
