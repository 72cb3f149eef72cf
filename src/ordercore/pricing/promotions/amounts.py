"""Amounts off, and fixed prices."""

from __future__ import annotations

import attrs

from ordercore.kernel import InvalidValue, Money, checked
from ordercore.pricing.promotions.percents import Per

__all__ = ["AmountOff", "FixedPrice", "UnitOff"]


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


@attrs.frozen
@checked
class AmountOff:
    """An amount off each selected line, or off all of them together.

    Raises:
        InvalidValue: ``amount_off.amount`` unless it is Money above zero; ``amount_off.per`` for
            ``unit``, which :class:`UnitOff` says.

    Example:
        >>> AmountOff(Money(500, "EUR")).per
        <Per.SELECTION: 'selection'>
    """

    off: Money
    per: Per = attrs.field(default=Per.SELECTION, converter=Per)

    def __attrs_post_init__(self) -> None:
        if type(self.off) is not Money or self.off.minor <= 0:
            raise InvalidValue("amount_off.amount", "off", self.off, "an amount above zero")
        if self.per is Per.UNIT:
            raise InvalidValue("amount_off.per", "per", self.per, "line or selection")


@attrs.frozen
@checked
class FixedPrice:
    """A price instead of what is left: of each unit, each line, or all selected lines together.

    What already costs less keeps its lower price.

    Raises:
        InvalidValue: ``fixed_price.price`` unless it is Money of zero or more.

    Example:
        >>> member = FixedPrice(Money(990, "EUR"))
        >>> str(member.price), member.per.value
        ('EUR 9.90', 'unit')
    """

    price: Money
    per: Per = attrs.field(default=Per.UNIT, converter=Per)

    def __attrs_post_init__(self) -> None:
        if type(self.price) is not Money or self.price.minor < 0:
            raise InvalidValue("fixed_price.price", "price", self.price, "an amount ≥ 0")
