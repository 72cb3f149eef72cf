"""Percentages off."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import attrs

from ordercore.kernel import InvalidValue, checked
from ordercore.pricing.tax import exact_fraction

__all__ = ["PercentOff"]


def _percent(value: Fraction | Decimal | int | str) -> Fraction:
    return exact_fraction(value, "percent")


@attrs.frozen
@checked
class PercentOff:
    """So many percent off each selected line, or off all of them together in a later stage.

    Raises:
        InvalidValue: ``percent.not_exact``; ``percent.out_of_range`` outside 0 < percent ≤ 100.

    Example:
        >>> PercentOff("12.5").percent
        Fraction(25, 2)
    """

    percent: Fraction = attrs.field(converter=_percent)

    def __attrs_post_init__(self) -> None:
        if not 0 < self.percent <= 100:
            raise InvalidValue(
                "percent.out_of_range", "percent", self.percent, "above 0, at most 100"
            )
