"""What can be said of one promotion before anybody buys: findings with codes.

Errors refuse a book when it is built; what is left are warnings
(:func:`~ordercore.pricing.inspect_book`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pendulum import UTC

from ordercore.kernel import Finding, Instant, Money, Severity, Span, expect
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.cart import Cart, CartLine
from ordercore.pricing.facts import CART_FACTS
from ordercore.pricing.policy import DEFAULT_PRICING
from ordercore.pricing.promotions.amounts import FixedPrice
from ordercore.pricing.promotions.deals import BuyGet, SetPrice
from ordercore.pricing.promotions.effects import PromotionEffect
from ordercore.pricing.promotions.gifts import Gifts
from ordercore.pricing.promotions.ladders import Ladder, SpendAndSave, SpendEvery
from ordercore.pricing.promotions.offers import offer_of
from ordercore.pricing.promotions.percents import PercentOff
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.pricing.promotions.reach import EVERY_CART, STAND_IN, surroundings_of
from ordercore.pricing.promotions.selection import EVERYTHING, Selector
from ordercore.rules import (
    Compare,
    Comparison,
    Expression,
    Field,
    IntegerLiteral,
    MoneyLiteral,
    Rule,
    always_holds,
    never_holds,
)

__all__ = ["inspect_promotion", "refuse_promotion", "selectors_of"]

_DAWN: Final = Instant(1, 1, 1, tzinfo=UTC)
_UNITS: Final = (1, 10, 100)
_PRICES: Final = (100, 10_000)


def inspect_promotion(promotion: Promotion) -> tuple[Finding, ...]:
    """What is odd about a promotion by itself; paths name its fields.

    There are errors, which no book takes:

    - ``promotion.never_holds``: its condition contradicts itself, or its time, channels or coupon.
    - ``promotion.selects_nothing``: a selector leaves out all that it asks for.

    And warnings, which it does:

    - ``promotion.always_applies``: it applies to every cart at any time, whatever is in it.
    - ``promotion.condition_always_holds``: its condition holds for every cart, and could go.
    - ``promotion.unbounded``: it may take off all that its lines cost, however much that is: all
      of the price, or as much for every so much spent, without an upper limit.
    - ``promotion.gives_less``: on a ladder, a cart that reaches the rung gets less than one that
      just does not.
    - ``promotion.out_of_reach``: no cart that meets its condition reaches the threshold, the step
      or the number of units, unless prices are raised by hand; of the first one: it never applies.

    Proofs are those of :func:`~ordercore.rules.never_holds`: what they do not find may still be so.

    Example:
        >>> from ordercore.pricing import percent_off
        >>> odd = percent_off("odd", 100, when="cart.units > 3 and cart.units < 2")
        >>> [(finding.code, finding.path) for finding in inspect_promotion(odd)]
        [('promotion.unbounded', 'effect'), ('promotion.never_holds', 'when')]
    """
    expect(promotion, Promotion, "promotion")
    return tuple(sorted([*refuse_promotion(promotion), *_warnings(promotion)], key=_by_place))


def _by_place(finding: Finding) -> tuple[str, str]:
    return finding.path, finding.code


def refuse_promotion(promotion: Promotion) -> list[Finding]:
    """The errors of a promotion; nothing is proven where it has no condition."""
    found: list[Finding] = []
    when = promotion.when
    if when is not None and never_holds(when, given=_around(promotion)):
        message, shown = "a condition that can hold", when.to_text()
        found.append(_finding("promotion.never_holds", "when", message, shown, error=True))
    for path, selector in selectors_of(promotion):
        if selector is not EVERYTHING and _selects_nothing(selector):
            message = "a selector that leaves something over"
            found.append(
                _finding(
                    "promotion.selects_nothing",
                    path,
                    message,
                    str(promotion.promotion_id),
                    error=True,
                )
            )
    return found


def selectors_of(promotion: Promotion) -> Iterator[tuple[str, Selector]]:
    """The selectors of a promotion and its effect, with their paths."""
    yield "on", promotion.on
    match promotion.effect:
        case BuyGet(get_on=Selector() as selector):
            yield "effect.get_on", selector
        case SetPrice(parts=parts):
            for position, part in enumerate(parts):
                yield f"effect.parts[{position}].on", part.on
        case Gifts(rungs=rungs):
            for position, rung in enumerate(rungs):
                skus = [item.sku for item in rung.items]
                yield f"effect.rungs[{position}].items", Selector(skus=skus)
        case _:
            pass


def _selects_nothing(selector: Selector) -> bool:
    return (
        bool(selector.skus and selector.skus <= selector.but_skus)
        or bool(
            selector.categories
            and all(_below(path, selector.but_categories) for path in selector.categories)
        )
        or any(
            selector.but_attributes.get(name) == value
            for name, value in selector.attributes.items()
        )
    )


def _below(path: tuple[str, ...], categories: frozenset[tuple[str, ...]]) -> bool:
    return any(path[:depth] in categories for depth in range(1, len(path) + 1))


def _warnings(promotion: Promotion) -> Iterator[Finding]:
    name = str(promotion.promotion_id)
    around = () if promotion.when is None else _around(promotion)
    if promotion.when is None or always_holds(promotion.when, given=around):
        if _concerns_everybody(promotion):
            message = "applies to every cart, at any time"
            yield _finding("promotion.always_applies", "when", message, name)
        elif promotion.when is not None:
            message = "holds for every cart"
            yield _finding("promotion.condition_always_holds", "when", message, name)
    if promotion.most_off is None and not promotion.budget and _takes_all(promotion.effect):
        yield _finding("promotion.unbounded", "effect", "may take off the whole price", name)
    if isinstance(promotion.effect, Ladder):
        yield from _falling(promotion, promotion.effect)
    if promotion.when is not None:
        for path, need, shown in _needs(promotion.effect):
            if never_holds(Rule(need, CART_FACTS), given=[*around, promotion.when]):
                message = "no cart that meets the condition comes so far"
                yield _finding("promotion.out_of_reach", path, message, shown)


def _around(promotion: Promotion) -> tuple[Rule, ...]:
    """What is known of a cart before the promotion's condition is asked."""
    return (EVERY_CART, *surroundings_of(promotion))


def _concerns_everybody(promotion: Promotion) -> bool:
    return (
        promotion.span == Span()
        and not promotion.channels
        and promotion.coupon is None
        and promotion.batch is None
        and promotion.on == EVERYTHING
        and not any(True for _ in _needs(promotion.effect))
    )


def _takes_all(effect: PromotionEffect) -> bool:
    match effect:
        case PercentOff(percent=percent):
            return percent == 100
        case FixedPrice(price=price):
            return not price
        case Ladder(rungs=rungs):
            return any(_takes_all(rung.effect) for rung in rungs)
        case SpendEvery(every=Money(minor=every), off=off, most=None):
            return off.minor >= every
        case _:
            return False


def _needs(effect: PromotionEffect) -> Iterator[tuple[str, Expression, str]]:
    """What the cart as a whole must have for each step of an effect, as a condition."""
    match effect:
        case SpendAndSave(steps=steps):
            for position, step in enumerate(steps):
                if step.threshold:
                    yield f"effect.steps[{position}].threshold", *_at_least(step.threshold)
        case Ladder() | Gifts():
            thresholds = [rung.threshold for rung in effect.rungs]
            for position, threshold in enumerate(thresholds):
                if threshold:
                    yield f"effect.rungs[{position}].threshold", *_at_least(threshold)
        case SpendEvery(every=every):
            yield "effect.every", *_at_least(every)
        case BuyGet(buy=buy, get=get):
            yield "effect.buy", *_at_least(buy + get)
        case SetPrice():
            yield "effect.parts", *_at_least(effect.units)
        case _:
            pass


def _at_least(threshold: Money | int) -> tuple[Expression, str]:
    if isinstance(threshold, Money):
        need = Compare(Field("cart.total"), Comparison.GE, MoneyLiteral(threshold))
        return need, str(threshold)
    return Compare(Field("cart.units"), Comparison.GE, IntegerLiteral(threshold)), str(threshold)


def _falling(promotion: Promotion, ladder: Ladder) -> Iterator[Finding]:
    """Rungs that give less than the one before: shown by two carts, next to each other."""
    for position, rung in enumerate(ladder.rungs[1:], 1):
        if ladder.counts_units:
            pairs = [
                ((price * (rung.size - 1), rung.size - 1), (price * rung.size, rung.size))
                for price in _PRICES
                if rung.size > 1
            ]
        else:
            pairs = [((rung.size - 1, units), (rung.size, units)) for units in _UNITS]
        if any(_off(promotion, *below) > _off(promotion, *above) for below, above in pairs):
            message = "gives less than just before it"
            shown = str(rung.threshold)
            yield _finding("promotion.gives_less", f"effect.rungs[{position}]", message, shown)


def _off(promotion: Promotion, minor: int, units: int) -> int:
    """What a promotion takes off one selected line of so much and so many units."""
    currency = promotion.currency or STAND_IN
    cart = Cart(lines=[CartLine("1", sku="X", quantity=units)])
    run = Calculation(
        cart, [Money(minor, currency)], (), DEFAULT_PRICING, Money(0, currency).currency, _DAWN
    )
    offer = offer_of(run, promotion, [0], [0])
    return 0 if offer is None else min(offer.offs[0], minor)


def _finding(code: str, path: str, message: str, value: str, *, error: bool = False) -> Finding:
    return Finding(code, Severity.ERROR if error else Severity.WARNING, path, message, value)
