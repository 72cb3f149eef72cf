"""The cheapest way to meet a condition that does not hold: what has to become true, as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import attrs

from ordercore.kernel import Money, Quantity, as_tuple, checked
from ordercore.pricing.facts import FACT_UNITS
from ordercore.rules import (
    AllOf,
    AnyOf,
    BooleanLiteral,
    Compare,
    Condition,
    Contains,
    Every,
    Expression,
    Field,
    Includes,
    InstantLiteral,
    Literal,
    Membership,
    Missing,
    Operand,
    Some,
    StartsWith,
    Within,
)

__all__ = ["Need", "cheapest_way"]


def _have(given: Iterable[Operand]) -> tuple[Operand, ...]:
    return as_tuple(given)


def _need(given: Iterable[Literal]) -> tuple[Literal, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class Need:
    """One condition that has to become true, and how far it is from that.

    ``missing`` carries its unit in its type: money, a quantity, a plain number. It is None where
    there is no distance: another channel, a coupon, a membership. ``have`` are the
    facts that the condition asks about, with their values, ``need`` the values that it compares
    them with. ``unit`` says what plain numbers count, or the currency of amounts.

    Example:
        >>> Need(condition="cart.channel == 'app'").missing is None
        True
    """

    condition: str
    place: str = ""
    missing: Missing | None = None
    have: tuple[Operand, ...] = attrs.field(default=(), converter=_have)
    need: tuple[Literal, ...] = attrs.field(default=(), converter=_need)
    unit: str = ""


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
            need = Need(
                condition=found.text,
                place=found.place,
                missing=found.missing,
                have=found.operands,
                need=_literals(expression),
                unit=_unit(found.operands),
            )
            return (need,)


def _literals(expression: Expression) -> tuple[Literal, ...]:
    """What a single condition compares facts with; a flag has to be true."""
    sides: tuple[Expression, ...] = ()
    match expression:
        case Compare(left=left, right=right):
            sides = (left, right)
        case Membership(choices=choices):
            sides = choices
        case Includes(item=item):
            sides = (item,)
        case Contains(part=part):
            sides = (part,)
        case StartsWith(prefix=prefix):
            sides = (prefix,)
        case Within(start=start, end=end):
            sides = tuple([InstantLiteral(at) for at in (start, end) if at is not None])
        case Field():
            sides = (BooleanLiteral(True),)
        case _:
            pass
    return tuple([side for side in sides if isinstance(side, Literal)])


def _unit(operands: Sequence[Operand]) -> str:
    for operand in operands:
        if isinstance(operand.value, Money):
            return operand.value.currency
        if operand.text in FACT_UNITS:
            return FACT_UNITS[operand.text]
    return ""


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
