"""Called by Hypothesis when it is imported, so that `from_type` knows the library's values."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


def register() -> None:
    """Register a callable for every public value and identifier; strategies load when one is drawn.

    Hypothesis calls this at the end of its own import. The types themselves must be known by then,
    so the front doors of the library are imported here; its strategies are not.
    """
    from ordercore.testing.public_types import identifier_types, public_types

    # Hypothesis is the caller, so it is there.
    strategies = sys.modules["hypothesis.strategies"]
    told = cast(
        "Callable[[type, Callable[[type[object]], SearchStrategy[object]]], None]",
        strategies.register_type_strategy,
    )
    for kind in (*public_types(), *identifier_types()):
        told(kind, _drawn)


def _drawn(kind: type[T]) -> SearchStrategy[T]:
    from ordercore.testing.public_values import values

    return values(kind)
