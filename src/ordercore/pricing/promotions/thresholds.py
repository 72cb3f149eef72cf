"""How far off an effect's next step is: money or units that are still to come."""

from __future__ import annotations

from typing import NamedTuple, assert_never

from ordercore.kernel import Money
from ordercore.pricing.promotions.amounts import AmountOff, FixedPrice, UnitOff
from ordercore.pricing.promotions.deals import BuyGet, SetPrice
from ordercore.pricing.promotions.effects import PromotionEffect
from ordercore.pricing.promotions.gifts import Gifts
from ordercore.pricing.promotions.ladders import Ladder, SpendAndSave, SpendEvery
from ordercore.pricing.promotions.offers import every_need, every_times, gift_measure, rung_needs
from ordercore.pricing.promotions.percents import PercentOff
from ordercore.pricing.promotions.points import EarnPoints, PayPoints
from ordercore.pricing.promotions.sight import Sight
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


def next_step(
    sight: Sight, effect: PromotionEffect, selected: list[int], targets: list[int]
) -> Step | None:
    """The next step that more of the selected lines would reach; None where there is none.

    Of a deal over units it is the next set, as if its units could come from any of the selected
    lines; of a deal whose units come from several selectors there is no one distance. Where the own
    effect counts, what it would take now is part of what is needed.
    """
    match effect:
        case SpendAndSave() | Ladder():
            needs = rung_needs(sight, effect, selected, targets)
            if isinstance(effect, Ladder) and effect.counts_units:
                return _units(sight.units(selected), needs)
            return _money(sight, sight.spent(selected), needs)
        case Gifts(rungs=rungs, every=every):
            have = sight.units(selected) if effect.counts_units else sight.spent(selected)
            measure = gift_measure(sight, effect, selected)
            sizes = _every(measure, rungs[0].size, None) if every else [r.size for r in rungs]
            if effect.counts_units:
                return _units(have, sizes)
            return _money(sight, have, [size + sight.run.beyond for size in sizes])
        case SpendEvery(every=every, most=most):
            times = every_times(sight, effect, selected, targets)
            if most is not None and times >= most:
                return None
            need = every_need(sight, effect, times + 1, selected, targets)
            if type(every) is int:
                return _step(sight.units(selected), need, reached=times > 0)
            return _money_step(sight, sight.spent(selected), need, reached=times > 0)
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


def _ahead(have: int, needs: list[int]) -> int | None:
    return next((each for each in needs if each > have), None)


def _money(sight: Sight, have: int, needs: list[int]) -> Step | None:
    need = _ahead(have, needs)
    return None if need is None else _money_step(sight, have, need, reached=min(needs) <= have)


def _money_step(sight: Sight, have: int, need: int, *, reached: bool) -> Step:
    currency = sight.run.currency
    return Step(Money(have, currency), Money(need, currency), Money(need - have, currency), reached)


def _units(have: int, needs: list[int]) -> Step | None:
    need = _ahead(have, needs)
    return None if need is None else _step(have, need, reached=needs[0] <= have)


def _step(have: int, need: int, *, reached: bool) -> Step:
    return Step(have, need, need - have, reached)
