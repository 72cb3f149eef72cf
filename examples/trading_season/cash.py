"""Amounts as people read them."""

from __future__ import annotations

from ordercore.kernel import Money

__all__ = ["cash"]


def cash(minor: int, currency: str) -> str:
    """Minor units as text, with thousands apart: ``USD 1,234.50``."""
    return f"{currency} {Money(minor, currency).major:,}"
