"""Which gifts a promotion gives in a given state: by stock, quota, and the buyer's choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ordercore.kernel import FactValue, Reason, Sku, apportion
from ordercore.pricing.calculation import Calculation, GivenGift
from ordercore.pricing.promotions.gifts import GiftItem, Gifts
from ordercore.pricing.promotions.meter import UsageMeter
from ordercore.pricing.promotions.points import EarnPoints, PointsKind, QuotePoints
from ordercore.pricing.promotions.promotion import Promotion

__all__ = ["Giving", "gifts_of", "points_of"]


class Giving(NamedTuple):
    """What a promotion gives now, and what kept it from giving more."""

    gifts: list[GivenGift]
    reasons: list[Reason]
    points: QuotePoints | None = None


def points_of(
    run: Calculation,
    promotion: Promotion,
    effect: EarnPoints,
    selected: Sequence[int],
    weights: Sequence[int],
) -> Giving:
    """The points for some lines, shared out over them by what each comes to."""
    parts = [weights[p] for p in selected]
    points = effect.earned(1 if effect.per is None else sum(parts))
    if not points:
        return Giving([], [Reason("points.too_little")])
    shares = apportion(points, parts)
    lines = {
        run.cart.lines[p].line_id: share for p, share in zip(selected, shares, strict=True) if share
    }
    earned = QuotePoints(promotion=promotion.promotion_id, kind=PointsKind.EARNED, lines=lines)
    return Giving([], [], earned)


def gifts_of(
    run: Calculation, promotion: Promotion, effect: Gifts, have: int, selected: Sequence[int]
) -> Giving:
    """The gifts for so much spent, or so many units, on some lines.

    Reasons: ``gift.out_of_stock``, ``gift.quota`` with the item and what is left;
    ``gift.not_offered`` for a choice that is none; ``gift.choice_open`` with the items to choose.
    """
    found = effect.reached(have)
    giving = Giving([], [])
    if found is None:
        return giving
    rung, times = found
    items = {item.sku: item for item in rung.items}
    wanted: list[Sku] = [*items]
    places = len(items)
    if rung.choose is not None:
        places = rung.choose
        wanted = []
        for sku in run.cart.gift_choices.get(promotion.promotion_id, ()):
            if sku in items:
                wanted.append(sku)
            else:
                giving.reasons.append(Reason("gift.not_offered", facts={"sku": sku}))
        if effect.auto:
            wanted += [sku for sku in items if sku not in wanted]
    triggers = tuple([run.cart.lines[p].line_id for p in selected if run.left[p]])
    group = run.cart.lines[selected[0]].delivery_group
    for sku in wanted:
        if len(giving.gifts) == places:
            break
        units = items[sku].units * times
        short = _short(run, promotion, items[sku], units)
        if short is None:
            giving.gifts.append(GivenGift(promotion, sku, units, triggers, group))
        else:
            giving.reasons.append(short)
    if rung.choose is not None and len(giving.gifts) < places:
        facts: dict[str, FactValue] = {"open": places - len(giving.gifts), "of": tuple(items)}
        giving.reasons.append(Reason("gift.choice_open", facts=facts, obtain="the buyer's choice"))
    return giving


def _short(run: Calculation, promotion: Promotion, item: GiftItem, units: int) -> Reason | None:
    """Why so many units of an item are not there; None where they are."""
    given = sum([gift.units for gift in run.gifts if gift.sku == item.sku])
    stock = run.usage.stock
    if stock is not None:
        wished = sum([line.quantity for line in run.cart.lines if line.sku == item.sku])
        left = max(0, stock.get(item.sku, 0) - wished - given)
        if left < units:
            facts: dict[str, FactValue] = {"sku": item.sku, "left": left, "units": units}
            return Reason("gift.out_of_stock", facts=facts)
    if item.quota is not None:
        meter = UsageMeter(promotion=promotion.promotion_id, sku=item.sku)
        left = max(0, item.quota - run.usage.of(meter))
        if left < units:
            facts = {"sku": item.sku, "left": left, "units": units}
            return Reason("gift.quota", facts=facts)
    return None
