"""What each effect offers in a given state: amounts off, line by line, and the units it uses up.

An offer is computed from what earlier promotions have left and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import attrs

from ordercore.kernel import FactValue, Reason, apportion, divide
from ordercore.pricing.calculation import Calculation, Offer
from ordercore.pricing.discount_choices import UnitPick
from ordercore.pricing.exact import rounded
from ordercore.pricing.promotions.amounts import AmountOff, FixedPrice, UnitOff
from ordercore.pricing.promotions.capping import capped, cut_by_floors
from ordercore.pricing.promotions.counting import sets_left, used_up
from ordercore.pricing.promotions.deals import BuyGet, SetPrice, UnitEffect
from ordercore.pricing.promotions.effects import GIVES, PromotionEffect
from ordercore.pricing.promotions.gifts import Gifts
from ordercore.pricing.promotions.giving import Giving, gifts_of, points_of
from ordercore.pricing.promotions.ladders import Ladder, SpendAndSave, SpendEvery
from ordercore.pricing.promotions.percents import Per, PercentOff
from ordercore.pricing.promotions.points import EarnPoints, PayPoints
from ordercore.pricing.promotions.promotion import Counts, Promotion
from ordercore.pricing.promotions.sight import Sight
from ordercore.pricing.promotions.units import (
    Taken,
    buy_and_get,
    largest,
    runs_of,
    sets_for_price,
)

__all__ = [
    "apply",
    "eligible",
    "every_need",
    "every_times",
    "gift_measure",
    "giving_of",
    "offer_from",
    "offer_of",
    "pick_of",
    "rung_needs",
]


def eligible(run: Calculation, promotion: Promotion) -> tuple[list[int], list[int]] | None:
    """The lines that a promotion selects and what it takes from; None when it cannot apply.

    Where nothing is selected nothing applies, whatever an effect would take from. Validity, coupon
    and channel are the caller's affair.
    """
    currency = promotion.currency
    if currency is not None and currency != run.currency:
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
        return gifts_of(run, promotion, effect, gift_measure(sight, effect, selected), selected)
    assert isinstance(effect, EarnPoints)
    # What is paid earns, whatever thresholds look at; with its tax, or without, as amounts are
    # meant that promotions name.
    weights = sight.quantities if type(effect.per) is int else sight.left
    if weights is sight.left and sight.converts:
        weights = [sight.meant(p, amount) for p, amount in enumerate(sight.left)]
    return points_of(run, promotion, effect, selected, weights)


def gift_measure(sight: Sight, effect: Gifts, selected: list[int]) -> int:
    """What of the selected lines reaches the rungs of gifts: units, or minor units."""
    if effect.counts_units:
        return sight.units(selected)
    return max(0, sight.spent(selected) - sight.run.beyond)


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
    if told is not None and offer is not None:
        told += _cut(sight, promotion, effect, offer, selected, targets)
    if offer is not None and (sight.floors is not None or run.least is not None or promotion.cuts):
        offer = capped(sight, promotion, offer, told)
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


def _cut(
    sight: Sight,
    promotion: Promotion,
    effect: PromotionEffect,
    offer: Offer,
    selected: list[int],
    targets: list[int],
) -> list[Reason]:
    """What uses that are left, and floors, have cut of an offer already."""
    told: list[Reason] = []
    if effect is not promotion.effect:
        whole = offer_from(sight, promotion.effect, selected, targets)
        if whole is not None and whole.sets > offer.sets:
            facts: dict[str, FactValue] = {"wanted": whole.sets, "given": offer.sets}
            told.append(Reason("limit.uses", facts=facts))
    if sight.floors is not None:
        unbounded = Sight(sight.run, promotion, unbounded=True)
        free = offer_from(unbounded, effect, selected, targets)
        if free is not None:
            told += cut_by_floors(sight, promotion, free, offer)
    return told


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
        case SpendAndSave() | Ladder():
            return _highest_rung(sight, effect, selected, targets)
        case UnitOff(off=off):
            each, quantities, left = off.minor, sight.quantities, sight.left
            wanted = sight.all_priced(targets, [each * quantities[p] for p in targets])
            return Offer(
                targets, [min(w, left[p]) for w, p in zip(wanted, targets, strict=True)], left
            )
        case AmountOff(off=off, per=per):
            if per is Per.LINE:
                left = sight.left
                wanted = sight.all_priced(targets, [off.minor] * len(targets))
                return Offer(
                    targets, [min(w, left[p]) for w, p in zip(wanted, targets, strict=True)], left
                )
            return _shared_out(sight, targets, off.minor)
        case FixedPrice():
            return _fixed_price(sight, effect, targets)
        case SpendEvery():
            return _spend_every(sight, effect, selected, targets)
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
        left = sum([sight.meant(p, sight.left[p]) for p in targets])
        off = min(off, left * above // (100 * below))
    return _shared_out(sight, targets, off) if off else None


def _percent(sight: Sight, effect: PercentOff, targets: list[int]) -> Offer:
    above, below = effect.percent.numerator, 100 * effect.percent.denominator
    base, left, per = sight.base, sight.left, effect.per or sight.per(effect)
    rounding = sight.run.policy.rounding
    if per is Per.LINE:
        offs = rounded([base[p] * above for p in targets], below, rounding)
    elif per is Per.UNIT:
        offs = []
        for p in targets:
            units = sight.quantities[p] or 1  # a charge has none, and is rounded as a whole
            low, more = divmod(base[p], units)
            off = (units - more) * divide(low * above, below, rounding)
            offs.append(off + more * divide((low + 1) * above, below, rounding))
    else:
        off = divide(sum([base[p] for p in targets]) * above, below, rounding)
        return Offer(targets, _shares(sight, targets, off), sight.left)
    if base is not left:
        offs = [min(off, left[p]) for off, p in zip(offs, targets, strict=True)]
    return Offer(targets, offs, base)


def _fixed_price(sight: Sight, effect: FixedPrice, targets: list[int]) -> Offer:
    left, price = sight.left, effect.price.minor
    if effect.per is Per.SELECTION:
        off = sum([sight.meant(p, left[p]) for p in targets]) - price
        return _shared_out(sight, targets, max(0, off))
    quantities = [1] * len(left) if effect.per is Per.LINE else sight.quantities
    offs = [max(0, left[p] - sight.priced(p, price * quantities[p])) for p in targets]
    return Offer(targets, offs, left)


def _shared_out(sight: Sight, targets: Sequence[int], off: int) -> Offer:
    """One amount, as effects mean it, off several parts.

    No share exceeds what is left, because the amount does not exceed all that is left.
    """
    if not sight.converts:
        return Offer(targets, _shares(sight, targets, off), sight.left)
    weights = sight.amounts(sight.run.policy.split_weights)
    left = [sight.left[p] for p in targets]
    offs = sight.shared_as_meant(off, targets, [weights[p] for p in targets], left)
    return Offer(targets, offs, sight.left)


def _shares(sight: Sight, targets: Sequence[int], off: int) -> Sequence[int]:
    """One amount, as priced, off several parts."""
    left = [sight.left[p] for p in targets]
    if sight.plain:
        return apportion(min(off, sum(left)), left)
    weights = sight.amounts(sight.run.policy.split_weights)
    return sight.shared(off, targets, [weights[p] for p in targets], left)


def rung_needs(
    sight: Sight, effect: SpendAndSave | Ladder, selected: list[int], targets: list[int]
) -> list[int]:
    """What each rung needs to be reached, in minor units or units."""
    count = len(effect.steps) if isinstance(effect, SpendAndSave) else len(effect.rungs)
    return [_need(sight, effect, number, selected, targets) for number in range(count)]


def _need(
    sight: Sight,
    effect: SpendAndSave | Ladder,
    number: int,
    selected: list[int],
    targets: list[int],
) -> int:
    if isinstance(effect, SpendAndSave):
        need = effect.steps[number].threshold.minor
    else:
        need = effect.rungs[number].size
        if effect.counts_units:
            return need
    need += sight.run.beyond
    if sight.run.own_counts and sight.own_effect and targets:
        offer = _rung(sight, effect, number, selected, targets)
        assert offer is not None  # what a rung gives looks at amounts only, and always offers
        need += sight.own(selected, offer.targets, offer.offs)
    return need


def _rung(
    sight: Sight,
    effect: SpendAndSave | Ladder,
    number: int,
    selected: list[int],
    targets: list[int],
) -> Offer | None:
    """What a rung would take, reached or not."""
    if isinstance(effect, SpendAndSave):
        return _shared_out(sight, targets, effect.steps[number].off.minor)
    return offer_from(sight, effect.rungs[number].effect, selected, targets)


def _highest_rung(
    sight: Sight, effect: SpendAndSave | Ladder, selected: list[int], targets: list[int]
) -> Offer | None:
    if isinstance(effect, SpendAndSave):
        have, count = sight.spent(selected), len(effect.steps)
    else:
        have = sight.units(selected) if effect.counts_units else sight.spent(selected)
        count = len(effect.rungs)
    for number in range(count - 1, -1, -1):
        if _need(sight, effect, number, selected, targets) <= have:
            return _rung(sight, effect, number, selected, targets)
    return None


def every_need(
    sight: Sight, effect: SpendEvery, times: int, selected: list[int], targets: list[int]
) -> int:
    """What so many times need, in minor units or units."""
    if type(effect.every) is int:
        return times * effect.every
    need = times * effect.every.minor + sight.run.beyond  # type: ignore[union-attr]
    if sight.own_effect and targets:
        offer = _shared_out(sight, targets, times * effect.off.minor)
        need += sight.own(selected, targets, offer.offs)
    return need


def every_times(sight: Sight, effect: SpendEvery, selected: list[int], targets: list[int]) -> int:
    """How often it gives."""
    if type(effect.every) is int:
        return effect.times(sight.units(selected))
    have = sight.spent(selected)
    times = max(0, effect.times(have - sight.run.beyond))
    if sight.own_effect:
        times = largest(lambda n: every_need(sight, effect, n, selected, targets) <= have, times)
    return times


def _spend_every(
    sight: Sight, effect: SpendEvery, selected: list[int], targets: list[int]
) -> Offer | None:
    times = every_times(sight, effect, selected, targets)
    return _shared_out(sight, targets, times * effect.off.minor) if times else None


def _buy_get(sight: Sight, effect: BuyGet, selected: list[int], targets: list[int]) -> Offer | None:
    bought, got = set(selected), set(targets)
    pool = [p for p in sight.run.order if p in bought or p in got]
    runs, pick = runs_of(pool, sight.quantities, sight.left), pick_of(sight, effect)
    taken = buy_and_get(effect, runs, pool, bought=bought, got=got, pick=pick)
    offs = {p: _reward(sight, effect.reward, p, part) for p, part in taken.items() if part.given}
    return _deal(sight, offs, taken, effect.buy + effect.get)


def pick_of(sight: Sight, effect: BuyGet | SetPrice) -> UnitPick:
    """Which units a deal takes: as it says, else by the policy."""
    if effect.pick is not None:
        return effect.pick
    policy = sight.run.policy
    if isinstance(effect, SetPrice):
        return policy.set_units
    if policy.given_units is UnitPick.CHEAPEST_OF_EACH and effect.get_on is not None:
        # Sets of two kinds of units have no one order of price.
        return UnitPick.CHEAPEST
    return policy.given_units


def _reward(sight: Sight, reward: UnitEffect, position: int, part: Taken) -> int:
    match reward:
        case PercentOff(percent=percent):
            worth = part.given_worth * percent.numerator
            return divide(worth, 100 * percent.denominator, sight.run.policy.rounding)
        case UnitOff(off=off):
            return min(part.given_worth, sight.priced(position, off.minor * part.given))
        case FixedPrice(price=price):
            return max(0, part.given_worth - sight.priced(position, price.minor * part.given))
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
    runs = runs_of(list(fits), sight.quantities, sight.left)
    meant = None
    if sight.converts:
        runs.sort(key=lambda each: -each.price * sight.factor(each.position))
        meant = sight.meant
    taken = sets_for_price(effect, runs, fits, pick_of(sight, effect), meant)
    positions = list(taken)
    worths = [part.used_worth for part in taken.values()]
    sets = sum([part.used for part in taken.values()]) // effect.units
    whole = sum([sight.meant(p, worth) for p, worth in zip(positions, worths, strict=True)])
    off = whole - sets * effect.price.minor
    if off <= 0:
        return None
    if sight.plain and not sight.converts:
        offs: Sequence[int] = apportion(off, worths)
    else:
        offs = sight.shared_as_meant(off, positions, worths, worths)
    return _deal(sight, dict(zip(positions, offs, strict=True)), taken, effect.units)


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
