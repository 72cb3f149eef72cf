"""Short forms: one call for each common promotion, in major units and plain text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypedDict, Unpack

from ordercore.kernel import Money, Span, expect
from ordercore.pricing.amount import MERCHANT
from ordercore.pricing.facts import CART_FACTS
from ordercore.pricing.promotions.amounts import UnitOff
from ordercore.pricing.promotions.effects import PromotionEffect
from ordercore.pricing.promotions.ladders import LadderStep, SpendAndSave
from ordercore.pricing.promotions.percents import PercentOff
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.pricing.promotions.selection import EVERYTHING, Selector
from ordercore.pricing.promotions.stages import Stage
from ordercore.rules import Rule, parse

__all__ = ["percent_off", "spend_and_save", "unit_off"]

_ALWAYS: Final = Span()


class _Terms(TypedDict, total=False):
    """What the short forms take beside their own arguments; see :class:`Promotion`."""

    on: Selector
    when: Rule | str | None
    span: Span
    stage: Stage
    priority: int
    funder: str
    kind: str
    coupon: str | None
    channels: Iterable[str]
    title: str
    usage_limit: int | None


def _promotion(
    promotion_id: str, effect: PromotionEffect, stage: Stage, terms: _Terms
) -> Promotion:
    when = terms.get("when")
    return Promotion(
        promotion_id,
        effect=effect,
        on=terms.get("on", EVERYTHING),
        when=parse(when, vocabulary=CART_FACTS) if isinstance(when, str) else when,
        span=terms.get("span", _ALWAYS),
        stage=terms.get("stage", stage),
        priority=terms.get("priority", 0),
        funder=terms.get("funder", MERCHANT),
        kind=terms.get("kind", "discount"),
        coupon=terms.get("coupon"),
        channels=terms.get("channels", ()),
        title=terms.get("title", ""),
        usage_limit=terms.get("usage_limit"),
    )


def percent_off(
    promotion_id: str, percent: Fraction | Decimal | int | str, **terms: Unpack[_Terms]
) -> Promotion:
    """A percentage off, line by line unless ``stage`` says otherwise.

    Takes the terms of :class:`Promotion` by keyword; ``when`` also as text.

    Raises:
        InvalidValue: as :class:`PercentOff`.
        InvalidBatch: as :class:`Promotion`.
        InvalidDefinition: a condition that cannot be read.

    Example:
        >>> percent_off("sale", "12.5", on=Selector(categories=["drinks"])).stage.value
        'item'
    """
    return _promotion(promotion_id, PercentOff(percent), Stage.ITEM, terms)


def spend_and_save(
    promotion_id: str,
    ladder: Mapping[str, str],
    currency: str,
    **terms: Unpack[_Terms],
) -> Promotion:
    """A spend ladder from thresholds to amounts off, in major units.

    Takes the terms of :class:`Promotion` by keyword; ``when`` also as text.

    Raises:
        InvalidValue: an amount that is none.
        InvalidBatch: as :class:`SpendAndSave` and :class:`Promotion`.
        InvalidDefinition: a condition that cannot be read.

    Example:
        >>> singles_day = spend_and_save("11.11", {"300.00": "40.00", "500.00": "80.00"}, "CNY")
        >>> singles_day.stage.value, singles_day.currency
        ('order', Currency('CNY'))
    """
    steps = [
        LadderStep(Money.of(threshold, currency), Money.of(off, currency))
        for threshold, off in expect(ladder, Mapping, "ladder").items()  # type: ignore[type-abstract]
    ]
    steps.sort(key=lambda step: step.threshold)
    return _promotion(promotion_id, SpendAndSave(steps), Stage.ORDER, terms)


def unit_off(
    promotion_id: str, amount: str | Decimal | int, currency: str, **terms: Unpack[_Terms]
) -> Promotion:
    """An amount off each unit of the selected lines, in major units.

    Takes the terms of :class:`Promotion` by keyword; ``when`` also as text.

    Raises:
        InvalidValue: an amount that is none, or not above zero.
        InvalidBatch: as :class:`Promotion`.
        InvalidDefinition: a condition that cannot be read.

    Example:
        >>> week = Span("2017-03-06T00:00Z", "2017-03-13T00:00Z")
        >>> loyalty = unit_off(
        ...     "loyalty-31-w10",
        ...     "0.30",
        ...     "USD",
        ...     on=Selector(skus=["1082185"]),
        ...     channels=["store-31"],
        ...     span=week,
        ...     kind="loyalty",
        ... )
        >>> str(loyalty.effect.off), loyalty.kind
        ('USD 0.30', 'loyalty')
    """
    return _promotion(promotion_id, UnitOff(Money.of(amount, currency)), Stage.ITEM, terms)
