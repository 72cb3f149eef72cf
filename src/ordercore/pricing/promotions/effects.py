"""The closed union of what a promotion can do, and what the engine has to know of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, TypeAlias, assert_never

import attrs

from ordercore.kernel import Currency, FrozenMap, Money
from ordercore.pricing.promotions.amounts import UnitOff
from ordercore.pricing.promotions.ladders import SpendAndSave
from ordercore.pricing.promotions.percents import PercentOff

__all__ = ["CODES", "EFFECTS", "PromotionEffect", "currency_of", "told"]

PromotionEffect: TypeAlias = PercentOff | SpendAndSave | UnitOff
"""What a promotion does; a closed union."""

CODES: Final[Mapping[type[PromotionEffect], str]] = {
    PercentOff: "promotion.percent_off",
    SpendAndSave: "promotion.spend_and_save",
    UnitOff: "promotion.unit_off",
}
"""The code of the adjustments that an effect makes."""

EFFECTS: Final[frozenset[type]] = frozenset(CODES)
"""The classes of the union."""


def currency_of(effect: PromotionEffect) -> Currency | None:
    """The currency that an effect speaks; None for percentages, which fit every one.

    Example:
        >>> currency_of(UnitOff(Money(30, "USD"))), currency_of(PercentOff(5))
        (Currency('USD'), None)
    """
    match effect:
        case PercentOff():
            return None
        case SpendAndSave():
            return effect.currency
        case UnitOff(off=off):
            return off.currency
        case never:
            assert_never(never)


def told(value: object) -> object:
    """A value as plain JSON that tells all its fields: what a book's digest is made of.

    Example:
        >>> told(UnitOff(Money(30, "USD")))
        ['UnitOff', 'USD 30']
    """
    if type(value) is Money:
        return f"{value.currency} {value.minor}"
    if type(value) is Fraction:
        return str(value)
    if type(value) is tuple:
        return [told(each) for each in value]
    if type(value) is frozenset:
        return sorted(value)
    if type(value) is FrozenMap:
        return [*value.items()]
    kind: type = type(value)
    if attrs.has(kind):
        fields = (told(getattr(value, each.name)) for each in attrs.fields(kind) if each.init)
        return [kind.__name__, *fields]
    return value
