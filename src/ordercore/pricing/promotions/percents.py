"""Percentages off, and over what an effect is reckoned at once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import attrs

from ordercore.kernel import Choice, InvalidValue, checked
from ordercore.pricing.exact import exact_fraction

__all__ = ["Per", "PercentOff"]


class Per(Choice):
    """Over what an effect is reckoned, and where it is therefore rounded."""

    UNIT = "unit"
    """Each unit by itself (Sylius' unit percentages). Two price points a line at most."""
    LINE = "line"
    """Each line by itself."""
    SELECTION = "selection"
    """All selected lines at once: rounded once, shared out over what is left of them."""


def _percent(value: Fraction | Decimal | int | str) -> Fraction:
    return exact_fraction(value, "percent")


@attrs.frozen
@checked
class PercentOff:
    """So many percent off each unit, each line, or all selected lines together.

    ``per`` None is by the policy for its stage: :attr:`PricingPolicy.item_percents` (line by line
    unless it says otherwise), in later stages :attr:`PricingPolicy.order_percents` (together).

    Raises:
        InvalidValue: ``percent.not_exact``; ``percent.out_of_range`` outside 0 < percent ≤ 100.

    Example:
        >>> PercentOff("12.5").percent
        Fraction(25, 2)
    """

    percent: Fraction = attrs.field(converter=_percent)
    per: Per | None = attrs.field(default=None, converter=attrs.converters.optional(Per))

    def __attrs_post_init__(self) -> None:
        if not 0 < self.percent <= 100:
            raise InvalidValue(
                "percent.out_of_range", "percent", self.percent, "above 0, at most 100"
            )
