"""Rates and percentages as exact numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

from ordercore.kernel import InvalidValue

__all__ = ["exact_fraction"]

_MAX_TEXT: Final = 40


def exact_fraction(value: Fraction | Decimal | int | str, path: str) -> Fraction:
    """A rate or percentage as an exact number; text is decimal (``"7.5"``).

    Raises:
        InvalidValue: ``<path>.not_exact`` for floats, booleans and anything unreadable.

    Example:
        >>> exact_fraction("0.19", "rate")
        Fraction(19, 100)
    """
    plain = isinstance(value, Fraction) or type(value) is int
    if isinstance(value, Decimal):
        plain = value.is_finite() and abs(value.adjusted()) < _MAX_TEXT
    elif isinstance(value, str):
        digits = value.removeprefix("-").replace(".", "", 1).replace("/", "", 1)
        plain = digits.isascii() and digits.isdigit() and len(value) <= _MAX_TEXT
    if plain:
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError):
            pass
    raise InvalidValue(f"{path}.not_exact", path, value, "an exact number, such as '0.19'")
