"""What users of the library test with; needs the ``testing`` extra.

Strategies draw any public value, contracts prove an adapter, a rule-based machine lives an order's
life over your ports, scenarios read like sentences. Importing this package alone imports neither
Hypothesis nor pytest: names are loaded when they are first asked for.

Example:
    >>> from hypothesis import find
    >>> from ordercore.testing import histories
    >>> life = find(histories(lines=1), lambda history: len(history.events) > 1)
    >>> life.order.version == len(life.events)
    True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ordercore.testing import strategies as strategies
    from ordercore.testing.order_lives import History as History
    from ordercore.testing.order_lives import Step as Step
    from ordercore.testing.order_lives import histories as histories

_MODULES = ("strategies",)
_HOMES = {
    "History": "order_lives",
    "Step": "order_lives",
    "histories": "order_lives",
}

__all__ = ["History", "Step", "histories", "strategies"]


def __getattr__(name: str) -> object:
    """Loads what is asked for, and Hypothesis with it."""
    if name in _HOMES:
        return getattr(import_module(f"ordercore.testing.{_HOMES[name]}"), name)
    if name in _MODULES:
        return import_module(f"ordercore.testing.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
