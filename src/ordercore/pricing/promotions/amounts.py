"""Amounts off."""

from __future__ import annotations

import attrs

from ordercore.kernel import InvalidValue, Money, checked

__all__ = ["UnitOff"]


@attrs.frozen
@checked
class UnitOff:
    """An amount off each unit of the selected lines: a member's price, a week's offer.

    Raises:
        InvalidValue: ``unit_off.amount`` unless it is Money above zero.

    Example:
        >>> str(UnitOff(Money(30, "USD")).off)
        'USD 0.30'
    """

    off: Money

    def __attrs_post_init__(self) -> None:
        if type(self.off) is not Money or self.off.minor <= 0:
            raise InvalidValue("unit_off.amount", "off", self.off, "an amount above zero")
