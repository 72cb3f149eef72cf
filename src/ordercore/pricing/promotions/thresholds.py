"""How far off an effect's next step is: money or units that are still to come."""

from __future__ import annotations

from typing import NamedTuple, assert_never

from ordercore.kernel import Money
from ordercore.pricing.promotions.amounts import AmountOff, FixedPrice, UnitOff
from ordercore.pricing.promotions.deals import BuyGet, SetPrice
from ordercore.pricing.promotions.effects import PromotionEffect
from ordercore.pricing.promotions.gifts import Gifts
from ordercore.pricing.promotions.ladders import Ladder, SpendAndSave, SpendEvery
from ordercore.pricing.promotions.offers import Sight
from ordercore.pricing.promotions.percents import PercentOff
from ordercore.pricing.promotions.points import EarnPoints, PayPoints
from ordercore.rules import Missing

__all__ = ["Step", "next_step"]


class Step(NamedTuple):
    """The distance to the next step of an effect, and whether an earlier one is reached."""

    have: Money | int
    need: Money | int
    short: Money | int
    any_reached: bool

    @property
    def missing(self) -> Missing:
        """The distance, in the words of rules."""
        return Missing(have=self.have, need=self.need, short=self.short)


def next_step(sight: Sight, effect: PromotionEffect, selected: list[int]) -> Step | None:
    """The next step that more of the selected lines would reach; None where there is none.

    Of a deal over units it is the next set, as if its units could come from any of the selected
    lines; of a deal whose units come from several selectors there is no one distance.
    """
    match effect:
        case SpendAndSave(steps=steps):
            thresholds = [step.threshold.minor for step in steps]
            return _money(sight, sight.spent(selected), thresholds)
        case Ladder(rungs=rungs) | Gifts(rungs=rungs, every=False):
            thresholds = [rung.size for rung in rungs]
            if effect.counts_units:
                return _units(sight.units(selected), thresholds)
            return _money(sight, sight.spent(selected), thresholds)
        case Gifts(rungs=rungs):
            have = sight.units(selected) if effect.counts_units else sight.spent(selected)
            thresholds = _every(have, rungs[0].size, None)
            if effect.counts_units:
                return _units(have, thresholds)
            return _money(sight, have, thresholds)
        case SpendEvery(every=every, most=most):
            units = type(every) is int
            have = sight.units(selected) if units else sight.spent(selected)
            size = every if type(every) is int else every.minor  # type: ignore[union-attr]
            thresholds = _every(have, size, most)
            return _units(have, thresholds) if units else _money(sight, have, thresholds)
        case BuyGet(buy=buy, get=get, get_on=None, most=most):
            have = sight.units(selected)
            return _units(have, _every(have, buy + get, most))
        case SetPrice(parts=parts, most=most) if len(parts) == 1:
            have = sight.units(selected)
            return _units(have, _every(have, effect.units, most))
        case PercentOff() | UnitOff() | AmountOff() | FixedPrice() | BuyGet() | SetPrice():
            return None
        case EarnPoints() | PayPoints():
            return None
        case never:
            assert_never(never)


def _every(have: int, size: int, most: int | None) -> list[int]:
    """The multiples of a size around what there is."""
    times = have // size if most is None else min(have // size, most - 1)
    return [max(times, 1) * size, (times + 1) * size]


def _ahead(have: int, thresholds: list[int]) -> int | None:
    return next((each for each in thresholds if each > have), None)


def _money(sight: Sight, have: int, thresholds: list[int]) -> Step | None:
    need = _ahead(have, thresholds)
    if need is None:
        return None
    currency = sight.run.currency
    short = Money(need - have, currency)
    return Step(Money(have, currency), Money(need, currency), short, thresholds[0] <= have)


def _units(have: int, thresholds: list[int]) -> Step | None:
    need = _ahead(have, thresholds)
    if need is None:
        return None
    return Step(have, need, need - have, thresholds[0] <= have)
