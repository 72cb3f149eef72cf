"""Rates and percentages as exact numbers, and what exact parts round to together."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from ordercore.kernel import InvalidValue, Rounding, divide, round_ratio

__all__ = ["exact_fraction", "nearest", "rounded"]

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


def nearest(exact: Sequence[Fraction], rounding: Rounding) -> list[int]:
    """Integers that sum to the rounded sum of ``exact``, each less than one off its own.

    Not an apportionment of the sum: with few units and one-sided rounding, that strays further.

    Example:
        >>> nearest([Fraction(75, 2), Fraction(275, 6)], Rounding.HALF_UP)
        [37, 46]
    """
    whole = round_ratio(sum(exact, Fraction(0)), rounding)
    minors = [each.numerator // each.denominator for each in exact]
    rests = [each - minor for each, minor in zip(exact, minors, strict=True)]
    # Sorting in reverse keeps equal rests in their order: the earlier position wins.
    by_rest = sorted(range(len(rests)), key=rests.__getitem__, reverse=True)
    for position in by_rest[: whole - sum(minors)]:
        minors[position] += 1
    return minors


def rounded(numerators: Sequence[int], denominator: int, rounding: Rounding) -> list[int]:
    """Many numbers ÷ one above zero, each rounded as :func:`~ordercore.kernel.divide` does.

    Example:
        >>> rounded([7, 5, -5], 2, Rounding.HALF_UP)
        [4, 3, -3]
    """
    if rounding is Rounding.HALF_UP and min(numerators, default=0) >= 0:
        twice = 2 * denominator
        return [(2 * each + denominator) // twice for each in numerators]
    return [divide(each, denominator, rounding) for each in numerators]
