"""Invariants: named laws that find their violations."""

from __future__ import annotations

import pytest

from ordercore.kernel import Invariant, InvariantViolation, Violation


def _positive(number):
    return None if number > 0 else Violation("INV-X-1", {"number": number, "least": 1})


LAW = Invariant("INV-X-1", "a number", "The number is positive.", _positive)


def test_a_law_holds_or_shows_why_not():
    assert LAW.holds(1)
    assert not LAW.holds(0)
    LAW.require(1)
    with pytest.raises(InvariantViolation) as caught:
        LAW.require(0)
    assert caught.value.invariant == "INV-X-1"
    assert caught.value.witness == "INV-X-1: least=1, number=0"


def test_laws_compare_by_what_they_say():
    assert Invariant("INV-X-1", "a number", "The number is positive.", print) == LAW
    assert Violation("a", {"x": 1, "y": 2}) == Violation("a", {"y": 2, "x": 1})
