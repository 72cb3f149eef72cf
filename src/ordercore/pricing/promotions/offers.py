"""What each effect offers in a given state: amounts off, line by line.

An offer is computed from what earlier promotions have left and changes nothing.
"""

from __future__ import annotations

from typing import assert_never

from ordercore.kernel import apportion, divide
from ordercore.pricing.calculation import Calculation, Offer
from ordercore.pricing.policy import AmountBasis
from ordercore.pricing.promotions.amounts import UnitOff
from ordercore.pricing.promotions.ladders import SpendAndSave
from ordercore.pricing.promotions.percents import PercentOff
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.pricing.promotions.stages import Stage

__all__ = ["apply", "offer_of"]

_BY_LINE = frozenset({Stage.ITEM, Stage.GROUP})
_LEFT = AmountBasis.LEFT


def apply(run: Calculation, promotion: Promotion) -> int:
    """Give the promotion its turn; what it took off, in minor units. 0 when it did not apply.

    Validity, coupon and channel are the caller's affair.
    """
    if promotion.currency not in {None, run.currency}:
        return 0
    selected = run.selected(promotion)
    targets = run.targets(promotion, selected)
    left = run.left
    if not any(left[position] for position in targets):
        return 0
    if promotion.when is not None and not promotion.when.holds(run.facts):
        return 0
    offer = offer_of(run, promotion, selected, targets)
    return 0 if offer is None else run.take(promotion, offer)


def offer_of(
    run: Calculation, promotion: Promotion, selected: list[int], targets: list[int]
) -> Offer | None:
    """What the promotion would take now; None when it has nothing to offer."""
    effect = promotion.effect
    match effect:
        case PercentOff():
            return _percent(run, promotion, effect, targets)
        case SpendAndSave(steps=steps):
            have = run.spent(selected)
            reached = [step.off.minor for step in steps if step.threshold.minor <= have]
            return _shared_out(run, targets, reached[-1]) if reached else None
        case UnitOff(off=off):
            each, quantities = off.minor, run.quantities
            return Offer(targets, [each * quantities[p] for p in targets], run.left)
        case never:
            assert_never(never)


def _percent(
    run: Calculation, promotion: Promotion, effect: PercentOff, targets: list[int]
) -> Offer:
    above, below = effect.percent.numerator, 100 * effect.percent.denominator
    base = run.left if run.policy.percent_base is _LEFT else run.listed
    rounding = run.policy.rounding
    if promotion.stage in _BY_LINE:
        return Offer(targets, [divide(base[p] * above, below, rounding) for p in targets], base)
    off = divide(sum([base[p] for p in targets]) * above, below, rounding)
    return _shared_out(run, targets, off)


def _shared_out(run: Calculation, targets: list[int], off: int) -> Offer:
    """One amount off several parts, in proportion to what is left of each.

    No share exceeds what is left, because the amount does not exceed all that is left.
    """
    left = [run.left[position] for position in targets]
    return Offer(targets, apportion(min(off, sum(left)), left), run.left)
