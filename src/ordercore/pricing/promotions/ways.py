"""The cheapest way to meet a condition that does not hold: what has to become true, as data."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import attrs

from ordercore.kernel import Money, Quantity, checked
from ordercore.rules import AllOf, AnyOf, Condition, Every, Expression, Missing, Some

__all__ = ["Need", "cheapest_way"]


@attrs.frozen(kw_only=True)
@checked
class Need:
    """One condition that has to become true, and how far it is from that.

    ``missing`` carries its unit in its type: money, a quantity, a plain number. It is None where
    there is no distance: another channel, a coupon, a membership.

    Example:
        >>> Need(condition="cart.channel == 'app'").missing is None
        True
    """

    condition: str
    place: str = ""
    missing: Missing | None = None


def cheapest_way(expression: Expression, found: Condition) -> tuple[Need, ...]:
    """What has to become true for an expression to hold; nothing where it does. O(conditions).

    Of ``and`` it is what all failing parts need; of ``or``, and of ``any`` over items, the cheapest
    part's. Cheaper is what has fewer conditions without a distance, then fewer in all, then less
    money short, then less of other things; of equal ones the first.

    Example:
        >>> from ordercore.pricing import CART_FACTS
        >>> from ordercore.rules import parse
        >>> rule = parse("cart.channel == 'app' or cart.total >= EUR(50)", vocabulary=CART_FACTS)
        >>> facts = {"cart": {"channel": "web", "total": Money.of("42.50", "EUR")}}
        >>> way = cheapest_way(rule.expression, rule.evaluate(facts).trace)
        >>> [str(need.missing.short) for need in way]
        ['EUR 7.50']
    """
    if found.result:
        return ()
    match expression:
        case AllOf(conditions=conditions):
            parts = [cheapest_way(*each) for each in zip(conditions, found.parts, strict=True)]
            return _all(parts)
        case AnyOf(conditions=conditions):
            parts = [cheapest_way(*each) for each in zip(conditions, found.parts, strict=True)]
            return min(parts, key=_cost)
        case Some(condition=inner) if found.parts:
            return min([cheapest_way(inner, part) for part in found.parts], key=_cost)
        case Every(condition=inner) if found.parts:
            return _all([cheapest_way(inner, part) for part in found.parts])
        case _:
            return (Need(condition=found.text, place=found.place, missing=found.missing),)


def _all(parts: Sequence[tuple[Need, ...]]) -> tuple[Need, ...]:
    return tuple([need for part in parts for need in part])


def _cost(way: tuple[Need, ...]) -> tuple[int, int, int, Fraction]:
    money, other, without = 0, Fraction(0), 0
    for need in way:
        short = None if need.missing is None else need.missing.short
        if short is None:
            without += 1
        elif isinstance(short, Money):
            money += short.minor
        else:
            other += Fraction(short.amount if isinstance(short, Quantity) else short)
    return (without, len(way), money, other)
