"""The closed union of what a promotion can do, and what the engine has to know of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from fractions import Fraction
from typing import Final, TypeAlias, assert_never

import attrs

from ordercore.kernel import Currency, FrozenMap, Money, Span, to_text
from ordercore.pricing.promotions.amounts import AmountOff, FixedPrice, UnitOff
from ordercore.pricing.promotions.deals import BuyGet, SetPrice
from ordercore.pricing.promotions.gifts import Gifts
from ordercore.pricing.promotions.ladders import Ladder, SpendAndSave, SpendEvery
from ordercore.pricing.promotions.percents import Per, PercentOff
from ordercore.pricing.promotions.points import EarnPoints, PayPoints

__all__ = [
    "CODES",
    "DEALS",
    "EFFECTS",
    "GIVES",
    "NOT_COMPARED",
    "PromotionEffect",
    "currency_of",
    "has_units",
    "told",
]

PromotionEffect: TypeAlias = (
    PercentOff
    | SpendAndSave
    | UnitOff
    | AmountOff
    | FixedPrice
    | SpendEvery
    | Ladder
    | BuyGet
    | SetPrice
    | Gifts
    | EarnPoints
    | PayPoints
)
"""What a promotion does; a closed union."""

CODES: Final[Mapping[type[PromotionEffect], str]] = {
    AmountOff: "promotion.amount_off",
    BuyGet: "promotion.buy_get",
    EarnPoints: "promotion.earn_points",
    FixedPrice: "promotion.fixed_price",
    Gifts: "promotion.gift",
    Ladder: "promotion.ladder",
    PayPoints: "promotion.pay_points",
    PercentOff: "promotion.percent_off",
    SetPrice: "promotion.set_price",
    SpendAndSave: "promotion.spend_and_save",
    SpendEvery: "promotion.spend_every",
    UnitOff: "promotion.unit_off",
}
"""The code of the adjustments that an effect makes."""

DEALS: Final = frozenset({BuyGet, SetPrice})
"""Effects over whole units, which they use up."""

GIVES: Final = frozenset({EarnPoints, Gifts})
"""Effects that add something, and take nothing off."""

NOT_COMPARED: Final = GIVES | {PayPoints}
"""Effects that no group compares with others: they have no amount, or one that the buyer pays."""

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
        case SpendAndSave() | Ladder() | Gifts() | EarnPoints():
            return effect.currency
        case UnitOff(off=off) | AmountOff(off=off) | SpendEvery(off=off) | PayPoints(off=off):
            return off.currency
        case FixedPrice(price=price) | SetPrice(price=price):
            return price.currency
        case BuyGet(reward=reward):
            return currency_of(reward)
        case never:
            assert_never(never)


def has_units(effect: PromotionEffect) -> bool:
    """Whether it needs units, which shipping charges do not have.

    Example:
        >>> has_units(UnitOff(Money(30, "USD"))), has_units(PercentOff(5))
        (True, False)
    """
    match effect:
        case PercentOff(per=per) | FixedPrice(per=per):
            return per is Per.UNIT
        case Ladder(rungs=rungs):
            return any(has_units(rung.effect) for rung in rungs)
        case UnitOff() | BuyGet() | SetPrice() | Gifts() | EarnPoints() | PayPoints():
            return True
        case SpendAndSave() | AmountOff() | SpendEvery():
            return False
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
    if type(value) is Span:
        return [None if end is None else to_text(end) for end in (value.start, value.end)]
    if type(value) is frozenset:
        return sorted(value)
    if type(value) is FrozenMap:
        return [*value.items()]
    if isinstance(value, Enum):
        return value.value
    kind: type = type(value)
    if attrs.has(kind):
        fields = (told(getattr(value, each.name)) for each in attrs.fields(kind) if each.init)
        return [kind.__name__, *fields]
    return value
