"""What each effect offers in a given state: amounts off, line by line, and the units it uses up.

An offer is computed from what earlier promotions have left and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import attrs

from ordercore.kernel import FactValue, Reason, apportion, cumulative_share, divide
from ordercore.pricing.calculation import Calculation, Offer
from ordercore.pricing.policy import AmountBasis
from ordercore.pricing.promotions.amounts import AmountOff, FixedPrice, UnitOff
from ordercore.pricing.promotions.capping import capped
from ordercore.pricing.promotions.counting import sets_left, used_up
from ordercore.pricing.promotions.deals import BuyGet, SetPrice, UnitEffect
from ordercore.pricing.promotions.effects import GIVES, PromotionEffect
from ordercore.pricing.promotions.gifts import Gifts
from ordercore.pricing.promotions.giving import Giving, gifts_of, points_of
from ordercore.pricing.promotions.ladders import Ladder, SpendAndSave, SpendEvery
from ordercore.pricing.promotions.percents import Per, PercentOff
from ordercore.pricing.promotions.points import EarnPoints, PayPoints
from ordercore.pricing.promotions.promotion import Counts, Promotion
from ordercore.pricing.promotions.stages import BY_LINE
from ordercore.pricing.promotions.units import Taken, buy_and_get, runs_of, sets_for_price

__all__ = ["Sight", "apply", "eligible", "giving_of", "offer_from", "offer_of"]

_LEFT = AmountBasis.LEFT


class Sight:
    """What a promotion sees: what is left and was listed, and of how many units, by position.

    A promotion that uses units up sees those that are open; any other sees everything.
    """

    __slots__ = ("by_line", "left", "listed", "quantities", "run")

    def __init__(self, run: Calculation, promotion: Promotion) -> None:
        self.run = run
        self.left: Sequence[int] = run.left
        self.listed: Sequence[int] = run.listed
        self.quantities: Sequence[int] = run.quantities
        self.by_line = promotion.stage in BY_LINE
        if promotion.uses_up and run.used:
            left, listed, quantities = [*run.left], [*run.listed], [*run.quantities]
            policy = run.policy
            by_list = policy.percent_base is not _LEFT or policy.threshold_basis is not _LEFT
            for position, (units, open_left) in run.used.items():
                if by_list:
                    listed[position] = cumulative_share(
                        listed[position], units, quantities[position]
                    )
                quantities[position] = units
                left[position] = open_left
            self.left, self.listed, self.quantities = left, listed, quantities

    @property
    def base(self) -> Sequence[int]:
        """What percentages are taken of."""
        return self.left if self.run.policy.percent_base is _LEFT else self.listed

    def spent(self, positions: Sequence[int]) -> int:
        """What counts towards a threshold of money."""
        amounts = self.left if self.run.policy.threshold_basis is _LEFT else self.listed
        return sum([amounts[position] for position in positions])

    def units(self, positions: Sequence[int]) -> int:
        """What counts towards a threshold of units."""
        return sum([self.quantities[position] for position in positions])


def eligible(run: Calculation, promotion: Promotion) -> tuple[list[int], list[int]] | None:
    """The lines that a promotion selects and what it takes from; None when it cannot apply.

    Where nothing is selected nothing applies, whatever an effect would take from. Validity, coupon
    and channel are the caller's affair.
    """
    if promotion.currency not in {None, run.currency}:
        return None
    selected = run.selected(promotion)
    if not selected:
        return None
    targets = run.targets(promotion, selected)
    left = run.left
    if not any(left[position] for position in targets):
        return None
    if promotion.when is not None and not promotion.when.holds(run.facts_for(promotion)):
        return None
    if type(promotion.effect) is PayPoints and run.points_payer() is not None:
        return None
    if promotion.counted and used_up(run, promotion):
        return None
    return selected, targets


def apply(run: Calculation, promotion: Promotion) -> int:
    """Give the promotion its turn; what it took off, in minor units. 0 when it did not apply.

    What adds gifts or points tells how many.
    """
    about = eligible(run, promotion)
    if about is not None and type(promotion.effect) in GIVES:
        return _give(run, promotion, about[0])
    offer = None if about is None else offer_of(run, promotion, *about)
    return 0 if offer is None else run.take(promotion, offer)


def _give(run: Calculation, promotion: Promotion, selected: list[int]) -> int:
    giving = giving_of(run, promotion, selected)
    run.gifts += giving.gifts
    if giving.points is not None:
        run.points.append(giving.points)
        return giving.points.points
    return sum([gift.units for gift in giving.gifts])


def giving_of(run: Calculation, promotion: Promotion, selected: list[int]) -> Giving:
    """What a promotion would add now, and what keeps it from adding more."""
    effect = promotion.effect
    sight = Sight(run, promotion)
    if isinstance(effect, Gifts):
        have = sight.units(selected) if effect.counts_units else sight.spent(selected)
        return gifts_of(run, promotion, effect, have, selected)
    assert isinstance(effect, EarnPoints)
    # What is paid earns, whatever thresholds look at.
    weights = sight.quantities if type(effect.per) is int else sight.left
    return points_of(run, promotion, effect, selected, weights)


def offer_of(
    run: Calculation,
    promotion: Promotion,
    selected: list[int],
    targets: list[int],
    told: list[Reason] | None = None,
) -> Offer | None:
    """What the promotion would take now, within all limits; None when it has nothing to offer.

    What limits cut is noted in ``told``.
    """
    sight = Sight(run, promotion)
    effect = promotion.effect
    if promotion.counts is Counts.SETS:
        effect = _within_uses(run, promotion)
    offer = offer_from(sight, effect, selected, targets)
    if told is not None and effect is not promotion.effect and offer is not None:
        whole = offer_from(sight, promotion.effect, selected, targets)
        if whole is not None and whole.sets > offer.sets:
            facts: dict[str, FactValue] = {"wanted": whole.sets, "given": offer.sets}
            told.append(Reason("limit.uses", facts=facts))
    if offer is not None and (run.bounded or promotion.cuts):
        offer = capped(run, promotion, offer, sight.left, told)
    if offer is None or offer.used is not None or not promotion.uses_up:
        return offer
    left, quantities = sight.left, sight.quantities
    # An effect over amounts takes from all open units of the lines that it gives anything for.
    used = {
        position: (quantities[position], left[position])
        for position, off in zip(offer.targets, offer.offs, strict=True)
        if off and quantities[position]
    }
    return offer._replace(used=used)


def _within_uses(run: Calculation, promotion: Promotion) -> PromotionEffect:
    """A deal that makes no more sets than uses are left; one at least, else it is used up."""
    effect = promotion.effect
    assert isinstance(effect, BuyGet | SetPrice)
    left = sets_left(run, promotion)
    if left is None or (effect.most is not None and effect.most <= left):
        return effect
    return attrs.evolve(effect, most=left)


def offer_from(
    sight: Sight, effect: PromotionEffect, selected: list[int], targets: list[int]
) -> Offer | None:
    """What an effect would take of what a promotion sees."""
    match effect:
        case PercentOff():
            return _percent(sight, effect, targets)
        case SpendAndSave(steps=steps):
            have = sight.spent(selected)
            reached = [step.off.minor for step in steps if step.threshold.minor <= have]
            return _shared_out(sight, targets, reached[-1]) if reached else None
        case UnitOff(off=off):
            each, quantities, left = off.minor, sight.quantities, sight.left
            offs = [min(each * quantities[p], left[p]) for p in targets]
            return Offer(targets, offs, left)
        case AmountOff(off=off, per=per):
            if per is Per.LINE:
                left = sight.left
                return Offer(targets, [min(off.minor, left[p]) for p in targets], left)
            return _shared_out(sight, targets, off.minor)
        case FixedPrice():
            return _fixed_price(sight, effect, targets)
        case SpendEvery(every=every, off=off):
            have = sight.units(selected) if type(every) is int else sight.spent(selected)
            times = effect.times(have)
            return _shared_out(sight, targets, times * off.minor) if times else None
        case Ladder():
            have = sight.units(selected) if effect.counts_units else sight.spent(selected)
            rungs = effect.reached(have)
            return offer_from(sight, rungs[-1].effect, selected, targets) if rungs else None
        case BuyGet():
            return _buy_get(sight, effect, selected, targets)
        case SetPrice():
            return _set_price(sight, effect, targets)
        case PayPoints():
            return _pay_points(sight, effect, targets)
        case Gifts() | EarnPoints():
            return None
        case never:
            assert_never(never)


def _pay_points(sight: Sight, effect: PayPoints, targets: list[int]) -> Offer | None:
    run = sight.run
    points = min(run.cart.pay_points, run.usage.points) // effect.step * effect.step
    off = effect.worth(points) if points >= effect.least else 0
    if effect.most_percent is not None:
        above, below = effect.most_percent.as_integer_ratio()
        off = min(off, sum([sight.left[p] for p in targets]) * above // (100 * below))
    return _shared_out(sight, targets, off) if off else None


def _percent(sight: Sight, effect: PercentOff, targets: list[int]) -> Offer:
    above, below = effect.percent.numerator, 100 * effect.percent.denominator
    base, left, per = sight.base, sight.left, effect.per
    rounding = sight.run.policy.rounding
    if per is Per.LINE or (per is None and sight.by_line):
        offs = [divide(base[p] * above, below, rounding) for p in targets]
    elif per is Per.UNIT:
        offs = []
        for p in targets:
            units = sight.quantities[p]
            low, more = divmod(base[p], units) if units else (0, 0)
            off = (units - more) * divide(low * above, below, rounding)
            offs.append(off + more * divide((low + 1) * above, below, rounding))
    else:
        off = divide(sum([base[p] for p in targets]) * above, below, rounding)
        return _shared_out(sight, targets, off)
    if base is not left:
        offs = [min(off, left[p]) for off, p in zip(offs, targets, strict=True)]
    return Offer(targets, offs, base)


def _fixed_price(sight: Sight, effect: FixedPrice, targets: list[int]) -> Offer:
    left, price = sight.left, effect.price.minor
    if effect.per is Per.SELECTION:
        off = sum([left[p] for p in targets]) - price
        return _shared_out(sight, targets, max(0, off))
    quantities = sight.quantities
    if effect.per is Per.LINE:
        return Offer(targets, [max(0, left[p] - price) for p in targets], left)
    return Offer(targets, [max(0, left[p] - price * quantities[p]) for p in targets], left)


def _shared_out(sight: Sight, targets: Sequence[int], off: int) -> Offer:
    """One amount off several parts, in proportion to what is left of each.

    No share exceeds what is left, because the amount does not exceed all that is left.
    """
    left = [sight.left[position] for position in targets]
    shares = apportion(min(off, sum(left)), left)
    return Offer(targets, shares, sight.left, shared=True)


def _buy_get(sight: Sight, effect: BuyGet, selected: list[int], targets: list[int]) -> Offer | None:
    bought, got = set(selected), set(targets)
    pool = [p for p in sight.run.order if p in bought or p in got]
    taken = buy_and_get(effect, runs_of(pool, sight.quantities, sight.left), bought, got)
    offs = {p: _reward(sight, effect.reward, part) for p, part in taken.items() if part.given}
    return _deal(sight, offs, taken, effect.buy + effect.get)


def _reward(sight: Sight, reward: UnitEffect, part: Taken) -> int:
    match reward:
        case PercentOff(percent=percent):
            worth = part.given_worth * percent.numerator
            return divide(worth, 100 * percent.denominator, sight.run.policy.rounding)
        case UnitOff(off=off):
            return min(part.given_worth, off.minor * part.given)
        case FixedPrice(price=price):
            return max(0, part.given_worth - price.minor * part.given)
        case never:
            assert_never(never)


def _set_price(sight: Sight, effect: SetPrice, targets: list[int]) -> Offer | None:
    run = sight.run
    lines, amounts = run.cart.lines, run.amounts
    fits: dict[int, int] = {}
    for p in targets:
        mask = 0
        for bit, part in enumerate(effect.parts):
            mask |= part.on.matches(lines[p], amounts[p]) << bit
        if mask:
            fits[p] = mask
    taken = sets_for_price(effect, runs_of(list(fits), sight.quantities, sight.left), fits)
    worths = [part.used_worth for part in taken.values()]
    sets = sum([part.used for part in taken.values()]) // effect.units
    off = sum(worths) - sets * effect.price.minor
    if off <= 0:
        return None
    shares = dict(zip(taken, apportion(off, worths), strict=True))
    return _deal(sight, shares, taken, effect.units)


def _deal(sight: Sight, offs: dict[int, int], taken: dict[int, Taken], units: int) -> Offer | None:
    """The offer of a deal with so many units in a set."""
    if not any(offs.values()):
        return None
    targets = [p for p in sight.run.order if p in taken]
    return Offer(
        targets,
        [offs.get(p, 0) for p in targets],
        sight.left,
        {p: (part.used, part.used_worth) for p, part in taken.items()},
        sum([part.used for part in taken.values()]) // units,
    )
