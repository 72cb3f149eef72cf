"""Whom a promotion concerns, as rules: what it says of time, channel, coupon and condition."""

from __future__ import annotations

from typing import Final

from ordercore.kernel import Money
from ordercore.pricing.facts import CART_FACTS
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.rules import (
    AllOf,
    Compare,
    Comparison,
    Count,
    Every,
    Expression,
    Field,
    Includes,
    IntegerLiteral,
    Membership,
    MoneyLiteral,
    Rule,
    TextLiteral,
    Within,
)

__all__ = ["EVERY_CART", "STAND_IN", "reach_of", "surroundings_of"]

STAND_IN: Final = "EUR"
"""A currency where any would do."""

_MOST_NAMES: Final = 400


def reach_of(promotion: Promotion) -> tuple[Rule, ...]:
    """The conditions under which a cart is looked at; which of its lines is not part of them.

    A promotion of more than 400 channels is taken for one of any channel.

    Example:
        >>> from ordercore.pricing import percent_off
        >>> sale = percent_off("sale", 10, when="cart.units > 3", coupon="TEA", channels=["web"])
        >>> for rule in reach_of(sale):
        ...     print(rule)
        cart.channel in ('web',)
        'TEA' in cart.coupons
        cart.units > 3
        >>> reach_of(percent_off("always", 10))
        ()
    """
    around = surroundings_of(promotion)
    return around if promotion.when is None else (*around, promotion.when)


def surroundings_of(promotion: Promotion) -> tuple[Rule, ...]:
    """What a promotion says of time, channel and coupon, beside its condition."""
    parts: list[Expression] = []
    span = promotion.span
    if span.start is not None or span.end is not None:
        parts.append(Within(Field("cart.at"), span.start, span.end))
    if 0 < len(promotion.channels) <= _MOST_NAMES:
        names = [TextLiteral(channel) for channel in sorted(promotion.channels)]
        parts.append(Membership(Field("cart.channel"), names))
    if promotion.coupon is not None:
        parts.append(Includes(Field("cart.coupons"), TextLiteral(promotion.coupon)))
    return tuple([Rule(part, CART_FACTS) for part in parts])


def _every_cart() -> Rule:
    lines, one, nothing = Field("cart.lines"), IntegerLiteral(1), MoneyLiteral(Money(0, STAND_IN))
    at_least = Comparison.GE
    line = AllOf(
        [
            Compare(Field("line.quantity"), at_least, one),
            Compare(Field("line.amount"), at_least, nothing),
        ]
    )
    return Rule(
        AllOf(
            [
                Compare(Field("cart.units"), at_least, one),
                Compare(Field("cart.total"), at_least, nothing),
                Compare(Count(source=lines), at_least, one),
                Every(condition=line, variable="line", source=lines),
            ]
        ),
        CART_FACTS,
    )


EVERY_CART: Final = _every_cart()
"""What holds of every cart: it has lines, each of a unit or more, and nothing below zero.

Proofs look at minor units alone, so that the zero here is that of every currency.
"""
